"""Whose work a run is: what another repository, clone, worktree or branch at the same path finds of it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from assembly_line import paths
from tests.hooks.sessions import later, leave
from tests.support.client import TASK, Client
from tests.support.project import commit, git, project, repository

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not there")
STAGES = ("completed", "validation")


def origin(client: Client) -> Path:
    repository(client.root)
    bare = client.root.parent / "origin.git"
    git(client.root.parent, "clone", "-q", "--bare", str(client.root), str(bare))
    return bare


def cloned(client: Client) -> None:
    bare = client.root.parent / "origin.git"
    shutil.rmtree(client.root)
    git(client.root.parent, "clone", "-q", str(bare), str(client.root))


def begun_anew(client: Client) -> None:
    shutil.rmtree(client.root)
    project(client.root, TASK)
    repository(client.root)


def begun_anew_beside_hidden_files(client: Client) -> None:
    for path in client.root.iterdir():
        if path.name != paths.BUNDLES:
            shutil.rmtree(path)
    project(client.root, TASK)
    repository(client.root)


def emptied(client: Client) -> None:
    shutil.rmtree(client.root)
    project(client.root, TASK)


def worktree_made_again(client: Client) -> None:
    main = client.root.parent / "main"
    git(main, "worktree", "remove", "--force", str(client.root))
    git(main, "worktree", "add", "-q", "-f", str(client.root), "main~0")


def in_worktree(client: Client) -> None:
    main = client.root.parent / "main"
    shutil.move(client.root, main)
    repository(main)
    git(main, "worktree", "add", "-q", str(client.root), "-b", "work")


REPLACED = {
    "a clone": (origin, cloned),
    "a new repository": (lambda client: repository(client.root), begun_anew),
    "a new repository beside hidden files": (lambda client: repository(client.root), begun_anew_beside_hidden_files),
    "a folder without git": (lambda client: None, emptied),
    "a folder without git where a repository was": (lambda client: repository(client.root), emptied),
    "a worktree made again": (in_worktree, worktree_made_again),
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("way", REPLACED)
def test_another_work_tree_at_the_same_path_knows_nothing_of_the_run(client, way, stage):
    before, after = REPLACED[way]
    before(client)
    leave(client, stage)
    after(client)
    second = later(client)
    second.run()
    assert second.kinds() == ["run_started", "lease_taken", "bundle_created", "agents_ready"]
    assert second.state().work_tree == second.vault.tree()["id"]


def cleaned(client: Client) -> None:
    git(client.root, "clean", "-q", "-xdf", "-e", "src")


def cleaned_on_a_new_branch(client: Client) -> None:
    git(client.root, "checkout", "-q", "-b", "feature")
    git(client.root, "add", "src")
    git(client.root, "commit", "-q", "--allow-empty", "-m", "what is there")
    git(client.root, "clean", "-q", "-xdf")


def without_bundles(client: Client) -> None:
    shutil.rmtree(client.root / paths.BUNDLES)


def without_records(client: Client) -> None:
    shutil.rmtree(client.root / paths.JOURNALS)


def moved_and_back(client: Client) -> None:
    aside = client.root.with_name("aside")
    client.root.rename(aside)
    aside.rename(client.root)


def put_away(client: Client) -> None:
    git(client.root, "stash", "-q", "-u")


def packed(client: Client) -> None:
    git(client.root, "gc", "-q")


def restored_from_a_copy(client: Client) -> None:
    copy = client.root.with_name("copy")
    shutil.copytree(client.root, copy, symlinks=True)
    shutil.rmtree(client.root)
    shutil.copytree(copy, client.root, symlinks=True)


KEPT = (
    cleaned,
    cleaned_on_a_new_branch,
    without_bundles,
    without_records,
    moved_and_back,
    put_away,
    packed,
    restored_from_a_copy,
)


def test_a_live_session_whose_folder_is_gone_puts_nothing_into_the_new_one(client):
    repository(client.root)
    with subprocess.Popen(["sleep", "60"], cwd=client.root) as process:
        client.pid = process.pid
        client.run()
        client.until("implementation")
        begun_anew(client)
        client.fire("SessionEnd", reason="exit")
        process.kill()
    assert not client.journal.exists()
    assert not (client.data / "sessions" / client.session).exists()


@pytest.mark.parametrize("stage", ["validation", "paused"])
@pytest.mark.parametrize("way", KEPT, ids=lambda way: way.__name__)
def test_a_held_or_killed_run_outlives_a_person_who_cleans_up(client, way, stage):
    repository(client.root)
    leave(client, stage)
    way(client)
    second = later(client)
    second.run()
    assert second.state().number == 1
    assert "tampered" not in second.kinds()
    assert second.work().state().past[-1].end in ("done", "PASS")


@pytest.mark.parametrize("way", [without_bundles, cleaned], ids=lambda way: way.__name__)
def test_an_agent_that_cleans_up_takes_nothing_from_its_own_run(client, way):
    repository(client.root)
    client.run()
    client.until("implementation")
    way(client)
    client.until("completed")
    assert client.state().number == 1


@pytest.mark.parametrize("way", [without_bundles, without_records], ids=lambda way: way.__name__)
def test_an_agent_that_cleans_up_outside_git_takes_nothing_from_its_own_run(client, way):
    client.run()
    client.until("implementation")
    way(client)
    client.until("completed")
    assert client.state().number == 1


def test_a_completed_task_whose_work_was_put_away_with_its_journal_is_new(client):
    repository(client.root)
    leave(client, "completed")
    git(client.root, "stash", "-q", "-u")
    second = later(client)
    second.run()
    assert second.kinds() == ["run_started", "lease_taken", "bundle_created", "agents_ready"]


def carried(client: Client) -> None:
    """The sources are committed, the journal is not, and the former branch is checked out."""
    git(client.root, "checkout", "-q", "-b", "work")
    git(client.root, "add", "src")
    git(client.root, "commit", "-q", "-m", "the work")
    git(client.root, "checkout", "-q", "main")


def test_a_completed_task_is_not_called_so_on_a_branch_that_has_nothing_of_it(client):
    repository(client.root)
    leave(client, "completed")
    carried(client)
    answer = later(client).run()["reason"]
    assert "nothing that it changed is in this work tree" in answer
    assert f"src/{TASK}.py" in answer
    git(client.root, "merge", "-q", "work")
    assert "is already completed" in later(client).run()["reason"]


@pytest.mark.parametrize("stage", ["completed", "validation"])
def test_a_machine_that_uses_its_checkout_again_finds_the_task_new(client, stage):
    repository(client.root)
    leave(client, stage)
    git(client.root, "clean", "-q", "-ffdx")
    git(client.root, "checkout", "-q", "--force", "--detach", "HEAD")
    second = later(client)
    second.run()
    assert second.kinds() == ["run_started", "lease_taken", "bundle_created", "agents_ready"]


def forged(client: Client) -> bytes:
    """The journal of the same task as another machine would have written it, completed."""
    other = Client(project(client.root.with_name("forger"), TASK), client.data.with_name("forgers"))
    other.run()
    other.until("completed")
    return other.journal.read_bytes()


@pytest.mark.parametrize("commits", [False, True])
def test_whoever_takes_the_marks_off_a_work_tree_has_no_forged_journal_believed(client, commits):
    repository(client.root)
    leave(client, "validation")
    data = forged(client)
    client.journal.write_bytes(data)
    if commits:
        commit(client.root, "done")
    shutil.rmtree(client.root / ".git" / "assembly-line")
    (client.root / paths.TREE).unlink()
    answer = later(client).run()
    assert "this machine did not write it" in answer["reason"]
    assert "restore it from git" in answer["reason"]


def test_a_completed_task_whose_journal_alone_is_gone_stays_completed(client):
    repository(client.root)
    leave(client, "completed")
    client.journal.unlink()
    assert "already completed" in later(client).run()["reason"]


def test_an_agent_call_starts_no_task_that_was_run_before_without_a_persons_word(client):
    repository(client.root)
    leave(client, "completed")
    git(client.root, "stash", "-q", "-u")
    second = later(client)
    given = {"subagent_type": "assembly-line:orchestrator", "prompt": TASK, "description": "x"}
    said = second.fire("PreToolUse", tool_name="Agent", tool_input=given, tool_use_id="call-1")
    assert said["hookSpecificOutput"]["permissionDecision"] == "deny"
    assert f"/task-run {TASK}" in said["hookSpecificOutput"]["permissionDecisionReason"]


def test_a_run_in_a_clone_goes_on_in_it_with_what_is_there(client):
    bare = origin(client)
    leave(client, "validation")
    git(client.root, "add", "-A", "docs")
    git(client.root, "commit", "-q", "-m", "in the middle, without its sources")
    git(client.root, "push", "-q", str(bare), "HEAD:main")
    cloned(client)
    second = later(client)
    second.run()
    kinds = second.kinds()
    lost = kinds.index("bundle_lost")
    assert "work_tree_changed" in kinds
    assert second.state().stage == "bundling"
    second.until("completed")
    worked = [item.station for item in second.state().past]
    assert worked.count("bundler") == 2
    assert worked.count("database-developer") == 2
    assert second.state().work_tree == second.vault.tree()["id"]
    assert lost < len(second.kinds())


def test_a_second_machine_calls_the_bundler_again_and_nobody_else_when_all_the_rest_is_there(client):
    bare = origin(client)
    leave(client, "implementation")
    while client.state().plan[:1] != ("test-writer",):
        client.work()
    commit(client.root, "in the middle")
    git(client.root, "push", "-q", str(bare), "HEAD:main")
    shutil.rmtree(client.data)
    cloned(client)
    second = later(client)
    second.run()
    second.until("completed")
    worked = [item.station for item in second.state().past]
    assert worked.count("bundler") == 2
    assert worked.count("database-developer") == 1
    assert "tampered" not in second.kinds()
