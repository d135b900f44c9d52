"""Permissions are looked at before a run, and a denial in a run is recorded as what it is, in the real client."""

import shutil
from pathlib import Path

import pytest

from assembly_line.core.dispatches import NOBODY
from assembly_line.rehearsal.plan import Plan
from tests.support.harness import EXAMPLE, open_scene
from tests.support.reading import answered, entry, files, journal, told

TASK = "TASK-014"
terminal_only = pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not on PATH")


@pytest.mark.parametrize("mode", ["default", "acceptEdits", "dontAsk", "plan"])
def test_h10_a_run_that_nobody_could_permit_is_not_started(tmp_path: Path, data: Path, mode: str) -> None:
    """H10 A run that nobody could permit

    Does: Types `/task-run` in print mode and grants neither Write nor Bash, or is in plan mode.
    Line does: Refuses before anything is written or any agent is called, and prints the command to type.
    Costs: One typed command; no request to a model.
    """
    with open_scene(tmp_path, EXAMPLE, Plan(), data=data) as scene:
        before = files(scene.project, ".git")
        ran = scene.run(f"/task-run {TASK}", "--permission-mode", mode)
        assert files(scene.project, ".git") == before
    assert (ran.code, ran.requests) == (0, [])
    said = answered(ran.text)
    assert f'claude -p "/task-run {TASK}" --permission-mode acceptEdits --allowedTools Bash' in said


def test_h10_the_words_of_the_refusal_work(tmp_path: Path, data: Path) -> None:
    """H10 The printed command

    Does: Types the command that the refusal printed.
    Line does: Runs the task to its end; nothing is denied.
    Costs: Nothing.
    """
    with open_scene(tmp_path, EXAMPLE, Plan(), data=data) as scene:
        ran = scene.run(f"/task-run {TASK}", "--permission-mode", "acceptEdits", "--allowedTools", "Bash")
        assert ran.code == 0
        assert entry(scene.project, TASK)["status"] == "completed"
        assert "denied" not in {record.kind for record in journal(scene.project, TASK)}


def test_h10_a_denial_in_a_run_is_recorded(tmp_path: Path, data: Path) -> None:
    """H10 A denied command

    Does: Grants only `Bash(git status:*)`; the validator's command needs an approval that nobody can give.
    Line does: Starts the run, and records the call as denied for want of permission, with its words.
    Costs: One line in the journal for each denied call.
    """
    with open_scene(tmp_path, EXAMPLE, Plan(), data=data) as scene:
        scene.run(f"/task-run {TASK}", "--permission-mode", "acceptEdits", "--allowedTools", "Bash(git status:*)")
        denied = [record.data for record in journal(scene.project, TASK) if record.kind == "denied"]
    assert denied
    assert {(item["tool"], item["why"]) for item in denied} == {("Bash", NOBODY)}
    assert all(item["what"].startswith("Bash: ") and item["dispatch"] and item["station"] for item in denied)


@terminal_only
def test_h10_plan_mode_is_refused_with_the_way_out(tmp_path: Path, data: Path) -> None:
    """H10 Plan mode

    Does: Types `/task-run` in the interactive client while it is in plan mode.
    Line does: Refuses before anything is written, and says how to leave the mode.
    Costs: Two key presses and the command once more.
    """
    with (
        open_scene(tmp_path, EXAMPLE, Plan(), data=data) as scene,
        scene.terminal("--permission-mode", "plan") as terminal,
    ):
        terminal.send(f"/task-run {TASK}")
        assert "shift+tab" in terminal.wait_for("was not run: in plan mode")
        assert told(scene.project, TASK) == ""


@terminal_only
def test_h10_a_person_is_asked_and_not_refused(tmp_path: Path, data: Path) -> None:
    """H10 A person at the keyboard

    Does: Types `/task-run` in the interactive client in its default mode, without any rule.
    Line does: Starts the run; the client asks the person when an agent first writes a file or runs a command.
    Costs: A key press for each kind of call, until the person allows it for the session.
    """
    with (
        open_scene(tmp_path, EXAMPLE, Plan(), data=data) as scene,
        scene.terminal("--permission-mode", "default") as terminal,
    ):
        terminal.send(f"/task-run {TASK}")
        terminal.wait_for("Do you want to ")
        assert [record.kind for record in journal(scene.project, TASK)].count("dispatched") == 1
