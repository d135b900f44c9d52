"""What people do with two tasks at once: a worktree for each, and git merges them."""

from pathlib import Path

import pytest

from assembly_line.check.project import check_project
from tests.support.harness import EXAMPLE, Scene, open_scene
from tests.support.project import commit, git
from tests.support.reading import state

TASKS = ("TASK-013", "TASK-014")


def worked(scene: Scene, task: str) -> None:
    """Take a task through the line in a worktree of its own, and commit everything there."""
    home, place = scene.project, scene.project.parent / task
    git(home, "worktree", "add", "-q", "-b", task, str(place))
    scene.project = place
    ran = scene.run(f"/task-run {task}")
    assert ran.text.startswith(f"{task} completed"), ran.text
    commit(place, task)
    scene.project = home


@pytest.mark.long
def test_h18_two_worktrees_with_a_task_each_are_merged_by_git(data: Path, tmp_path: Path) -> None:
    """H18 Two tasks, two worktrees

    Does: Each task is worked in a git worktree of its own and committed; then both branches are merged, in both orders.
    Line does: No two entries of the state file share a line, and what can be computed is not in it, so that git's union
        of both sides is a valid file that shows both tasks; `/task-run` notes `merge=union` in `.git/info/attributes`.
    Costs: Nothing. Where that line is missing git leaves both sides in the state file; the next `/task-run` or
        `assembly-line rebuild` rebuilds it from the journals, and says so.
    """
    with open_scene(tmp_path / "scene", EXAMPLE, data=data) as scene:
        base = git(scene.project, "rev-parse", "HEAD").strip()
        for task in TASKS:
            worked(scene, task)
        for order in (TASKS, TASKS[::-1]):
            git(scene.project, "checkout", "-q", "-B", "joined", base)
            for task in order:
                git(scene.project, "merge", "-q", "--no-edit", task)
            assert {name: entry["status"] for name, entry in state(scene.project)["tasks"].items()} == dict.fromkeys(
                TASKS, "completed"
            )
            assert check_project(str(scene.project)).findings == ()
