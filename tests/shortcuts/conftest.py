"""What the tests of shortcuts share: the plugin's environment, and each run played once."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.shortcuts.runs import RUNS, Played, prepared
from tests.shortcuts.writing import rewrites

AT_ONCE = 2  # runs; each keeps about one core busy
MANY = 6  # tests of this folder that were asked for: then every run is wanted

Run = Callable[[Path, Path], Played]


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plugin data folder whose environment is ready, made once for all runs of the tests."""
    return prepared(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def played(
    request: pytest.FixtureRequest, data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Run], Played]]:
    """Plays a run, once however many tests look at it; when many do, all runs are begun beforehand."""
    here = [item for item in request.session.items if item.path.parent == Path(__file__).parent]
    begun: dict[Run, Future[Played]] = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:

        def begin(run: Run) -> Future[Played]:
            if run not in begun:
                begun[run] = pool.submit(run, tmp_path_factory.mktemp(run.__name__), data)
            return begun[run]

        for run in (rewrites, *RUNS) if len(here) >= MANY else ():
            begin(run)
        yield lambda run: begin(run).result()
        pool.shutdown(cancel_futures=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker takes all tests of this folder, as each run is played once."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.xdist_group("shortcuts"))
