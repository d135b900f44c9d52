"""An orchestrator agent as the relay of a run."""

import json

from tests.support.client import TASK
from tests.support.delivery import decision, said


def nested(client):
    """An orchestrator that the main session called."""
    client.call_id = "toolu_relay"
    given = {"subagent_type": "assembly-line:orchestrator", "description": "x", "prompt": f"Run {TASK}."}
    answer = client.fire("PreToolUse", tool_name="Agent", tool_input=given, tool_use_id="toolu_relay")
    assert decision(answer) == "allow"
    found = json.loads(
        answer["hookSpecificOutput"]["updatedInput"]["prompt"].split("```directive\n")[1].split("\n```")[0]
    )
    client.directive = found
    client.fire("SubagentStart", agent_id="relay1", agent_type="assembly-line:orchestrator")
    client.relay = "relay1"
    return client


def test_a_nested_relay_runs_the_line_to_its_end(client):
    nested(client).until("completed")
    assert client.fire("SubagentStop", agent_id="relay1", agent_type="assembly-line:orchestrator") == {}


def test_the_main_session_calls_nobody_while_a_nested_relay_works(client):
    nested(client)
    given = client.directive["input"]
    answer = client.fire("PreToolUse", tool_name="Agent", tool_input=given, tool_use_id="t9")
    assert decision(answer) == "deny"


def test_a_nested_relay_that_ends_too_early_is_held(client):
    nested(client)
    answer = client.fire("SubagentStop", agent_id="relay1", agent_type="assembly-line:orchestrator")
    assert decision(answer) == "block"
    assert "```directive" in said(answer)


def test_a_nested_relay_that_is_gone_hands_over_to_the_main_session(client):
    nested(client)
    client.call()
    client.relay = ""
    gone = {"tool_name": "Agent", "tool_use_id": "toolu_relay", "tool_response": {"status": "completed"}}
    client.fire("PostToolUse", tool_input={"subagent_type": "assembly-line:orchestrator"}, **gone)
    assert client.directive["action"] == "dispatch"
    client.until("completed")
