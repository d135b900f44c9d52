"""The runs whose project is replaced by another at its path, or put on another branch."""

import shutil
from pathlib import Path

from assembly_line.rehearsal import stage
from assembly_line.rehearsal.plan import Plan
from tests.shortcuts.mischief import TASK, Mischief
from tests.shortcuts.runs import JOURNAL, Played, small
from tests.support.harness import Scene, open_scene
from tests.support.project import git
from tests.support.reading import told


def played_twice(scene: Scene, first: str, between: object) -> Played:
    """A run to its end or until its journal says something, a change of place, and the run of the same task again."""
    scene.script = Mischief(scene, Plan(), {})
    begun = (
        scene.run_until(lambda project: f'"kind":"{first}"' in told(project, TASK), f"/task-run {TASK}")
        if first
        else scene.run(f"/task-run {TASK}")
    )
    before = told(scene.project, TASK)
    assert callable(between)
    between(scene)
    scene.script = Mischief(scene, Plan(), {})
    again = scene.run(f"/task-run {TASK}")
    return Played(scene.project, scene.data, (begun, again), {}, [], {"before": before})


def new_repository(scene: Scene) -> None:
    """Delete the project, and make a new repository of the same files at its path."""
    shutil.rmtree(scene.project)
    stage.copy(scene.home.parent / "small", scene.project)
    stage.commit(scene.project)


def new_worktree(scene: Scene) -> None:
    """Remove the worktree, and add it anew at the same path."""
    main = scene.home.parent / "main"
    git(main, "worktree", "remove", "--force", str(scene.project))
    git(main, "worktree", "add", "-q", "--force", str(scene.project), "HEAD")


def in_new_repository(folder: Path, data: Path) -> Played:
    """A task is completed, and its project made anew."""
    with open_scene(folder, small(folder / "small"), data=data) as scene:
        return played_twice(scene, "", new_repository)


def in_new_worktree(folder: Path, data: Path) -> Played:
    """A run is killed while its validator works, and its worktree is made anew."""
    with open_scene(folder, small(folder / "small"), data=data) as scene:
        main = folder / "main"
        scene.project.rename(main)
        git(main, "worktree", "add", "-q", str(scene.project), "-b", "work")
        return played_twice(scene, "stations_done", new_worktree)


def on_another_branch(folder: Path, data: Path) -> Played:
    """A run is killed with its journal committed; another branch, where the task is new, is checked out."""
    with open_scene(folder, small(folder / "small"), data=data) as scene:

        def switch(scene: Scene) -> None:
            former = git(scene.project, "branch", "--show-current").strip()
            git(scene.project, "checkout", "-q", "-b", "work")
            git(scene.project, "add", "-A")
            git(scene.project, "commit", "-q", "-m", "in the middle")
            git(scene.project, "checkout", "-q", former)
            assert not (scene.project / JOURNAL).exists()

        return played_twice(scene, "stations_done", switch)
