"""Sessions that drive no run: what they may call, what they are told, and how one gets its run back."""

import subprocess
import sys

import pytest

from assembly_line.core.decide import REFUSALS
from assembly_line.storage import follow
from tests.hooks.looking import marked, other
from tests.support.client import TASK
from tests.support.delivery import SESSION, decision, said

CALLS = [
    {},  # the one that the directive in its history names
    {"subagent_type": "assembly-line:requirements-validator"},
    {"prompt": "Say PASS."},
    {"subagent_type": "my-developer"},
]


@pytest.fixture
def process():
    """A living process that is not above the hooks of this test."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as running:
        yield running
        if running.returncode is None:
            running.communicate(b"\n")


def ended(client, reason="other"):
    """A session that drove a run to its first station, and is over."""
    client.run()
    client.work()
    client.fire("SessionEnd", reason=reason)
    return client


def started(client, source):
    return client.fire("SessionStart", source=source)


@pytest.mark.parametrize("changes", CALLS)
def test_a_session_that_drives_no_run_calls_no_agent_of_the_line(client, changes):
    ended(client)
    before = client.kinds()
    answer = client.call(**changes)
    assert decision(answer) == "deny"
    assert f"/task-run {TASK}" in said(answer)
    assert client.kinds() == before


@pytest.mark.parametrize("changes", CALLS[:3])
def test_nor_does_another_session_beside_a_live_run(client, changes):
    client.run()
    beside = other(client)
    beside.directive = client.directive
    assert decision(beside.call(**changes)) == "deny"


def test_where_no_run_is_only_agents_of_the_line_are_refused(client):
    client.directive = {"input": {"subagent_type": "my-developer", "prompt": "d-0001"}}
    assert client.call() == {}
    assert decision(client.call(subagent_type="assembly-line:bundler")) == "deny"


@pytest.mark.parametrize("source", ["resume", "compact"])
def test_a_session_whose_history_has_the_directive_is_told_how_to_go_on(client, source):
    ended(client)
    client.transcript.write_text(f'{{"content":"```directive {{\\\\"task\\\\":\\\\"{TASK}\\\\"}}"}}\n')
    for session in (client, other(client)):
        session.transcript.write_bytes(client.transcript.read_bytes())
        answer = started(session, source)
        assert f"/task-run {TASK} goes on with it" in answer["systemMessage"]


def test_a_fork_is_told_as_its_history_is_not_written_yet(client):
    ended(client)
    assert f"/task-run {TASK}" in started(other(client), "fork")["systemMessage"]


def test_a_cleared_session_is_told_too(client):
    ended(client, "clear")
    assert f"/task-run {TASK}" in started(other(client), "clear")["systemMessage"]


@pytest.mark.parametrize("source", ["resume", "compact", "clear"])
def test_a_session_that_never_saw_the_task_is_told_nothing(client, source):
    ended(client)
    assert started(other(client), source) == {}


def test_a_session_beside_a_live_run_is_told_nothing(client):
    client.run()
    beside = other(client)
    beside.transcript.write_text(f"```directive {TASK}\n")
    assert started(beside, "resume") == {}


def test_the_next_command_goes_on_with_the_run(client):
    ended(client)
    client.call()
    client.run()
    client.until("completed")


def test_a_session_that_lost_its_marker_gets_its_run_back(client):
    client.run()
    client.work()
    (client.data / "sessions" / SESSION).unlink()
    assert client.dispatch()
    assert marked(client) == (str(client.root), TASK)
    assert client.kinds().count("repaired") == 1
    client.end(client.message())
    client.back()
    client.until("completed")


def test_one_that_lost_it_is_gated_again_at_once(client):
    client.run()
    (client.data / "sessions" / SESSION).unlink()
    assert decision(client.call(subagent_type="assembly-line:requirements-validator")) == "deny"
    assert client.kinds()[-1] == "refused"


def test_a_second_client_of_a_session_takes_nothing_from_the_first(client, process):
    client.run()
    client.dispatch()
    client.pid = process.pid
    answer = started(client, "resume")
    assert "is being run by" in answer["systemMessage"]
    assert client.state().open is not None


def test_a_client_that_takes_its_own_session_up_again_holds_the_lease(client, process):
    mine, client.pid = client.pid, process.pid
    client.run()
    process.communicate(b"\n")
    client.pid = mine
    started(client, "resume")
    assert client.vault.lease(TASK)["pid"] == mine


# A person's word.


def asks(client, prompt):
    given = {"subagent_type": "assembly-line:orchestrator", "prompt": prompt}
    return client.fire("PreToolUse", tool_name="Agent", tool_input=given, tool_use_id=f"t{len(client.kinds())}")


def over(client, stage):
    """A run that is over or held."""
    client.run()
    if stage == "completed":
        client.until("completed")
    else:
        client.command("pause" if stage == "paused" else "abort", TASK)
    client.fire("Stop")


@pytest.mark.parametrize("stage", ["completed", "aborted", "paused"])
@pytest.mark.parametrize("words", ["", " --restart"])
def test_a_model_starts_no_run_that_a_person_or_the_line_ended(client, stage, words):
    over(client, stage)
    before = client.kinds()
    answer = asks(client, f"Run {TASK}{words}.")
    assert decision(answer) == "deny"
    assert f"/task-run {TASK}" in said(answer)
    assert client.kinds() == before


def test_a_model_resumes_a_run_that_was_interrupted_but_does_not_start_it_over(client):
    ended(client)
    assert decision(asks(client, f"Run {TASK} --restart.")) == "deny"
    assert decision(asks(client, f"Run {TASK}.")) == "allow"
    assert client.kinds().count("run_started") == 1


@pytest.mark.parametrize("kind", ["pause", "abort"])
def test_the_journal_tells_which_session_gave_the_command(client, kind):
    client.run()
    other(client).command(kind, TASK)
    event = next(item for item in reversed(follow.peek(str(client.root), TASK)[1]) if item.kind.startswith(kind))
    assert event.data["message"].endswith(f"by a command in session {other(client).session}")


@pytest.mark.parametrize("command", ["run", "pause", "abort"])
@pytest.mark.parametrize("way", ["a child", "one whose parents are gone"])
def test_a_client_below_the_one_that_drives_a_run_gives_no_command(client, process, command, way):
    wrapper = ()
    if way != "a child":  # all that it has of the first client is the session in the environment it began with
        client.pid = process.pid
        wrapper = ("env", f"CLAUDE_CODE_SESSION_ID={SESSION}", "sh", "-c", '"$@"; exit $?', "sh")
    client.run()
    before, inner = client.kinds(), other(client)
    done = inner.spawn(inner.typed(command, TASK), wrapper=wrapper)
    assert done.decision == "block"
    assert f"from within session {SESSION}" in done.answer["reason"]
    assert client.kinds() == before


@pytest.mark.parametrize("command", ["pause", "abort"])
def test_a_client_beside_the_one_that_drives_a_run_gives_commands(client, process, command):
    client.pid = process.pid
    client.run()
    inner = other(client)
    done = inner.spawn(inner.typed(command, TASK))
    assert f"{TASK} is {command.removesuffix('e')}ed" in done.answer["reason"]


def test_a_dozen_refused_calls_in_a_row_stall_the_run(client):
    client.run()
    for number in range(REFUSALS):
        answer = client.fire("PreToolUse", tool_name="Bash", tool_input={"command": "ls"}, tool_use_id=f"b{number}")
        assert decision(answer) == "deny"
    assert client.state().stage == "stalled"
    assert client.directive["action"] == "halt"
    assert client.fire("Stop") == {}
    client.run()
    client.until("completed")


def test_refused_calls_between_which_something_is_done_stall_nothing(client):
    client.run()
    for number in range(REFUSALS + 3):
        client.fire("PreToolUse", tool_name="Bash", tool_input={"command": "ls"}, tool_use_id=f"b{number}")
        if number == REFUSALS - 2:
            client.dispatch()
    assert client.state().stage == "bundling"
