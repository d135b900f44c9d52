"""Hooks that arrive several times at once: each event counts once, and every delivery gets the same answer."""

import pytest

from tests.support import transcripts
from tests.support.client import TASK
from tests.support.delivery import decision, said, spawned


def at_once(client, payload, times=10):
    """The answers to one event delivered to several processes at the same moment."""
    waits = [spawned(client.delivery(payload)) for _ in range(times)]
    ends = [wait() for wait in waits]
    assert {(end.status, end.err) for end in ends} == {(0, "")}
    return [end.answer for end in ends]


def delivered(client, event, **members):
    """What ten deliveries of an event answer, and the kinds of the records that they led to."""
    before = len(client.kinds()) if client.directive else 0
    answers = at_once(client, client.payload(event, **members))
    return answers, client.kinds()[before:]


def call(client):
    return {"tool_name": "Agent", "tool_input": client.directive["input"], "tool_use_id": "toolu_1"}


def test_ten_commands_at_once_start_one_run(client):
    command = {"command_name": "assembly-line:task-run", "command_args": TASK}
    answers, kinds = delivered(client, "UserPromptExpansion", **command)
    assert kinds.count("run_started") == 1
    assert kinds.count("bundle_created") == 1
    assert len({said(answer).split("```directive")[1] for answer in answers}) == 1


def test_ten_deliveries_of_an_agent_call_are_one_dispatch_and_ten_equal_answers(client):
    client.run()
    answers, kinds = delivered(client, "PreToolUse", **call(client))
    assert kinds == ["dispatched"]
    assert decision(answers[0]) == "allow"
    assert all(answer == answers[0] for answer in answers)


def test_ten_deliveries_of_a_refused_call_are_one_record_and_ten_equal_answers(client):
    client.run()
    members = {**call(client), "tool_input": {**client.directive["input"], "subagent_type": "general-purpose"}}
    answers, kinds = delivered(client, "PreToolUse", **members)
    assert kinds == ["refused"]
    assert decision(answers[0]) == "deny"
    assert all(answer == answers[0] for answer in answers)


def test_ten_deliveries_of_a_start_a_command_and_an_end_are_one_each(client):
    client.run()
    client.until("validation")
    client.call()
    agent = client.agent_id
    kind = client.directive["input"]["subagent_type"]
    answers, kinds = delivered(client, "SubagentStart", agent_id=agent, agent_type=kind)
    assert (answers, kinds) == ([{}] * 10, ["agent_started"])
    members = {"tool_name": "Bash", "tool_use_id": "b1", "tool_response": {}, "agent_id": agent}
    client.used("Bash", {"command": "make test"}, agent, "b1")
    answers, kinds = delivered(client, "PostToolUse", tool_input={"command": "make test"}, **members)
    assert (answers, kinds) == ([{}] * 10, ["command_ran"])
    client.bash("python3 -m unittest -q")
    answers, kinds = delivered(client, "SubagentStop", agent_id=agent, last_assistant_message=client.message())
    assert answers == [{}] * 10
    assert kinds == ["verdict_given", "passed", "summary_written"]


def test_ten_deliveries_of_a_malformed_report_are_sent_back_once(client):
    client.run()
    client.call()
    client.begin()
    transcripts.said(client.own(client.agent), "done")
    answers, kinds = delivered(client, "SubagentStop", agent_id=client.agent, last_assistant_message="done")
    assert kinds == ["report_rejected"]
    assert decision(answers[0]) == "block"
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize("event", ["Stop", "SessionEnd"])
def test_ten_deliveries_of_an_end_count_once(client, event):
    client.run()
    answers, kinds = delivered(client, event, last_assistant_message="I stop.", reason="other")
    assert len(kinds) == 1
    assert all(answer == answers[0] for answer in answers)
