"""What people do to a work tree between two sessions of one run."""

from collections.abc import Callable

import pytest

from tests.honest.looking import status
from tests.honest.places import tidies
from tests.honest.runs import TASK, Played
from tests.support.reading import journal

Play = Callable[[Callable[..., Played]], Played]


@pytest.mark.long
def test_h14_a_killed_run_outlives_a_new_branch_and_a_clean_work_tree(played: Play) -> None:
    """H14 A person who tidies up after a killed client

    Does: The client is killed. Its person commits the sources on a new branch, cleans the work tree of all that git
        does not track, the journal and the bundle among it, and types `/task-run` again.
    Line does: Goes on where it was: puts back what is gone, blames nobody, and says that the branch has changed.
    Costs: The dispatch that the kill ended.
    """
    run = played(tidies)
    kinds = [record.kind for record in journal(run.project, TASK)]
    assert status(run) == "completed"
    counted = [kinds.count(name) for name in ("run_started", "branch_changed", "repaired", "tampered", "unwatched")]
    assert counted == [1, 1, 2, 0, 0]
    assert run.crew.order.count("database-developer") == 1
