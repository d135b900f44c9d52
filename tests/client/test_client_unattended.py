"""scripts/run_task.py with the real client and a model that misbehaves."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assembly_line.rehearsal import relay, sandbox
from assembly_line.rehearsal.cast import script
from assembly_line.rehearsal.plan import Plan
from assembly_line.rehearsal.wire import Json, Reply
from tests.support.harness import EXAMPLE, ROOT, Scene, open_scene

SCRIPT = ROOT / "scripts" / "run_task.py"
TASK = "TASK-008"

Relayed = Callable[[Json], Reply]


@contextmanager
def scene(folder: Path, data: Path, relayed: Callable[[Scene], Relayed]) -> Iterator[Scene]:
    with open_scene(folder, EXAMPLE, data=data) as made:
        made.script = script(Plan(), made.ground, relayed(made))
        sandbox.prepare(made.box())
        yield made


def unattended(made: Scene, *words: str, task: str = TASK) -> tuple[int, Json, str]:
    """Exit status, the line of JSON, and what was shown meanwhile."""
    box = made.box()
    given = [
        "--root",
        box.project,
        "--client",
        box.binary,
        "--plugin-dir",
        ROOT,
        "--wait",
        "0.1",
        "--json",
        *words,
        task,
    ]
    done = subprocess.run(
        [sys.executable, SCRIPT, *given],
        env=sandbox.environment(box),
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    return done.returncode, json.loads(done.stdout), done.stderr


def test_api_errors_are_survived(tmp_path: Path, data: Path) -> None:
    asked: list[int] = []

    def relayed(made: Scene) -> Relayed:
        def answer(body: Json) -> Reply:
            asked.append(1)
            # The first client's second turn, with its one retry.
            return Reply(status=429 if len(asked) == 2 else 500) if len(asked) in (2, 3) else relay.answer(body)

        return answer

    with scene(tmp_path / "scene", data, relayed) as made:
        code, said, shown = unattended(made)
    assert (code, said["status"], said["criteria"]["met"]) == (0, "completed", said["criteria"]["total"])
    assert said["attempts"] > 1
    assert "completed" in shown.splitlines()[-1] or "lease_released" in shown.splitlines()[-1]


def test_a_model_that_ends_its_turn_at_once_is_stalled(tmp_path: Path, data: Path) -> None:
    with scene(tmp_path / "scene", data, lambda made: lambda body: Reply("All done, the task is complete.")) as made:
        code, said, _ = unattended(made)
    assert (code, said["status"], said["attempts"]) == (3, "stalled", 1)


def test_an_unknown_task_is_refused_and_nothing_is_written(tmp_path: Path, data: Path) -> None:
    with scene(tmp_path / "scene", data, lambda made: relay.answer) as made:
        code, said, _ = unattended(made, task="TASK-999")
        assert not (made.project / "docs/planning/journal").exists()
    assert (code, said["status"]) == (3, "not started")
    assert "TASK-999" in said["reason"]
