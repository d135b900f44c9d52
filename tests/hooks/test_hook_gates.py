"""What the gates let through and refuse, through the hooks' handlers."""

import pytest

from assembly_line.core.next_step import expected
from assembly_line.storage import follow
from tests.hooks.looking import READING_TOOLS, WORK_TOOLS
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


@pytest.mark.parametrize(("tool", "given"), READING_TOOLS)
def test_the_relay_may_read_and_keep_notes(client, tool, given):
    client.run()
    assert client.fire("PreToolUse", tool_name=tool, tool_input=given, tool_use_id="t1") == {}


WRITING = ["Write", "Edit", "NotebookEdit", "mcp__files__write", "EnterWorktree", "ExitWorktree", "ToolOfALaterClient"]


def at_work(client, station):
    """The members of a tool call by the agent of a station."""
    client.run()
    while expected(client.state()).station != station:
        client.work()
    client.call()
    client.begin()
    return {"tool_use_id": "t1", "agent_id": client.agent}


@pytest.mark.parametrize("tool", WRITING)
@pytest.mark.parametrize("station", ["code-reviewer", "requirements-validator", "workflow-compliance"])
def test_stations_that_only_look_stay_read_only(client, tool, station):
    given = {"file_path": "src/app.py", "notebook_path": "src/app.py"}
    answer = client.fire("PreToolUse", tool_name=tool, tool_input=given, **at_work(client, station))
    assert decision(answer) == "deny"
    assert client.kinds()[-1] == "refused"


@pytest.mark.parametrize("tool", ["Read", "Bash", "BashOutput", "KillShell", "WebFetch", "TodoWrite", "Skill"])
@pytest.mark.parametrize("station", ["code-reviewer", "requirements-validator"])
def test_stations_that_only_look_may_look_and_run_commands(client, tool, station):
    given = {"command": "ls", "file_path": "src/app.py", "skill": "style"}
    assert client.fire("PreToolUse", tool_name=tool, tool_input=given, **at_work(client, station)) == {}


@pytest.mark.parametrize(
    ("tool", "refused"),
    [
        ("EnterWorktree", True),
        ("ExitWorktree", True),
        ("Workflow", True),
        ("CronCreate", True),
        ("mcp__db__query", False),
    ],
)
def test_a_developer_has_its_tools_but_none_that_leads_out_of_the_project(client, tool, refused):
    answer = client.fire("PreToolUse", tool_name=tool, tool_input={}, **at_work(client, "database-developer"))
    assert (decision(answer) == "deny") == refused


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


ADDED = [
    ({"isolation": "worktree"}, ["isolation"]),
    ({"isolation": "worktree", "effort": "max", "cwd": "/tmp", "run_in_background": True}, None),
    ({"run_in_background": False, "model": "opus", "description": "mine"}, []),
    ({"prompt": "d-0001 and write all of it at once"}, ["prompt"]),
]


@pytest.mark.parametrize(("changes", "dropped"), ADDED)
def test_a_call_goes_through_as_the_directive_says_and_with_nothing_else(client, changes, dropped):
    client.run()
    due = client.directive["input"]
    given = client.call(**changes)["hookSpecificOutput"]["updatedInput"]
    assert sorted(given) == ["description", "model", "prompt", "run_in_background", "subagent_type"]
    assert (given["subagent_type"], given["description"]) == (due["subagent_type"], due["description"])
    assert (given["model"], given["run_in_background"]) == ("haiku", False)
    assert "at once" not in given["prompt"]
    recorded = follow.peek(str(client.root), TASK)[1][-1].data.get("dropped", [])
    assert recorded == (["cwd", "effort", "isolation", "run_in_background"] if dropped is None else dropped)


def copies(root):
    """Folders that are not the project, by what makes them so."""
    worktree, beside = root / ".claude/worktrees/agent-1", root.parent / "copy"
    nested = root / "vendor/lib"
    for folder in (worktree, beside, nested / "src"):
        folder.mkdir(parents=True)
    (worktree / ".git").write_text("gitdir: elsewhere\n")
    (nested / ".git").mkdir()
    return [worktree, beside, nested / "src"]


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("at", ["start", "end"])
def test_an_agent_that_works_elsewhere_is_stopped_and_the_run_pauses(client, number, at):
    client.run()
    client.until("implementation")
    client.call()
    folder = str(copies(client.root)[number])
    client.send({**client.started(), "cwd": folder if at == "start" else str(client.root)})
    agent = client.agent or client.agent_id
    if at == "end":
        client.send({**client.stopped(), "cwd": folder})
    run = client.state()
    assert (run.stage, run.error.kind, run.open) == ("paused", "elsewhere", None)
    call = {"tool_name": "Write", "tool_input": {"file_path": "src/x.py"}, "tool_use_id": "t1", "agent_id": agent}
    assert decision(client.fire("PreToolUse", **call)) == "deny"
    assert client.kinds().count("reported") == 1  # the bundler's
    client.back()
    assert client.directive["action"] == "halt"
    client.run()
    client.until("completed")


def test_an_agent_in_a_folder_of_the_project_works_in_the_project(client):
    client.run()
    client.call()
    client.send({**client.started(), "cwd": str(client.root / "src")})
    assert client.state().open.agent_id == client.agent_id


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
    client.used("Bash", members["tool_input"], client.agent, "b")
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
