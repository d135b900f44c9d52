"""A hasty relay in the interactive client, where every agent works in the background and a question can be asked."""

import time
from pathlib import Path

from assembly_line.rehearsal.plan import failing
from tests.shortcuts.looking import refusals
from tests.shortcuts.mischief import TASK, Mischief
from tests.shortcuts.runs import GAP, Played, hasty, prepared, small
from tests.support.harness import open_scene
from tests.support.reading import journal, told

SECONDS = 240


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


def test_no_misstep_at_a_terminal_completes_the_task_and_the_person_is_told(tmp_path: Path) -> None:
    run = typed(tmp_path)
    for name, after in run.after.items():
        assert (after.status, after.completed) == ("in_progress", False), name
        assert not after.results or after.refused, name
    assert not run.left
    kinds = [record.kind for record in journal(run.project, TASK)]
    assert (kinds.count("completed"), kinds.count("stop_blocked")) == (1, 5)
    assert ("AskUserQuestion by relay", "the relay does no work of its own") in refusals(run)
    assert f"{TASK} completed: 2 of 2 criteria met" in str(run.notes["screen"])
