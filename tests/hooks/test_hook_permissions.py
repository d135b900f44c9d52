"""What a session may do is looked at before a run, and what the client denied to an agent is recorded."""

import json
import os
import sys

import pytest

from assembly_line.client import denials, permissions, process
from assembly_line.client.denials import CHECK, PERSON, RULE
from assembly_line.client.permissions import Known, refusal
from assembly_line.core import decide
from assembly_line.core.dispatches import NOBODY
from assembly_line.rehearsal.sandbox import UNATTENDED
from tests.support.client import TASK
from tests.support.delivery import decision
from tests.support.walk import Line

BASH, WRITE = frozenset({"Bash"}), frozenset({"Write"})
BOTH = BASH | WRITE


@pytest.mark.parametrize(
    ("mode", "known", "missing"),
    [
        ("default", Known(False), "Bash and Write"),
        ("default", Known(False, BASH), "Write"),
        ("default", Known(False, WRITE), "Bash"),
        ("acceptEdits", Known(False), "Bash"),
        ("acceptEdits", Known(False, WRITE), "Bash"),
        ("dontAsk", Known(False), "Bash and Write"),
        ("dontAsk", Known(True), "Bash and Write"),
        ("dontAsk", Known(None, BASH), "Write"),
    ],
)
def test_a_run_that_nobody_can_permit_is_refused_with_what_is_missing_and_the_words_to_type(mode, known, missing):
    said = refusal(mode, TASK, known)
    assert f"nobody can allow {missing} in" in said
    print_mode = "" if known.attended else " -p"
    assert said.endswith(
        f'type: claude{print_mode} "/task-run {TASK}" --permission-mode acceptEdits --allowedTools Bash'
    )
    assert said.isprintable()


@pytest.mark.parametrize(
    ("mode", "known"),
    [
        ("default", Known(True)),
        ("default", Known(None)),
        ("default", Known(False, BOTH)),
        ("default", Known(False, unsure=True)),
        ("acceptEdits", Known(True)),
        ("acceptEdits", Known(False, BASH)),
        ("dontAsk", Known(True, BOTH)),
        ("dontAsk", Known(False, unsure=True)),
        ("auto", Known(False)),
        ("bypassPermissions", Known(False)),
        ("", Known(False)),
        ("a mode of a later client", Known(False)),
    ],
)
def test_what_somebody_may_permit_or_what_is_not_certain_is_not_refused(mode, known):
    assert refusal(mode, TASK, known) == ""


@pytest.mark.parametrize(("attended", "way"), [(True, "shift+tab"), (False, "claude -p"), (None, "claude -p")])
def test_plan_mode_is_refused_whatever_is_allowed(attended, way):
    assert way in refusal("plan", TASK, Known(attended, BOTH, unsure=True))


@pytest.mark.parametrize("mode", ["default", "acceptEdits", "auto", "bypassPermissions", "dontAsk"])
def test_a_tool_that_may_not_be_used_at_all_is_named(mode):
    assert " Bash may not be used" in refusal(mode, TASK, Known(True, BOTH, BASH))


@pytest.mark.parametrize(
    ("words", "variables", "named"),
    [
        (("claude", "-p", "x", "--no-session-persistence"), {}, "--no-session-persistence"),
        (("claude", "-p"), {"CLAUDE_CODE_SKIP_PROMPT_HISTORY": "1"}, "CLAUDE_CODE_SKIP_PROMPT_HISTORY"),
        (("claude", "-p"), {"CLAUDE_CODE_SKIP_PROMPT_HISTORY": "0"}, ""),
    ],
)
def test_a_session_that_keeps_no_transcripts_is_refused_in_any_mode(monkeypatch, tmp_path, words, variables, named):
    refused = refusal("bypassPermissions", TASK, looked(monkeypatch, tmp_path, words, **variables))
    assert named in refused if named else refused == ""


