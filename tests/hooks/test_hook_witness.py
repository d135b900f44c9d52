"""What speaks to the hooks as the client would is not believed, and noted."""

import json
import os
import subprocess
import sys
from unittest import mock

import pytest

from assembly_line.core.decide import Decision
from assembly_line.core.next_step import expected
from assembly_line.core.run import Event
from assembly_line.engine import drive
from assembly_line.engine.store import opened
from assembly_line.hook import witness
from tests.support import delivery, transcripts
from tests.support.client import Client
from tests.support.delivery import decision
from tests.support.reports import good

# Ways to deliver from below the client: a shell in the launcher's place, one more process, one set apart.
BELOW = {
    "answer read by another": ("sh", "-c", '"$@" | cat', "sh"),
    "deeper": ("sh", "-c", 'sh -c \'sh -c \'"\'"\'"$@"; :\'"\'"\' sh "$@"; :\' sh "$@"; :', "sh"),
    "answer into a file": ("sh", "-c", '"$@" > answer.txt; cat answer.txt', "sh"),
}


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    monkeypatch.setattr(witness, "PATIENCE", 0.0)


@pytest.fixture
def spawning(client):
    """A client each of whose hooks is a process, with an agent at work."""
    client.way = lambda event: delivery.spawned(event)()
    client.run()
    client.call()
    client.begin()
    client.labour()
    return client


@pytest.mark.parametrize("wrapper", BELOW.values(), ids=BELOW)
def test_an_event_from_below_the_client_changes_nothing_and_is_noted(spawning, wrapper):
    payload = spawning.stopped()
    told = spawning.spawn(payload, wrapper=wrapper)
    assert "this event was not taken" in told.out
    assert (spawning.state().stage, spawning.kinds()[-1]) == ("bundling", "forged")
    spawning.send(payload)
    assert spawning.state().stage == "implementation"


@pytest.mark.parametrize("wrapper", BELOW.values(), ids=BELOW)
def test_a_gate_that_is_asked_from_below_the_client_refuses(spawning, wrapper):
    spawning.end(spawning.message())
    spawning.back()
    answer = spawning.spawn(spawning.due(), wrapper=(*wrapper[:2], wrapper[2] + " ; exit 2", *wrapper[3:]))
    assert "was not taken" in answer.err
    assert spawning.state().open is None
    assert decision(spawning.call()) == "allow"


def test_an_event_from_beside_the_client_is_not_taken(client):
    """Whoever is not below the client that took the run, such as a process that was set apart."""
    client.way = lambda event: delivery.spawned(event)()
    client.run()
    client.call()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        saved = client.vault.client(client.task)
        client.vault.save_client(client.task, {**saved, "pid": other.pid, "started": "", "program": []})
        told = client.spawn(client.started())
        other.communicate(b"\n", timeout=20)
    assert "this event was not taken" in told.out
    assert client.agent == ""


def test_a_session_that_goes_on_in_another_client_keeps_its_run(client, tmp_path):
    client.way = lambda event: delivery.spawned(event)()
    client.run()
    saved = client.vault.client(client.task)
    with subprocess.Popen(["true"]) as gone:
        gone.wait(20)
    client.vault.save_client(client.task, {**saved, "pid": gone.pid, "started": "1"})
    client.until("validation")
    assert client.vault.client(client.task)["pid"] == client.pid
    assert "forged" not in client.kinds()


@pytest.mark.parametrize("missing", ["call", "answer", "result", "other call"])
def test_an_end_without_its_marks_in_the_transcripts_is_not_taken(client, missing):
    client.run()
    client.call()
    client.begin()
    client.labour()
    payload, own = client.stopped(), client.own(client.agent)
    if missing == "call":
        client.transcript.write_text('{"event":"x"}\n')
    elif missing == "answer":
        own.write_text("")
    elif missing == "result":
        transcripts.called(own, "Bash", {"command": "sleep 9"}, "toolu_9")
    else:
        transcripts.started(client.transcript, client.agent, "x", "toolu_8")
    assert "was not taken" in client.send(payload).answer["systemMessage"]
    assert (client.state().stage, client.kinds()[-1]) == ("bundling", "forged")
    client.back()
    assert client.state().deaths == 1


