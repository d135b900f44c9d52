"""Ends of turns and sessions: blocked, stalled, paused, aborted, taken over."""

import os
import shutil

import pytest

from tests.hooks.looking import OTHER, WORK_TOOLS, marked, other
from tests.support.client import TASK
from tests.support.delivery import SESSION, decision, said


def test_a_turn_that_ends_too_early_is_blocked_three_times_and_then_stalls(client):
    client.run()
    for _ in range(3):
        answer = client.fire("Stop", stop_hook_active=True)
        assert decision(answer) == "block"
        assert "```directive" in said(answer)
    answer = client.fire("Stop", stop_hook_active=True)
    assert decision(answer) == ""
    assert "/task-run" in answer["systemMessage"]
    assert client.state().stage == "stalled"
    assert marked(client) is None
    client.run()
    assert client.directive["action"] == "dispatch"
    client.until("completed")


def test_without_a_transcript_a_stop_still_ends_in_a_stall(client):
    client.run()
    answers = [decision(client.fire("Stop", transcript_path="")) for _ in range(4)]
    assert answers == ["block", "block", "block", ""]


def test_the_same_stop_delivered_ten_times_counts_once(client):
    client.run()
    payload = client.payload("Stop", stop_hook_active=False, last_assistant_message="I stop here.")
    answers = [client.send(payload).answer for _ in range(10)]
    assert all(answer == answers[0] for answer in answers)
    assert decision(answers[0]) == "block"
    assert client.kinds().count("stop_blocked") == 1


@pytest.mark.parametrize("kind", ["pause", "abort"])
@pytest.mark.parametrize("stage", ["ready_for_bundler", "implementation", "validation", "compliance"])
@pytest.mark.parametrize("busy", [False, True])
def test_a_persons_pause_and_abort_end_it_at_once_from_every_stage(client, kind, stage, busy):
    client.run()
    client.until(stage)
    if busy:
        client.call()
        client.begin()
        agent = client.agent
        message = client.message()
    client.command(kind)
    assert client.state().stage == {"pause": "paused", "abort": "aborted"}[kind]
    assert client.fire("Stop") == {}
    assert client.fire("PreToolUse", tool_name="Bash", tool_input={"command": "ls"}, tool_use_id="t") == {}
    if busy:
        note = f"<task-notification><task-id>{agent}</task-id><status>completed</status></task-notification>"
        client.end(message, agent=agent)
        assert "systemMessage" not in client.fire("UserPromptSubmit", prompt=note) or kind == "pause"
    client.fire("Stop")
    assert marked(client) is None
    if kind == "pause":
        client.run()
        client.until("completed")


def test_a_pause_works_although_journal_and_state_are_gone(client):
    client.run()
    shutil.rmtree(client.root / "docs/planning")
    client.command("pause", TASK)
    assert client.state().stage == "paused"


def test_foreign_sessions_are_never_gated(client):
    client.run()
    stranger = other(client)
    for tool, given in WORK_TOOLS:
        assert stranger.fire("PreToolUse", tool_name=tool, tool_input=given, tool_use_id="t") == {}
    assert stranger.fire("Stop") == {}
    stranger.session = ""
    assert stranger.fire("Stop") == {}
    assert stranger.fire("PreToolUse", tool_name="Bash", tool_input={"command": "ls"}) == {}


def test_a_second_session_on_one_task_is_told_who_has_it(client):
    client.run()
    answer = other(client).run()
    assert decision(answer) == "block"
    assert SESSION in answer["reason"]
    assert marked(client, OTHER) is None
    client.until("completed")


def test_a_dead_sessions_run_is_taken_over_and_its_agent_called_again(client):
    client.pid = 999999999
    client.run()
    client.until("implementation")
    client.work().call()
    client.begin()
    late = client.message()
    client.pid = os.getpid()
    second = other(client)
    second.run()
    assert second.directive["dispatch"] == "d-0004"
    assert marked(client) is None
    assert client.end(late, agent=client.agent_id) == {}
    assert client.fire("PreToolUse", tool_name="Bash", tool_input={"command": "ls"}) == {}
    second.until("completed")
    names = [item for item in second.kinds() if item == "reported"]
    assert len(names) == len({*names}) * 5


def test_a_session_that_ends_gives_the_lease_back(client):
    client.run()
    client.fire("SessionEnd", reason="other")
    assert client.state().session == ""
    assert marked(client) is None
    second = other(client)
    second.run()
    assert second.directive["action"] == "dispatch"


def test_an_api_error_of_the_relay_gives_the_lease_back_and_of_an_agent_calls_it_again(client):
    client.run()
    client.call()
    client.begin()
    client.fire("StopFailure", agent_id=client.agent, agent_type="x", error="rate_limit", last_assistant_message="429")
    assert client.state().deaths == 1
    client.fire("StopFailure", error="server_error")
    assert client.state().session == ""


def test_a_resumed_client_session_gets_its_directive_again(client):
    client.run()
    client.call()
    client.begin()
    client.directive = {}
    client.fire("SessionStart", source="resume")
    assert client.directive["input"]["prompt"] == "d-0002"


def test_compaction_gives_the_directive_again_and_leaves_the_agent_at_work(client):
    client.run()
    client.call()
    client.begin()
    client.fire("SessionStart", source="compact")
    assert client.directive["action"] == "wait"
    assert client.state().open is not None
