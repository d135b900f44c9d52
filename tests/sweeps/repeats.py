"""The same event delivered ten times at once, for every event that records: applied once, with one answer."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from tests.support.delivery import forked
from tests.sweeps.crash import reset, stage
from tests.sweeps.scenes import MOMENTS, Moment, faults
from tests.sweeps.tally import Figure, Tally

TIMES = 10


def repeated(folder: Path, chosen: Iterable[Moment], times: int = TIMES) -> Figure:
    """Deliver the event of each moment `times` times at once, then once more."""
    tally = Tally("repeats")
    for number, moment in enumerate(chosen):
        if moment.again is not None:
            continue
        ready = stage(folder / f"moment{number}", moment)
        event = reset(ready)
        began = [forked(ready.desk.delivery(event)) for _ in range(times)]
        said = [wait() for wait in began] + [ready.desk.fork(event)]
        wrong = [f"status {one.status}: {one.err[:200]}" for one in said if one.status or one.err]
        if not wrong:
            answers = {str(one.matter()) for one in said}
            if len(answers) > 1:
                wrong.append(f"{len(answers)} answers: {sorted(answers)!r:.400}")
        tally.add(moment.name, wrong + faults(ready.desk, ready.wanted, ready.before))
        shutil.rmtree(ready.desk.folder)
    return tally.figure(f"each event {times} times at once and once later")


def sweep(folder: Path, quick: bool) -> list[Figure]:
    """All moments, by fork."""
    return [repeated(folder, MOMENTS[::4] if quick else MOMENTS)]