def test_a_session_whose_client_keeps_no_transcripts_is_paused_with_what_to_do(client):
    client.run()
    client.call()
    client.begin()
    payload = client.stopped()
    client.transcript.unlink()
    client.send(payload)
    assert client.state().stage == "paused"
    assert "--no-session-persistence" in json.dumps(client.command("status", client.task))


def test_an_earlier_session_that_lost_its_run_is_none_of_the_clients_events(client, tmp_path):
    client.run()
    other = Client(client.root, client.data, "5e551011-0000-4000-8000-000000000002")
    other.command("pause", client.task)
    other.run(client.task)
    assert client.fire("Stop") == {}
    assert "forged" not in other.kinds()


@pytest.mark.parametrize(
    ("before", "after", "members"),
    [
        (None, {"permissions": {"allow": ["Bash(npm test:*)"]}}, ["permissions"]),
        ({"env": {"A": "1"}, "model": "x"}, {"env": {"A": "2"}, "model": "x"}, ["env"]),
        ({"hooks": {}}, None, ["hooks"]),
        ({}, "{", ["unreadable"]),
        ({"env": {}}, {"env": {}}, None),
    ],
)
def test_changed_settings_of_the_client_are_recorded_once_with_their_members(client, before, after, members):
    file = client.root / ".claude" / "settings.local.json"
    file.parent.mkdir()
    for step, value in enumerate((before, after)):
        file.unlink(missing_ok=True)
        if value is not None:
            file.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
        if step == 0:
            client.run()
    client.call()
    client.begin()
    told = [item.data for item in client.records() if item.kind == "settings_changed"]
    wanted = {"files": [".claude/settings.local.json"], "members": {".claude/settings.local.json": members}}
    assert told == ([wanted] if members else [])


def test_settings_that_change_between_two_sessions_are_told_when_the_run_goes_on(client):
    client.run()
    client.command("pause", client.task)
    client.fire("Stop")
    (client.root / ".claude").mkdir()
    (client.root / ".claude" / "settings.json").write_text('{"disableAllHooks": true}', "utf-8")
    client.run()
    assert "settings_changed" in client.kinds()


@pytest.mark.parametrize("name", ["run", "pause", "abort"])
def test_a_task_command_from_below_the_client_of_its_session_is_refused_and_noted(spawning, name):
    arguments = f"{spawning.task} --restart" if name == "run" else spawning.task
    told = spawning.spawn(spawning.typed(name, arguments), wrapper=BELOW["answer into a file"])
    assert "this event was not taken" in told.out
    assert (spawning.state().stage, spawning.state().number, spawning.kinds()[-1]) == ("bundling", 1, "forged")
    spawning.command("abort", spawning.task)
    assert spawning.state().stage == "aborted"


def test_a_verdict_that_was_written_past_the_client_completes_nothing(client):
    """What a program with the account of the person can write by means of the engine itself."""
    client.run()
    client.until("validation")
    due = expected(client.state())
    call = {name: value for name, value in due._asdict().items() if name != "id"}
    with (
        mock.patch.dict(os.environ, client.environment(), clear=True),
        opened(str(client.root), client.task, client.vault) as store,
    ):
        tree = store.sources.digest
        store.record(
            Event("dispatched", {**call, "dispatch": due.id, "call": "toolu_made_up", "tree": tree}),
            Event("agent_started", {"dispatch": due.id, "agent_id": "agent-made-up"}),
        )
        passed = {"verdict": good(store.run, "validation"), "result": "PASS", "gaps": (), "regressions": []}
        told = {"station": due.station, "served": "claude-opus-5-5", "tokens": {"input": 9}, "tree": tree}
        drive.apply(store, Decision((Event("verdict_given", {"dispatch": due.id, **told, **passed}),)))
    assert client.state().stage == "compliance"
    client.fire("SessionStart", source="compact")
    client.work()
    run = client.state()
    assert (run.stage, run.error.kind) == ("paused", "forged")
    assert f"{due.id}: the transcript of session" in run.error.message
    client.run()
    assert client.state().stage == "paused"
    client.run(f"{client.task} --restart")
    client.until("completed")


def test_a_session_whose_transcript_is_gone_is_believed(client):
    client.run()
    client.until("implementation")
    client.command("pause", client.task)
    other = Client(client.root, client.data, "5e551011-0000-4000-8000-000000000002")
    other.run(client.task)
    client.transcript.unlink()
    other.until("completed")
