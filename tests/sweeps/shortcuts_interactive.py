"""A hasty relay in the interactive client, where every agent works in the background and a question can be asked."""

import shutil
import time
from pathlib import Path

from assembly_line.rehearsal.plan import failing
from tests.client.harness import open_scene
from tests.client.reading import journal, told
from tests.shortcuts.looking import refusals
from tests.shortcuts.mischief import TASK, Mischief
from tests.shortcuts.runs import GAP, Played, hasty, prepared, small
from tests.sweeps.tally import Figure, Tally

SECONDS = 240
NAME = "shortcuts in the interactive client"


def typed(folder: Path) -> Played:
    """The run, typed at a terminal."""
    (folder / "data").mkdir(parents=True)
    with open_scene(folder / "scene", small(folder / "small"), data=prepared(folder / "data")) as scene:
        acting = Mischief(scene, failing(1, GAP), hasty())
        scene.script = acting
        with scene.terminal() as terminal:
            terminal.send(f"/task-run {TASK}")
            end = time.monotonic() + SECONDS
            while '"kind":"lease_released"' not in told(scene.project, TASK) and time.monotonic() < end:
                time.sleep(0.2)
            screen = terminal.capture()
        return Played(scene.project, scene.data, (), acting.after, acting.left, {"screen": screen})


def sweep(folder: Path, quick: bool) -> list[Figure]:
    """Every misstep of the hasty relay at a terminal, and what they came to."""
    tally = Tally(NAME)
    if shutil.which("tmux") is None:
        return [tally.figure(skipped="tmux is not installed")]
    run = typed(folder)
    kinds = [record.kind for record in journal(run.project, TASK)]
    for name, after in run.after.items():
        stood = after.status == "in_progress" and not after.completed
        tally.add(name, () if stood and (not after.results or after.refused) else (str(after)[:300],))
    tally.add("every misstep was tried", run.left)
    ends = ("completed", "stop_blocked")
    counts = tuple(kinds.count(kind) for kind in ends)
    tally.add("completed once, after five blocked stops", () if counts == (1, 5) else (f"{ends}: {counts}",))
    asked = ("AskUserQuestion by relay", "the relay does no work of its own")
    tally.add("the question is refused and recorded", () if asked in refusals(run) else (str(refusals(run)),))
    said = f"{TASK} completed: 2 of 2 criteria met" in str(run.notes["screen"])
    tally.add("the person is told", () if said else (str(run.notes["screen"])[-400:],))
    return [tally.figure("one run at a terminal")]
