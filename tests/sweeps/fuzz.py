"""Hook payloads changed at random: none escapes as an error, and every decision is what a small oracle says."""

import contextlib
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from assembly_line.client import marker
from tests.support.delivery import Said
from tests.sweeps.desk import Desk
from tests.sweeps.oracle import Stance, judge, stance
from tests.sweeps.payloads import EVENTS, changed, ends_the_run, is_of, plain
from tests.sweeps.tally import Figure, Tally


def _nothing(*_: object) -> None:
    pass


class Ear:
    """The hook's entry in this process, with its answers and errors caught."""

    def __init__(self, desk: Desk) -> None:
        from assembly_line.hook import main, payload

        self.main = main
        self.said = {1: "", 2: ""}
        self.errors: list[BaseException] = []
        self.data = b""
        failed: Callable[[str, BaseException], int] = main._failed

        def heard(event: str, error: BaseException) -> int:
            self.errors.append(error)
            return failed(event, error)

        self.patches = contextlib.ExitStack()
        for patch in (
            mock.patch.object(payload, "_bytes", self._bytes),
            mock.patch.object(main, "_failed", heard),
            mock.patch.object(main, "_write_line", lambda number, said: self.said.update({number: said + "\n"})),
            mock.patch.object(os, "fsync", _nothing),
            mock.patch("time.sleep", _nothing),
            mock.patch.dict(os.environ, desk.environment(), clear=True),
        ):
            self.patches.enter_context(patch)

    def _bytes(self) -> bytes:
        return self.data

    def __enter__(self) -> "Ear":
        return self

    def __exit__(self, *_: object) -> None:
        self.patches.close()

    def hear(self, event: str, data: bytes) -> tuple[Said, list[BaseException]]:
        """Deliver one payload."""
        self.data, self.said, self.errors = data, {1: "", 2: ""}, []
        try:
            status = self.main.main(event)
        except BaseException as error:
            return Said(70, "", ""), [error]
        return Said(status, self.said[1], self.said[2]), self.errors


def in_process(folder: Path, count: int, seed: int = 1) -> Figure:
    """Most payloads: as many as a minute gives."""
    tally, chance = Tally("fuzz"), random.Random(seed)
    counts = {"allow": 0, "deny": 0, "block": 0, "": 0}
    for number, working in enumerate((False, True)):
        here = stance(folder / f"stance{number}", working=working)
        mark = Path(marker.path(str(here.desk.data), here.desk.session))
        with Ear(here.desk) as ear:
            for turn in range(count // 2):
                event = chance.choice(EVENTS)
                data = changed(chance, plain(chance, event, here))
                if ends_the_run(event, data):
                    continue
                said, errors = ear.hear(event, data)
                counts[said.decision] += 1
                wrong = judge(event, data, here, said, errors)
                if not mark.exists() and not is_of(here.desk.session, data):
                    wrong.append("another session took the marker away")
                tally.add(f"{event} {data[:300]!r}", wrong)
                if turn % 500 == 0 or not mark.exists() or _moved(here):
                    _back(here)
        shutil.rmtree(here.desk.folder)
    shown = ", ".join(f"{number} {name or 'without a decision'}" for name, number in counts.items())
    return tally.figure(f"payloads in process, seed {seed}: {shown}")


def _moved(here: Stance) -> bool:
    """Whether the run is no longer in the state that the oracle knows."""
    run = here.desk.state()
    at, was = (item.open.id if item.open else "" for item in (run, here.run))
    return (run.stage, at, run.session) != (here.run.stage, was, "s-1")


def _back(here: Stance) -> None:
    shutil.rmtree(here.desk.top)
    shutil.copytree(here.desk.folder / "kept", here.desk.top, symlinks=True)


def by_process(folder: Path, count: int, seed: int = 2) -> Figure:
    """The same to real processes."""
    tally, chance = Tally("fuzz (processes)"), random.Random(seed)
    here = stance(folder, working=False)
    mark = Path(marker.path(str(here.desk.data), here.desk.session))
    while tally.of < count:
        event = chance.choice(EVENTS)
        data = changed(chance, plain(chance, event, here))
        if ends_the_run(event, data):
            continue
        said = here.desk.spawn(data, event)
        found = ["a traceback"] if "Traceback" in said.err else []
        tally.add(f"{event} {data[:300]!r}", found + judge(event, data, here, said, []))
        if tally.of % 100 == 0 or not mark.exists() or _moved(here):
            _back(here)
    return tally.figure(f"payloads by process, seed {seed}")


def sweep(folder: Path, quick: bool) -> list[Figure]:
    """100,000 in process, 500 by process."""
    return [
        in_process(folder / "process", 3000 if quick else 104_000),
        by_process(folder / "processes", 60 if quick else 500),
    ]
