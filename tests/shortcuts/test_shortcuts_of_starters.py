"""Accidents of scripts/run_task.py with the real client: killed itself, or with a client that dies before it begins."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assembly_line.client import lifeline
from assembly_line.rehearsal import sandbox
from assembly_line.rehearsal.wire import Json
from tests.shortcuts.mischief import TASK
from tests.shortcuts.runs import small
from tests.support.harness import ROOT, Scene, late, open_scene
from tests.support.reading import journal

SCRIPT = ROOT / "scripts" / "run_task.py"


@contextmanager
def started(scene: Scene, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """run_task.py as a person or a CI job starts it."""
    box = scene.box()
    sandbox.prepare(box)
    given = ["--root", box.project, "--client", box.binary, "--plugin-dir", ROOT, "--wait", "0.1", "--json", *words]
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), *map(str, given), TASK],
        env=sandbox.environment(box),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=30)
        if process.stdout is not None:
            process.stdout.close()


def outcome(scene: Scene, *words: str) -> Json:
    """The line that run_task.py prints at its end."""
    with started(scene, *words) as process:
        said: Json = json.loads(process.communicate(timeout=120)[0])
        assert said["exit"] == process.returncode
        return said


def wait_until(holds: Callable[[], bool], seconds: float) -> bool:
    """Whether something comes true in time."""
    until = time.monotonic() + seconds
    while not (done := holds()) and time.monotonic() < until:
        time.sleep(0.05)
    return done


def kinds(scene: Scene) -> list[str]:
    path = scene.project / "docs/planning/journal" / f"{TASK}.jsonl"
    return [record.kind for record in journal(scene.project, TASK)] if path.exists() else []


def test_s85_a_killed_run_task_leaves_no_client_behind(data: Path, tmp_path: Path) -> None:
    """S85 The starter is killed

    Does: `run_task.py` is killed with SIGKILL while the developer works in a command of its own.
    Stopped by: The lifeline: a small parent of the client that holds the other end of a pipe. When the kernel closes
        it, the client, its shells and what they left behind are killed, so that no orphan spends on.
    Ends: No process is left and no further request is made; the same command goes on and completes the task.
    """
    with open_scene(tmp_path / "scene", small(tmp_path / "small"), data=data) as scene:
        acting = scene.script
        scene.script = late(acting, lambda whose, reply: whose.startswith("d-0003"), 60.0)
        with started(scene) as process:
            assert wait_until(
                lambda: "agent_started" in kinds(scene)[-2:] and kinds(scene).count("dispatched") == 3, 60
            )
            family = lifeline.below(process.pid)
            assert len(family) >= 2
            os.kill(process.pid, signal.SIGKILL)
            assert wait_until(lambda: not set(family) & set(lifeline.below(1)), 10)
        asked = len(scene.requests)
        scene.script = acting
        time.sleep(1)
        assert len(scene.requests) == asked
        said = outcome(scene)
        lost = [record.data["reason"] for record in journal(scene.project, TASK) if record.kind == "agent_failed"]
    assert (said["exit"], said["status"], lost) == (0, "completed", ["interrupted"])


@pytest.mark.long
def test_s86_a_restart_that_did_not_happen_is_asked_for_again(data: Path, tmp_path: Path) -> None:
    """S86 A restart whose first client dies

    Does: `run_task.py --restart` on a completed task, with a client that is killed at its start: once, then each time.
    Stopped by: The journal: `--restart` is typed until it shows a new run.
    Ends: Completed by a second run; or status 4, as how the task stands is how it stood before.
    """
    with open_scene(tmp_path / "scene", small(tmp_path / "small"), data=data) as scene:
        assert outcome(scene)["exit"] == 0
        box, once = scene.box(), tmp_path / "once"
        shim = tmp_path / "client"
        shim.write_text(f'#!/bin/sh\nif mkdir "{once}" 2>/dev/null; then kill -9 $$; fi\nexec "{box.binary}" "$@"\n')
        shim.chmod(0o755)
        again = outcome(scene, "--restart", "--client", str(shim))
        runs = kinds(scene).count("run_started")
        shim.write_text("#!/bin/sh\nkill -9 $$\n")
        never = outcome(scene, "--restart", "--client", str(shim), "--attempts", "2")
    assert (again["exit"], again["status"], again["attempts"], runs) == (0, "completed", 2, 2)
    assert (never["exit"], never["attempts"]) == (4, 2)
