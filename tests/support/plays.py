"""Plays whole runs for the tests that read them: each once, however many tests ask for it."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

AT_ONCE = 2  # runs; each keeps about one core busy

Played = TypeVar("Played")


@contextmanager
def players(
    folders: pytest.TempPathFactory, data: Path, early: Iterable[Callable[[Path, Path], Played]]
) -> Iterator[Callable[[Callable[[Path, Path], Played]], Played]]:
    """A function that plays a run, or gives what it left when it was played before; `early` ones are begun at once."""
    begun: dict[Callable[[Path, Path], Played], Future[Played]] = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:

        def begin(run: Callable[[Path, Path], Played]) -> Future[Played]:
            if run not in begun:
                begun[run] = pool.submit(run, folders.mktemp(run.__name__), data)
            return begun[run]

        for run in early:
            begin(run)
        yield lambda run: begin(run).result()
        pool.shutdown(cancel_futures=True)