def looked(monkeypatch, tmp_path, words=("claude", "-p"), files=None, **variables):
    """What is known in a project with these settings files, by place, and this command line."""
    places = {
        "user": tmp_path / "config" / "settings.json",
        "project": tmp_path / "up" / "project" / ".claude" / "settings.json",
        "local": tmp_path / "up" / "project" / ".claude" / "settings.local.json",
        "above": tmp_path / "up" / ".claude" / "settings.json",
        "managed": tmp_path / "managed" / "managed-settings.json",
    }
    for name, content in (files or {}).items():
        places[name].parent.mkdir(parents=True, exist_ok=True)
        places[name].write_text(content if isinstance(content, str) else json.dumps(content))
    monkeypatch.setattr(process, "command_line", lambda pid: list(words))
    monkeypatch.setitem(permissions._MANAGED, sys.platform, str(tmp_path / "managed"))
    environment = {"CLAUDE_CONFIG_DIR": str(tmp_path / "config"), "CLAUDE_CODE_ENTRYPOINT": "sdk-cli", **variables}
    return permissions.known(str(tmp_path / "up" / "project"), environment)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("claude", "-p", "x"), Known(False)),
        ((), Known(False, unsure=True)),
        (("",), Known(False, unsure=True)),
        (("claude",), Known(False, unsure=True)),
        (("claude", "--verbose"), Known(False, unsure=True)),
        (("claude", "-p", "x", *UNATTENDED), Known(False, BOTH)),
        (("claude", "--allowedTools", "Bash(npm test:*)", "-p", "Write"), Known(False, BASH)),
        (("claude", "--allowed-tools", "Read", "Edit", "-p", "Bash"), Known(False, WRITE)),
        (("claude", "-cp", "--allowed-tools=Bash(npm:*) Edit", "Read"), Known(False, BOTH)),
        (("claude", "--print", "--allowedTools", "*"), Known(False)),
        (("claude", "-p", "--allowedTools", "BashOutput,WriteUp"), Known(False)),
        (("claude", "-p", "--disallowedTools", "Bash(git push:*)", "Write"), Known(False, barred=WRITE)),
        (("claude", "-p", "--dangerously-skip-permissions"), Known(False, unsure=True)),
        (("claude", "-p", "--permission-prompt-tool", "mcp__x__y"), Known(False, unsure=True)),
        (("claude", "-p", "--permission-prompt-tool=stdio"), Known(False, unsure=True)),
        (("claude", "-p", "--settings", "x.json"), Known(False, unsure=True)),
    ],
)
def test_the_command_line_says_what_is_allowed(monkeypatch, tmp_path, words, wanted):
    assert looked(monkeypatch, tmp_path, words) == wanted


ALLOW = {"permissions": {"allow": ["Bash(npm run lint)", "Edit(/src/**)"]}}
DENY = {"permissions": {"deny": ["Bash(*)", "Write(.env)"]}}


@pytest.mark.parametrize("place", ["user", "project", "local", "above", "managed"])
def test_every_settings_file_may_allow(monkeypatch, tmp_path, place):
    assert looked(monkeypatch, tmp_path, files={place: ALLOW}) == Known(False, BOTH)


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"user": "{}"}, Known(False)),
        ({"user": "{"}, Known(False, unsure=True)),
        ({"project": "[]"}, Known(False, unsure=True)),
        ({"project": b"\xff".decode("latin-1")}, Known(False, unsure=True)),
        ({"project": {"permissions": {"allow": "Bash", "deny": [1]}}}, Known(False)),
        ({"local": {"hooks": {"PermissionRequest": []}}}, Known(False, unsure=True)),
        ({"local": {"hooks": {"Stop": []}}}, Known(False)),
        ({"user": {"sandbox": {"enabled": True}}}, Known(False, unsure=True)),
        ({"local": DENY}, Known(False, barred=BASH)),
        ({"above": DENY}, Known(False)),
    ],
)
def test_settings_are_read_as_they_are_found(monkeypatch, tmp_path, files, wanted):
    assert looked(monkeypatch, tmp_path, files=files) == wanted


