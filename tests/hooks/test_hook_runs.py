"""Whole runs through the hooks' handlers, without a client."""

import json

import pytest

from assembly_line.core import machine
from assembly_line.core.summary_form import HEADINGS
from assembly_line.project import bundle
from tests.hooks.looking import marked, other, shown
from tests.support.client import TASK
from tests.support.delivery import decision
from tests.support.reports import report, verdict


def test_a_run_goes_from_the_command_to_completed(client):
    client.run()
    assert client.directive["action"] == "dispatch"
    client.until("completed")
    assert client.directive["action"] == "finish"
    assert shown(client)["status"] == "completed"
    summary = (client.root / f"docs/tasks/{TASK}-summary.md").read_text()
    assert [heading for heading in HEADINGS if heading not in summary] == []
    assert not (client.root / ".task_bundles" / TASK).exists()
    client.fire("Stop")
    assert marked(client) is None


def test_the_prompt_of_an_agent_is_built_by_the_hook_and_its_model_set(client):
    client.run()
    answer = client.call(model="opus")
    updated = answer["hookSpecificOutput"]["updatedInput"]
    assert decision(answer) == "allow"
    assert (updated["model"], updated["run_in_background"]) == ("haiku", False)
    header = dict(line.split(": ") for line in updated["prompt"].split("\n\n")[0].splitlines())
    assert header == {
        "dispatch": "d-0001",
        "task": TASK,
        "station": "bundler",
        "iteration": "1",
        "bundle": f".task_bundles/{TASK}",
    }


def test_two_failed_validations_and_a_pass_make_three_iterations_at_the_second_tier(client):
    client.run()
    for tiered in ("haiku", "sonnet"):
        client.until("validation").work(verdict({"AC-2": "database-developer"}))
        assert client.directive["input"]["subagent_type"].endswith("database-developer")
        assert client.call()["hookSpecificOutput"]["updatedInput"]["model"] == tiered
        client.begin()
        client.end(client.message())
        client.back()
    client.until("completed")
    entry = shown(client)
    assert (entry["iterations"], entry["tier_used"], entry["validation_result"]) == (3, "T2", "PASS")


def test_five_failed_validations_end_in_a_failure_report_with_the_bundle_kept(client):
    client.run()
    for _ in range(5):
        client.until("validation").work(verdict({"AC-2": "database-developer"}))
    assert client.directive["action"] == "halt"
    assert shown(client)["last_error"]["kind"] == "validation"
    assert (client.root / f"docs/tasks/{TASK}-failure.md").is_file()
    assert (client.root / ".task_bundles" / TASK / bundle.STATUS).is_file()


def test_compliance_fails_once_is_mended_and_passes(client):
    client.run()
    violation = {"category": "missing_tests", "severity": "blocking", "item": "x", "action": "y"}
    client.until("compliance").work({"result": "FAIL", "violations": [violation]})
    assert client.directive["input"]["subagent_type"].endswith("test-writer")
    client.until("completed")
    assert shown(client)["compliance_result"] == "PASS"


def replaced(answer):
    """What the model reads in place of an Agent call's result."""
    return answer["hookSpecificOutput"].get("updatedToolOutput")


def test_a_report_that_was_taken_does_not_reach_the_relay_and_the_next_directive_does(client):
    client.run()
    client.call()
    client.begin()
    client.write_bundle()
    client.end(client.message())
    given = {"status": "completed", "agentId": "a", "totalTokens": 7, "content": [{"type": "text", "text": "report:"}]}
    answer = client.back(tool_response=given)
    assert client.directive["dispatch"] == "d-0002"
    found = replaced(answer)
    assert "report:" not in json.dumps(found)
    assert (found.keys(), found["totalTokens"]) == ({*given, "canContinueAgent"}, 7)
    assert [block["type"] for block in found["content"]] == ["text"]


@pytest.mark.parametrize("reports", [0, 3])
def test_the_result_of_an_agent_that_was_lost_stays_as_the_client_words_it(client, reports):
    client.run()
    client.call()
    client.begin()
    for _ in range(reports):
        client.end("no report")
    answer = client.back(tool_response={"status": "completed", "content": [{"type": "text", "text": "turn limit"}]})
    assert "agent_failed" in client.kinds()
    assert replaced(answer) is None
    assert client.directive["action"] == "dispatch"


def test_the_report_of_an_agent_whose_run_was_aborted_is_not_called_taken(client):
    client.run()
    client.call()
    client.begin()
    client.command("abort", TASK)
    client.end("too late")
    answer = client.back(tool_response={"status": "completed", "content": [{"type": "text", "text": "too late"}]})
    assert "updatedToolOutput" not in answer.get("hookSpecificOutput", {})


