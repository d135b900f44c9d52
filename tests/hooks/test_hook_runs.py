"""Whole runs through the hooks' handlers, without a client."""

import json
import os
import shutil

import pytest

from assembly_line import bundle, marker, statefile
from assembly_line.core import machine
from assembly_line.text.summary import HEADINGS
from tests.hooks.driver import COMMAND, SESSION, TASK, Client, decision, fenced, report, said, verdict

OTHER = "5e551011-0000-4000-8000-000000000002"


def shown(client):
    return statefile.load(str(client.root), "docs/planning/.project-state.yaml")["tasks"][TASK]


def marked(client, session=SESSION):
    return marker.read(str(client.data), session)


def other(client):
    """Another session in the same project."""
    return Client(client.root, client.data, OTHER)


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
    for _ in range(2):
        client.until("validation").work(verdict({"AC-2": "database-developer"}))
        assert client.directive["input"]["subagent_type"].endswith("database-developer")
        client.work()
    client.call()
    assert client.answers[-1]["hookSpecificOutput"]["updatedInput"]["model"] == "sonnet"
    client.begin()
    client.bash(COMMAND)
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


# Gates.

WORK_TOOLS = [
    ("Write", {"file_path": "src/app.py", "content": "x"}),
    ("Edit", {"file_path": "src/app.py", "old_string": "a", "new_string": "b"}),
    ("NotebookEdit", {"notebook_path": "x.ipynb"}),
    ("Bash", {"command": "ls"}),
    ("SendMessage", {"to": "a1", "message": "x"}),
    ("AskUserQuestion", {"questions": []}),
    ("Workflow", {"name": "x"}),
    ("Skill", {"skill": "x"}),
]


@pytest.mark.parametrize(("tool", "given"), WORK_TOOLS)
def test_the_relay_does_no_work_of_its_own(client, tool, given):
    client.run()
    answer = client.fire("PreToolUse", tool_name=tool, tool_input=given, tool_use_id="t1")
    assert decision(answer) == "deny"
    assert "```directive" in said(answer)
    assert client.kinds()[-1] == "refused"


@pytest.mark.parametrize("tool", ["Write", "Edit", "NotebookEdit"])
@pytest.mark.parametrize("stage", ["validation", "compliance"])
def test_validator_and_compliance_stay_read_only(client, tool, stage):
    client.run()
    client.until(stage)
    client.call()
    client.begin()
    given = {"file_path": "src/app.py", "notebook_path": "src/app.py"}
    members = {"tool_name": tool, "tool_input": given, "tool_use_id": "t1", "agent_id": client.agent}
    assert decision(client.fire("PreToolUse", **members)) == "deny"


def test_a_developer_writes_sources_and_no_protected_file(client):
    client.run()
    client.until("implementation")
    client.call()
    client.begin()
    members = {"tool_name": "Write", "tool_use_id": "t1", "agent_id": client.agent}
    assert client.fire("PreToolUse", tool_input={"file_path": "src/new.py"}, **members) == {}
    for path in ("docs/planning/.project-state.yaml", f"docs/planning/tasks/{TASK}.yaml", ".git/hooks/pre-commit"):
        answer = client.fire("PreToolUse", tool_input={"file_path": str(client.root / path)}, **members)
        assert decision(answer) == "deny", path
        assert "```directive" not in said(answer)


WRONG_CALLS = [
    {"subagent_type": "general-purpose"},
    {"subagent_type": "assembly-line:requirements-validator"},
    {"prompt": "do the work"},
    {"prompt": "d-0002"},
    {"subagent_type": ""},
]


@pytest.mark.parametrize("changes", WRONG_CALLS)
def test_only_the_call_that_the_directive_names_is_let_through(client, changes):
    client.run()
    before = client.directive
    answer = client.call(**changes)
    assert decision(answer) == "deny"
    assert client.directive == before
    assert client.state().open is None


def test_of_several_calls_at_once_one_is_let_through(client):
    client.run()
    answers = [decision(client.call()) for _ in range(3)]
    assert answers == ["allow", "deny", "deny"]


def test_a_verdict_of_another_agent_counts_for_nothing(client):
    client.run()
    client.until("validation")
    client.call()
    client.begin()
    client.bash(COMMAND)
    assert client.end(fenced("verdict", verdict()), agent="a9999") == {}
    assert client.state().verdict == ""


def test_a_verdict_with_a_command_that_was_never_run_is_sent_back(client):
    client.run()
    client.until("validation")
    client.call()
    client.begin()
    answer = client.end(client.message())
    assert decision(answer) == "block"
    assert COMMAND in answer["reason"]


@pytest.mark.parametrize(
    "response",
    [{"interrupted": True}, {"returnCodeInterpretation": "No matches found"}, {"backgroundTaskId": "b1"}, "text", None],
)
def test_a_command_that_did_not_plainly_succeed_supports_no_pass(client, response):
    client.run()
    client.until("validation")
    client.call()
    client.begin()
    members = {"tool_name": "Bash", "tool_input": {"command": COMMAND}, "tool_use_id": "b", "agent_id": client.agent}
    client.fire("PostToolUse", tool_response=response, **members)
    assert decision(client.end(client.message())) == "block"


def test_sources_that_change_while_the_validator_works_make_its_verdict_void(client):
    client.run()
    client.until("validation")
    client.call()
    client.begin()
    client.bash(COMMAND)
    (client.root / "src/app.py").write_text("answer = 43\n")
    client.end(client.message())
    client.back()
    run = client.state()
    assert (run.verdict, run.stage, run.error.kind) == ("", "validation", "tree_changed")


