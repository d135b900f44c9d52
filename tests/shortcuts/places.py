"""The runs whose project is replaced by another at its path, or put on another branch."""

import shutil
import threading
import time
from pathlib import Path

from assembly_line.rehearsal import stage
from assembly_line.rehearsal.plan import Plan
from tests.shortcuts.mischief import TASK, Mischief
from tests.shortcuts.runs import BLUEPRINT, JOURNAL, PROJECT, Played, small
from tests.support.harness import Ran, Scene, late, open_scene
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


OTHER = "TASK-032"


def side_by_side(folder: Path, data: Path) -> Played:
    """Two sessions, each with a task, in one work tree; the second comes while the validator of the first works."""
    more = {BLUEPRINT.replace(TASK, OTHER): PROJECT[BLUEPRINT].replace(TASK, OTHER)}
    with open_scene(folder, small(folder / "small", more), data=data) as scene:
        scene.script = late(Mischief(scene, Plan(), {}), lambda whose, reply: whose.endswith("validator"), 4.0)
        runs: list[Ran] = []
        first = threading.Thread(target=lambda: runs.append(scene.run(f"/task-run {TASK}")))
        first.start()
        end = time.monotonic() + 60
        while '"kind":"stations_done"' not in told(scene.project, TASK) and time.monotonic() < end:
            time.sleep(0.1)
        second = scene.run(f"/task-run {OTHER}")
        first.join()
        return Played(scene.project, scene.data, (*runs, second), {}, [])