def test_after_an_abort_no_command_of_the_agent_at_work_passes_the_launcher_unseen(client):
    client.run()
    client.call()
    client.begin()
    agent = client.agent
    path = client.data / "sessions" / client.session
    assert path.read_text().splitlines()[0] == "run"
    client.command("abort", TASK)
    assert path.read_text().splitlines()[0] == "run stopped"
    members = {"tool_name": "Bash", "tool_input": {"command": "ls"}, "tool_use_id": "t", "agent_id": agent}
    assert decision(client.fire("PreToolUse", **members)) == "deny"


def test_an_aborted_agent_stays_stopped_when_another_session_runs_the_task_again(client):
    client.run()
    client.until("implementation")
    client.call()
    client.begin()
    agent, second = client.agent, other(client)
    second.command("abort", TASK)
    second.run(f"{TASK} --restart")
    second.call()
    for tool, given in (("Write", {"file_path": "a.py", "content": "x"}), ("Bash", {"command": "ls"})):
        members = {"tool_name": tool, "tool_input": given, "tool_use_id": tool, "agent_id": agent}
        assert decision(client.fire("PreToolUse", **members)) == "deny"
    assert second.state().open is not None
    assert marked(client) is not None
    client.fire("Stop")
    assert marked(client) is None


def test_background_agents_are_waited_for_and_their_end_gives_the_next_directive(client):
    client.run()
    for _ in range(3):
        client.call()
        client.begin()
        launched = client.back(tool_response={"status": "async_launched", "agentId": client.agent_id})
        assert launched["continue"] is False
        agent = client.agent
        if client.kind == "bundling":
            client.write_bundle()
        tasks = [{"id": agent, "status": "running", "type": "subagent"}]
        assert client.fire("Stop", background_tasks=tasks) == {}
        client.end(client.message())
        before = client.directive["dispatch"]
        note = f"<task-notification>\n<task-id>{agent}</task-id>\n<status>completed</status>\n</task-notification>"
        client.fire("UserPromptSubmit", prompt=note)
        assert client.directive["dispatch"] > before


def test_a_background_agent_that_ends_without_a_report_is_called_again(client):
    client.run()
    client.call()
    client.begin()
    agent = client.agent
    client.back(tool_response={"status": "async_launched", "agentId": client.agent_id})
    client.fire("UserPromptSubmit", prompt=f"<task-notification><task-id>{agent}</task-id><status>failed</status>")
    assert client.state().deaths == 1
    assert client.directive["input"]["prompt"] == "d-0002"


@pytest.mark.parametrize("order", ["start first", "launch first"])
def test_start_and_launch_of_a_background_agent_come_in_either_order(client, order):
    client.run()
    client.call()
    steps = [client.begin, lambda: client.back(tool_response={"status": "async_launched", "agentId": client.agent_id})]
    for step in steps if order == "start first" else reversed(steps):
        step()
    assert client.agent == client.agent_id
    assert client.kinds().count("agent_started") == 1


def test_a_malformed_report_is_sent_back_with_what_is_wrong(client):
    client.run()
    client.call()
    client.begin()
    answer = client.end("I am done.")
    assert decision(answer) == "block"
    assert "report" in answer["reason"]
    client.write_bundle()
    assert client.end(client.message()) == {}
    client.back()
    assert client.state().stage == "implementation"


def test_a_bundler_that_owes_a_file_is_sent_back(client):
    client.run()
    client.call()
    client.begin()
    client.write_bundle()
    (client.root / ".task_bundles" / TASK / bundle.CONTEXT[0]).unlink()
    answer = client.end(client.message())
    assert bundle.CONTEXT[0] in answer["reason"]


def test_every_kind_of_stage_is_shown_by_a_word_of_the_schema(client):
    client.run()
    client.until("completed")
    assert shown(client)["stage"] in machine.TRANSITIONS


def test_a_blocked_report_pauses_the_run_and_the_answer_reaches_the_same_station(client):
    client.run()
    client.until("implementation")
    station = client.directive["input"]["subagent_type"]
    client.work(report(status="blocked", summary="I need the key.", concerns=["no access"]))
    assert (client.directive["action"], client.state().stage) == ("halt", "paused")
    assert "I need the key. no access." in client.directive["message"]
    client.run(f"{client.task} -- it is in the vault")
    assert client.directive["input"]["subagent_type"] == station
    assert "it is in the vault" in client.call()["hookSpecificOutput"]["updatedInput"]["prompt"]


def test_words_without_a_run_that_waits_are_refused_and_nothing_is_written(client):
    assert "leave out --" in client.run(f"{client.task} -- do it well")["reason"]
    assert not client.state().number