def test_caches_that_a_test_run_leaves_are_no_change(client):
    client.run()
    client.until("validation")
    client.call()
    client.begin()
    client.bash(COMMAND)
    (client.root / "src/__pycache__").mkdir()
    (client.root / "src/__pycache__/app.pyc").write_bytes(b"x")
    client.end(client.message())
    assert client.state().history[-1].result == "PASS"


def test_a_protected_file_that_was_changed_is_put_back_and_recorded(client):
    client.run()
    client.until("implementation")
    client.call()
    client.begin()
    blueprint = client.root / f"docs/planning/tasks/{TASK}.yaml"
    before = blueprint.read_text()
    blueprint.write_text(before.replace("is read back", "is lost"))
    client.end(client.message())
    assert blueprint.read_text() == before
    assert "tampered" in client.kinds()


# Stop, stall, and the way out.


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
    answers = [client.deliver(payload) for _ in range(10)]
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


def test_a_dead_sessions_run_is_taken_over_and_its_agent_called_again(client, monkeypatch):
    monkeypatch.setenv("CLAUDE_PID", "999999999")
    client.run()
    client.until("implementation")
    client.work().call()
    client.begin()
    late = client.message()
    monkeypatch.setenv("CLAUDE_PID", str(os.getpid()))
    second = other(client)
    second.run()
    assert second.directive["dispatch"] == "d-0004"
    assert marked(client) is None
    assert client.end(late, agent="a0003") == {}
    assert client.fire("PreToolUse", tool_name="Bash", tool_input={"command": "ls"}) == {}
    second.count = 50
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


# Commands.


def test_a_completed_task_is_said_to_be_and_nothing_is_run(client):
    client.run()
    client.until("completed")
    client.fire("Stop")
    before = client.kinds()
    answer = client.run()
    assert decision(answer) == "block"
    assert "completed" in answer["reason"]
    assert client.kinds() == before


def test_restart_runs_a_completed_task_again(client):
    client.run()
    client.until("completed")
    client.fire("Stop")
    client.run(f"{TASK} --restart")
    assert client.state().number == 2
    client.until("completed")


BAD_ARGUMENTS = [
    "",
    "TASK-404",
    "../x",
    "TASK-008 TASK-009",
    "TASK-008 --force",
    "x; touch y",
    "TASK-008 --state /etc/passwd",
    "-",
    "CON",
    "a" * 65,
    "TASK-008\u2028x",
    "--restart",
    "--state",
]


@pytest.mark.parametrize("arguments", BAD_ARGUMENTS)
def test_a_bad_command_gets_one_line_and_writes_nothing(client, arguments):
    before = sorted(str(path) for path in client.root.rglob("*"))
    answer = client.run(arguments)
    assert decision(answer) == "block"
    assert answer["reason"].isprintable()
    assert sorted(str(path) for path in client.root.rglob("*")) == before
    assert marked(client) is None


def test_a_changed_blueprint_is_not_resumed_silently(client):
    client.run()
    client.command("pause")
    client.fire("Stop")
    blueprint = client.root / f"docs/planning/tasks/{TASK}.yaml"
    blueprint.write_text(blueprint.read_text() + "priority: high\n")
    answer = client.run()
    assert decision(answer) == "block"
    assert "--restart" in answer["reason"]
    client.run(f"{TASK} --restart")
    assert client.state().number == 2


def test_a_run_that_goes_on_keeps_its_state_file(client):
    client.run()
    client.command("pause")
    client.fire("Stop")
    answer = client.run(f"{TASK} --state .feature-x-state.yaml")
    assert decision(answer) == "block"
    assert "docs/planning/.project-state.yaml" in answer["reason"]
    assert client.state().stage == "paused"
    assert decision(client.run(f"{TASK} --state .project-state.yaml")) != "block"


@pytest.mark.parametrize("member", ["agents", "models"])
def test_a_role_that_no_station_has_is_refused_with_the_roles_there_are(client, member):
    (client.root / "assembly-line.yaml").write_text(f"{member}: {{code-reviwer: sonnet}}\n")
    answer = client.run()
    assert decision(answer) == "block"
    assert f"{member}: 'code-reviwer' is not one of api-designer, " in answer["reason"]


def test_status_names_every_task_and_one_in_detail(client):
    assert decision(client.command("status")) == "block"
    client.run()
    assert TASK in client.command("status")["reason"]
    assert "bundler" not in client.command("status", "TASK-404")["reason"]
    assert TASK in client.command("status", TASK)["reason"]


def test_two_tasks_one_after_the_other_in_one_session(tmp_path, client):
    second = client.root / "docs/planning/tasks/TASK-009.yaml"
    second.write_text((client.root / f"docs/planning/tasks/{TASK}.yaml").read_text().replace(TASK, "TASK-009"))
    client.run()
    assert decision(client.run("TASK-009")) == "block"
    client.until("completed")
    client.fire("Stop")
    client.run("TASK-009")
    client.until("completed")
    found = statefile.load(str(client.root), "docs/planning/.project-state.yaml")
    assert {name: entry["status"] for name, entry in found["tasks"].items()} == {
        TASK: "completed",
        "TASK-009": "completed",
    }
    assert found["statistics"] == {
        "total": 2,
        **{name: 0 for name in found["statistics"] if name not in ("total",)},
        "completed": 2,
    }


# A nested relay.


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


def test_every_kind_of_stage_is_shown_by_a_word_of_the_schema(client):
    client.run()
    client.until("completed")
    assert shown(client)["stage"] in machine.TRANSITIONS


def test_a_blocked_report_leads_on_and_is_kept(client):
    client.run()
    client.until("implementation").work(report(status="blocked", concerns=["no access"]))
    assert client.state().reports[-1][2] == "blocked"