def test_a_denial_in_a_file_that_may_not_count_is_not_taken_for_certain(monkeypatch, tmp_path):
    words = ("claude", "-p", "--setting-sources", "user")
    assert looked(monkeypatch, tmp_path, words, {"local": DENY}) == Known(False)


@pytest.mark.parametrize(
    ("variables", "attended"),
    [
        ({"CLAUDE_CODE_ENTRYPOINT": "cli"}, True),
        ({"CLAUDE_CODE_SESSION_ATTENDED": "1"}, True),
        ({"CLAUDE_CODE_SESSION_ATTENDED": "0"}, False),
        ({"CLAUDE_CODE_ENTRYPOINT": "sdk-py", "CLAUDE_CODE_SESSION_ATTENDED": "0"}, None),
        ({"CLAUDE_CODE_ENTRYPOINT": ""}, None),
    ],
)
def test_the_environment_says_whether_a_person_can_be_asked(monkeypatch, tmp_path, variables, attended):
    assert looked(monkeypatch, tmp_path, **variables).attended is attended


def test_the_words_of_a_process_are_read_and_those_of_none_are_unknown():
    assert "python" in process.command_line(str(os.getpid()))[0].lower()
    assert [process.command_line(pid) for pid in ("", "x", "-1", str(2**31 - 1))] == [[], [], [], []]


def test_plan_mode_is_refused_before_anything_is_written(client):
    before = sorted(str(path) for path in client.root.rglob("*"))
    answer = client.send({**client.typed("run", f"{TASK} --restart"), "permission_mode": "plan"}).answer
    assert decision(answer) == "block"
    assert f"/task-run {TASK} --restart" in answer["reason"]
    assert sorted(str(path) for path in client.root.rglob("*")) == before


def test_a_nested_orchestrator_is_refused_in_plan_mode(client):
    given = {"subagent_type": "assembly-line:orchestrator", "prompt": f"Run {TASK}."}
    payload = client.payload("PreToolUse", tool_name="Agent", tool_input=given, tool_use_id="call-1")
    answer = client.send({**payload, "permission_mode": "plan"}).answer
    assert decision(answer) == "deny"
    assert not (client.root / "docs/planning/journal").exists()


def call(name, given, number=1):
    block = {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": given}
    return {"type": "assistant", "message": {"role": "assistant", "content": [block]}}


def error(said, number=1, **members):
    block = {"type": "tool_result", "content": said, "is_error": True, "tool_use_id": f"toolu_{number}"}
    return {"type": "user", "message": {"role": "user", "content": [block]}, **members}


def marked(said, kind, **given):
    return error(said, toolDenialKind=kind, permissionDecision={"decision": "reject", **given})


def write(path, *entries):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(entry, separators=(",", ":")) + "\n" for entry in entries))
    return str(path)


