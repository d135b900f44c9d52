"""What the gates let through and refuse, through the hooks' handlers."""

import pytest

from tests.hooks.looking import WORK_TOOLS
from tests.support.client import TASK
from tests.support.delivery import decision, said
from tests.support.reports import COMMAND, fenced, verdict


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
