"""What a person broke or a command removed: every event is answered in one line, and the commands still work."""

import os
import shutil
from pathlib import Path

import pytest

from tests.hooks.looking import other
from tests.support.client import TASK, Client
from tests.support.delivery import SESSION, decision, said
from tests.support.project import project


def clear(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif os.path.lexists(path):
        path.unlink()


def file(path):
    clear(path)
    path.write_text("x")


def folder(path):
    clear(path)
    path.mkdir()
    (path / "x").write_text("x")


def link(path):
    clear(path)
    path.symlink_to("/nowhere/at/all")


PLACES = {
    "the data folder": lambda client: client.data,
    "the sessions": lambda client: client.data / "sessions",
    "the marker": lambda client: client.data / "sessions" / SESSION,
    "the vaults": lambda client: client.data / "projects",
    "the vault": lambda client: Path(client.vault.folder),
    "the key": lambda client: client.data / "key",
    "the mirror": lambda client: Path(client.vault.mirror(TASK)),
    "the lease": lambda client: Path(client.vault.folder) / f"{TASK}.lease.json",
    "the snapshot": lambda client: Path(client.vault.folder) / f"{TASK}.run.json",
    "the bundles": lambda client: client.root / ".task_bundles",
    "the lock": lambda client: client.root / ".task_bundles/.lock",
}
FAULTS = {"is gone": clear, "is a file": file, "is a folder": folder, "is a dangling link": link}


@pytest.fixture
def transcript(client, monkeypatch):
    """The client keeps its transcripts elsewhere than the plugin its data."""
    monkeypatch.setattr(Client, "transcript", property(lambda self: self.root.parent / f"{self.session}.jsonl"))


def broken(client, place, fault):
    """A run with an agent at work, in which something is broken; no client is above the hooks."""
    client.run()
    client.dispatch()
    FAULTS[fault](PLACES[place](client))


def is_clear(answer, client):
    """Whether an answer is one that a person understands: the client's form, or one line without a raw error."""
    line = (answer.err or answer.answer.get("systemMessage", "")).strip()
    return "Errno" not in line and "Error:" not in line and len(line.splitlines()) <= 1


@pytest.mark.usefixtures("transcript")
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("place", PLACES)
def test_every_event_is_answered_clearly_and_the_commands_work_or_name_what_is_broken(client, place, fault):
    broken(client, place, fault)
    tool = {"tool_name": "Bash", "tool_input": {"command": "ls"}, "tool_use_id": "b1"}
    for payload in (client.payload("PreToolUse", **tool), client.due(), client.payload("Stop")):
        assert is_clear(client.fork(payload), client)
    for command, done in (("abort", f"{TASK} is aborted"), ("run", "```directive")):
        arguments = TASK if command == "abort" else f"{TASK} --restart"
        answer = client.fork(client.typed(command, arguments))
        assert is_clear(answer, client)
        told = answer.err + answer.text
        assert done in told or PLACES[place](client).name in told, told


@pytest.mark.usefixtures("transcript")
@pytest.mark.parametrize("place", PLACES)
def test_once_it_is_taken_away_the_run_goes_on(client, place):
    broken(client, place, "is a file")
    client.fork(client.payload("Stop"))
    clear(PLACES[place](client))
    client.run()
    client.fire("Stop")  # the agent is no longer at work
    client.until("completed")


# The folder that a client is started in.


@pytest.mark.parametrize("name", ["run", "status", "pause", "abort"])
def test_a_client_that_was_started_below_the_project_is_told_so(client, name):
    below = Client(client.root / "src", client.data)
    answer = below.command(name, TASK)
    assert decision(answer) == "block"
    assert f"below the project {client.root}" in said(answer)


def test_a_project_of_its_own_inside_another_is_a_project(client):
    inner = Client(project(client.root / "parts/inner", TASK), client.data)
    assert "```directive" in said(inner.run())


def test_below_a_repository_that_is_no_project_nothing_is_said_of_one(client):
    (client.root / "vendor/lib/.git").mkdir(parents=True)
    (client.root / "vendor/lib/src").mkdir()
    assert "below the project" not in said(Client(client.root / "vendor/lib/src", client.data).run())


def test_a_session_that_works_in_a_copy_starts_no_run_but_ends_one(client):
    copy = client.root / ".claude/worktrees/x"
    copy.mkdir(parents=True)
    (copy / ".git").write_text("gitdir: x")
    client.run()
    beside = other(client)
    assert "not in its project" in said(beside.send({**beside.typed("run", TASK), "cwd": str(copy)}).answer)
    assert f"{TASK} is aborted" in said(beside.send({**beside.typed("abort", TASK), "cwd": str(copy)}).answer)