APPROVAL, DENIED = "This command requires approval", "Permission to use Bash with command npm test has been denied."
DONT_ASK = "Permission to use Bash has been denied because Claude Code is running in don't ask mode. IMPORTANT: You"
MODE = {"source": "config", "reasonType": "mode", "reasonCode": "mode:dontAsk"}
SETTINGS = {"source": "config", "reasonType": "rule", "ruleSource": "projectSettings"}
CHECKED = {"source": "config", "reasonType": "classifier"}


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (marked(APPROVAL, "user-rejected", source="config", reasonCode="bashMiss:no-rule-match"), NOBODY),
        (marked("Claude requested permissions to", "user-rejected", source="config", ruleSource="x"), NOBODY),
        (marked("Cannot write to x while in plan mode.", "user-rejected", source="config", reasonCode="x"), NOBODY),
        (marked(DONT_ASK, "permission-rule", **MODE), NOBODY),
        (marked("Auto", "automode-unavailable", **CHECKED, reasonCode="classifier:auto-mode:unavailable"), NOBODY),
        (marked("Auto", "automode-blocked", **CHECKED, reasonCode="classifier:auto-mode"), CHECK),
        (marked(DENIED, "permission-rule", **SETTINGS), RULE),
        (marked("Permission for this tool use was denied.", "user-rejected", source="user_reject"), PERSON),
        (marked("PreToolUse:Bash hook error: x", "permission-rule", source="hook", reasonType="hook"), ""),
        (error("PreToolUse:Bash hook error: x", toolDenialKind="permission-rule"), ""),
        # Clients that do not mark a denial.
        (error(APPROVAL), NOBODY),
        (error("Claude requested permissions to write to /x, but you haven't granted it yet."), NOBODY),
        (error(DONT_ASK), NOBODY),
        (error(DENIED), RULE),
        (error("The user doesn't want to proceed with this tool use."), PERSON),
        (error(f"Exit code 1\n{APPROVAL}"), ""),
        (error("Refused: only the session that relays may call agents."), ""),
    ],
)
def test_a_denial_in_a_transcript_is_told_from_a_failure_and_from_a_hooks_own(tmp_path, entry, why):
    found = denials.read(write(tmp_path / "a.jsonl", call("Bash", {"command": "npm test"}), entry))
    assert found == ([denials.Denial("toolu_1", "Bash", "npm test", why)] if why else [])


@pytest.mark.parametrize(
    "content", [None, b"", b'{"is_error":true\n', b'["is_error":true]\n', b'"is_error":true\n', b"\xff"]
)
def test_a_transcript_that_cannot_be_read_holds_no_denial(tmp_path, content):
    path = tmp_path / "a.jsonl"
    if content is not None:
        path.write_bytes(content)
    assert denials.read(str(path)) == []
    assert denials.read("") == []


def test_a_denial_of_the_agent_at_work_is_recorded_once_and_only_want_of_permission_marks_its_dispatch():
    line = Line().begin()
    line.call()
    line.bind()
    agent = line.run.open.agent_id
    assert decide.denied(line.run, "another", "Bash", "Bash: x", NOBODY, "k0").events == ()
    line.take(decide.denied(line.run, agent, "Bash", "Bash: git push", RULE, "k1"))
    assert line.run.open.denied == ""
    line.take(decide.denied(line.run, agent, "Bash", "Bash: npm test", NOBODY, "k2"))
    assert line.run.open.denied == "Bash: npm test"
    assert decide.denied(line.run, agent, "Bash", "Bash: npm test", NOBODY, "k2").events == ()
    line.end(line.good())
    assert line.run.last.denied == "Bash: npm test"


def recorded(client):
    path = client.root / f"docs/planning/journal/{TASK}.jsonl"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    return [item["data"] for item in records if item["kind"] == "denied"]


def test_what_was_denied_to_an_agent_is_recorded_once_at_its_end_in_one_redacted_line(client):
    client.run()
    client.call()
    client.begin()
    command = "curl -H 'Authorization: Bearer abcdefghijklmnopqrstuvwxyz012345' x\n&& npm test"
    write(client.own(client.agent), call("Bash", {"command": command}), error(APPROVAL))
    for _ in range(2):
        client.send(client.stopped("no report"))
    (found,) = recorded(client)
    assert (found["dispatch"], found["station"], found["tool"], found["why"]) == ("d-0001", "bundler", "Bash", NOBODY)
    assert found["what"].startswith("Bash: curl")
    assert found["what"].isprintable()
    assert "abcdefghijklmnop" not in found["what"]


def test_what_was_denied_to_an_agent_that_ended_without_a_report_is_recorded_too(client):
    client.run()
    client.call()
    client.begin()
    path = client.transcript.with_suffix("") / "subagents" / f"agent-{client.agent_id}.jsonl"
    write(path, call("Write", {"file_path": "a.py", "content": "x"}), error("Claude requested permissions to write"))
    client.send(client.called())
    assert [item["what"] for item in recorded(client)] == ["Write: a.py"]
