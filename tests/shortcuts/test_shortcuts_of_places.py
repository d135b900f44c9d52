"""Work that is not there: a project that was replaced at its path, and a branch that does not hold the run."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.shortcuts.mischief import TASK
from tests.shortcuts.places import OTHER, in_new_repository, in_new_worktree, on_another_branch, side_by_side
from tests.shortcuts.runs import Played
from tests.support.reading import entry, journal, told, walked

Play = Callable[[Callable[[Path, Path], Played]], Played]


def is_whole(run: Played) -> bool:
    """Whether the second run did all of the task by itself, in a journal of its own."""
    kinds = [record.kind for record in journal(run.project, TASK)]
    stations = [name for name, _ in walked(run.runs[-1].requests)]
    done = (stations[0], stations[-1], kinds.count("run_started"), kinds.count("completed"), "tampered" in kinds)
    return done == ("bundler", "workflow-compliance", 1, 1, False)


def test_a_new_repository_at_the_path_of_a_completed_task_is_not_called_completed(played: Play) -> None:
    """S30 Work of a repository that is gone

    Does: A task is completed, the project is deleted, and a new repository is made at its path. The task is run again.
    Stopped by: A work tree has an identity, in `.task_bundles/.tree` and beside git's own files. What this machine
        remembers of another one is put away, not put back.
    Ends: The task is new there and is done from the start.
    """
    run = played(in_new_repository)
    assert str(run.notes["before"]).count('"kind":"completed"') == 1
    assert is_whole(run)
    assert entry(run.project, TASK)["status"] == "completed"
    assert (run.project / "src/shop/task_031_database_developer.py").exists()


@pytest.mark.long
def test_a_worktree_made_again_at_its_path_does_not_go_on_after_stations_whose_files_are_gone(played: Play) -> None:
    """S31 Work of a worktree that is gone

    Does: A client is killed while the validator works; its worktree is removed and added again at the same path.
    Stopped by: The identity of the work tree, as above.
    Ends: The task is new there and is done from the start.
    """
    run = played(in_new_worktree)
    assert '"kind":"completed"' not in str(run.notes["before"])
    assert is_whole(run)


@pytest.mark.long
def test_no_journal_of_one_branch_is_put_into_another(played: Play) -> None:
    """S32 A journal of another branch

    Does: A client is killed, its work is committed on a new branch, and the former one is checked out again. The task
        is run there.
    Stopped by: A journal that git took away with a checkout is not put back, and nobody is blamed for it.
    Ends: The task is new on that branch and is done from the start; the other branch keeps its run.
    """
    run = played(on_another_branch)
    assert is_whole(run)


@pytest.mark.long
def test_a_second_run_in_one_work_tree_is_refused_while_the_first_is_alive(played: Play) -> None:
    """S33 Two runs in one work tree

    Does: While the validator of one task works, another session runs another task in the same work tree.
    Stopped by: One live run per work tree; the refusal names the task, its session and the ways out.
    Ends: The second is not begun, and the first is completed with its first verdict.
    """
    run = played(side_by_side)
    first, second = run.runs
    assert all(word in second.text for word in (f"{TASK} is being run here by session {first.session}", "--together"))
    assert told(run.project, OTHER) == ""
    kinds = [record.kind for record in journal(run.project, TASK)]
    assert (kinds.count("completed"), kinds.count("verdict_given"), kinds.count("judgement_void")) == (1, 1, 0)
