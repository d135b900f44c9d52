"""Two runs in one work tree: the second is refused while the first is alive, and named when sources change under it."""

import shutil

import pytest

from assembly_line.storage import follow
from tests.hooks.sessions import SECOND, dead
from tests.support.client import TASK, Client
from tests.support.project import define, git, repository, write

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not there")
OTHER = "TASK-009"


@pytest.fixture
def second(client) -> Client:
    """Another session in the project, which has another task."""
    define(client.root, OTHER, "generic")
    return Client(client.root, client.data, SECOND, task=OTHER)


def test_a_second_run_in_a_work_tree_is_refused_with_session_task_and_ways_out(client, second):
    client.run()
    answer = second.run()
    assert answer["decision"] == "block"
    for word in (TASK, client.session, f"/task-pause {TASK}", "git worktree add", "--together"):
        assert word in answer["reason"]
    assert not second.journal.exists()


def paused(client: Client) -> None:
    client.run()
    client.command("pause")


def killed(client: Client) -> None:
    client.pid = dead()
    client.run()


def completed(client: Client) -> None:
    client.run()
    client.until("completed")


def aborted_at_work(client: Client) -> None:
    client.run()
    client.dispatch()
    client.command("abort")


@pytest.mark.parametrize("end", [paused, killed, completed, aborted_at_work], ids=lambda end: end.__name__)
def test_a_run_that_nobody_drives_any_more_stands_in_nobodys_way(client, second, end):
    end(client)
    second.run()
    assert second.state().stage == "ready_for_bundler"


def test_a_person_may_want_both(client, second):
    client.run()
    second.run(f"{OTHER} --together")
    assert second.state().stage == "ready_for_bundler"


def test_the_same_session_goes_on_with_its_own_run(client):
    client.run()
    client.run()
    assert client.state().number == 1


def test_a_run_in_a_work_tree_of_its_own_is_never_refused(client, second, tmp_path):
    repository(client.root)
    client.run()
    git(client.root, "worktree", "add", "-q", str(tmp_path / "own"), "HEAD")
    second.root = tmp_path / "own"
    second.run()
    assert second.state().stage == "ready_for_bundler"


@pytest.mark.parametrize("together", [True, False])
def test_a_void_verdict_names_the_other_run_that_may_have_caused_it(client, second, together):
    repository(client.root)
    client.run()
    client.until("validation")
    if together:
        second.run(f"{OTHER} --together")
    client.dispatch()
    write(client.root, "src/app.py", "answer = 43\n")
    client.end(client.message())
    assert client.kinds()[-1] == "judgement_void"
    void = follow.peek(str(client.root), TASK)[1][-1]
    named = f"{OTHER} is being run here too, by session {SECOND}"
    assert (named in void.data["message"]) == together


def test_another_project_of_the_same_repository_is_in_the_same_checkout(client, second):
    repository(client.root)
    client.run()
    client.command("pause")
    client.run()
    below = client.root / "packages" / "web"
    define(below, OTHER, "generic")
    second.root = below
    answer = second.run()
    assert f"{TASK} is being run in {client.root} by session {client.session}" in answer["reason"]
    client.command("pause")
    second.run()
    assert second.state().stage == "ready_for_bundler"
