"""Random events through the hooks' handlers: no traceback, no wrong decision.

The everyday count is 2,000; `FUZZ=100000` in the environment makes it a sweep, `FUZZ_SEED` starts elsewhere.
"""

import json
import os
import random

from assembly_line.core import machine
from assembly_line.errors import LineError
from tests.support.client import TASK, Client
from tests.support.delivery import SCRIPTS, SESSION, decision, said
from tests.support.project import project
from tests.support.reports import COMMAND, verdict

COUNT = int(os.environ.get("FUZZ", "2000"))
SEED = int(os.environ.get("FUZZ_SEED", "8"))
FRESH = 250  # events after which another project begins
KEYS = {"continue", "stopReason", "systemMessage", "decision", "reason", "hookSpecificOutput"}
TOOLS = ["Agent", "Task", "Write", "Edit", "MultiEdit", "NotebookEdit", "Bash", "SendMessage", "AskUserQuestion"]
TOOLS += ["Workflow", "Skill", "Read", "", "agent", "\u0000"]
TEXTS = [
    "",
    " ",
    "x",
    TASK,
    "d-0001",
    "d-0002",
    "../..",
    "\u0000",
    "\ud800",
    "\u2028",
    "\x1b[31m",
    "😀" * 50,
    "a" * 5000,
]
TEXTS += ["```yaml\nreport:\n  status: done\n  summary: x\n```", "```yaml\nverdict: {}\n```", "```yaml\n&a [*a]\n```"]
TEXTS += ["assembly-line:bundler", "assembly-line:orchestrator", "assembly-line:requirements-validator", COMMAND]
TEXTS += [
    "<task-notification><task-id>a1</task-id><status>x</status>",
    "docs/planning/.project-state.yaml",
    "/etc/passwd",
]
TEXTS += [f"{TASK} --restart", "TASK-404", "--state .issue-1-state.yaml", f"{TASK} --state .issue-1-state.yaml"]
COMMANDS = ["run", "status", "pause", "abort", "init", ""]
NAMES = [
    "agent_id",
    "agent_type",
    "tool_name",
    "tool_use_id",
    "tool_input",
    "tool_response",
    "error",
    "prompt",
    "source",
]
NAMES += ["transcript_path", "agent_transcript_path", "background_tasks", "last_assistant_message", "command_name"]
NAMES += ["command_args", "cwd", "reason", "stop_hook_active", "unknown"]
INPUT_NAMES = [
    "subagent_type",
    "prompt",
    "model",
    "file_path",
    "notebook_path",
    "command",
    "skill",
    "status",
    "agentId",
]
INPUT_NAMES += ["interrupted", "resolvedModel", "backgroundTaskId", "description"]


def value(dice, depth=0):
    """Any JSON value, texts that matter more often than others."""
    pick = dice.randrange(12)
    if pick < 6 or depth > 3:
        return dice.choice(TEXTS)
    if pick == 6:
        return dice.choice([None, True, False, 0, -1, 1e300, 10**30])
    if pick == 7:
        return [value(dice, depth + 1) for _ in range(dice.randrange(3))]
    return {dice.choice(INPUT_NAMES): value(dice, depth + 1) for _ in range(dice.randrange(4))}


def event(dice, client):
    """A random event, near to a real one more often than far from it."""
    name = dice.choice(list(SCRIPTS))
    payload = client.payload(name)
    payload["session_id"] = dice.choice([SESSION, SESSION, SESSION, "stranger", "", None, 5, "../../x"])
    payload["tool_name"] = dice.choice(TOOLS)
    payload["tool_input"] = dict(client.directive.get("input", {})) if dice.random() < 0.3 else value(dice)
    payload["tool_use_id"] = dice.choice(["t1", "t2", "", client.call_id])
    payload["command_name"] = f"assembly-line:task-{dice.choice(COMMANDS)}"
    payload["command_args"] = dice.choice([TASK, TASK, "", dice.choice(TEXTS)])
    if dice.random() < 0.5:
        payload["agent_id"] = dice.choice(["", "a1", client.agent, client.agent])
    if dice.random() < 0.3:
        payload["last_assistant_message"] = dice.choice([client.message() if client.agent else "", *TEXTS])
    for _ in range(dice.randrange(4)):
        payload[dice.choice(NAMES)] = value(dice)
    if dice.random() < 0.1:
        payload.pop(dice.choice([name for name in payload if name != "hook_event_name"]))
    return payload


def judge(payload, before, answer):
    """The oracle: what an answer may never be, given where the run stood."""
    name = payload["hook_event_name"]
    mine = before.session != "" and payload.get("session_id") == before.session  # a stranger may have taken it over
    assert set(answer) <= KEYS
    assert len(said(answer).split("```directive\n")) <= 2
    driven = mine and before.stage in machine.ACTIVE
    tool, caller = payload.get("tool_name"), payload.get("agent_id")
    if name in ("Stop", "PreToolUse") and not driven and before.stage not in machine.ACTIVE:
        assert decision(answer) in ("", "allow", "deny")
        assert name != "Stop" or decision(answer) == ""
    if name == "Stop" and not mine:
        assert answer == {}
    if name == "PreToolUse" and driven and before.relay == "" and not (isinstance(caller, str) and caller):
        if isinstance(tool, str) and tool not in ("Agent", "Task"):
            assert decision(answer) == "deny"
        if tool in ("Agent", "Task") and decision(answer) == "allow":
            given = payload["tool_input"]
            assert given["prompt"].split()
            assert answer["hookSpecificOutput"]["updatedInput"]["prompt"].startswith("dispatch: d-")
    if name not in ("UserPromptExpansion",) and before.stage in ("completed", "aborted", "failed"):
        assert decision(answer) != "block"


def test_random_events_end_in_an_answer_and_never_in_a_wrong_one(tmp_path):
    dice = random.Random(SEED)
    client = None
    stages = set()
    for number in range(COUNT):
        if number % FRESH == 0:
            folder = tmp_path / f"p{number}"
            client = Client(project(folder / "project", TASK), folder / "data")
            client.run()
        if client.state().stage not in machine.ACTIVE and dice.random() < 0.3:
            client.run(f"{TASK} --restart")
        if client.directive.get("action") == "dispatch" and client.state().session == SESSION:
            walk(dice, client)
        payload = event(dice, client)
        before = client.state()
        stages.add(before.stage)
        try:
            answer = client.send(payload).answer
        except LineError as refused:
            if not str(refused).isprintable():
                raise AssertionError(f"seed {SEED}, event {number}: {refused!r}") from refused
            continue
        except Exception as error:
            raise AssertionError(f"seed {SEED}, event {number}: {json.dumps(payload)[:3000]}") from error
        json.dumps(answer)
        judge(payload, before, answer)
    assert stages >= {"ready_for_bundler", "bundling", "implementation", "paused", "aborted"}


def walk(dice, client):
    """Sometimes the client does what it should, so that every stage is reached."""
    step = dice.randrange(8)
    if step < 2:
        fails = dice.random() < 0.2 and "validator" in client.directive["input"]["subagent_type"]
        client.work(verdict({"AC-1": "developer"}) if fails else None)
    elif step == 2 and decision(client.call()) == "allow" and dice.random() < 0.8:
        client.begin()
