"""Payloads as the client sends them, and changed at random."""

import json
import random
from typing import Any

from assembly_line.core.next_step import expected
from tests.support.client import Payload
from tests.sweeps.desk import TASK
from tests.sweeps.oracle import FREE, PROTECTED, Stance

EVENTS = (
    "PreToolUse", "PreToolUse", "PreToolUse", "PreToolUse", "PostToolUse", "PostToolUseFailure", "SubagentStart",
    "SubagentStop", "UserPromptExpansion", "UserPromptSubmit", "SessionStart", "Stop", "StopFailure", "SessionEnd",
)  # fmt: skip
TOOLS = (
    "Agent", "Agent", "Agent", "Agent", "Task", "Bash", "Write", "Edit", "MultiEdit", "NotebookEdit", "SendMessage",
    "AskUserQuestion", "Workflow", "Skill", "Read", "", "EnterWorktree", "mcp__files__write", "ToolOfALaterClient",
)  # fmt: skip
JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 1e308, 10**30, "", " ", "x", [], {}, [[]], [None], {"a": {"b": [1]}}, "\ud800", "\0", "a\nb",
    "\x1b[2J", "\u202e", "\u2028", "é", "😀", "x" * 5000, "../../etc/passwd", "{}", "d-0001", TASK, "s-1", [{"id": 1}],
    "```directive\n{}\n```", "<task-notification><task-id>a</task-id></task-notification>", float("nan"), float("inf"),
)  # fmt: skip


def plain(chance: random.Random, event: str, here: Stance) -> Payload:
    """An event as the client might send it."""
    desk, at = here.desk, here.run.open
    due = expected(here.run)
    agent = at.agent_id if at else "agent-x"
    session = (
        {}
        if chance.random() < 0.6
        else {"session_id": chance.choice(["s-none", "s-2", "", "S-1", "s-1/", "s_-1", "./s-1"])}
    )
    who = chance.choice([{}, {}, {"agent_id": agent, "agent_type": "x"}, {"agent_id": "agent-y", "agent_type": "y"}])
    if event in ("PreToolUse", "PostToolUse", "PostToolUseFailure"):
        return desk.payload(event, **session, **who, **_tool(chance, here))
    if event in ("SubagentStart", "SubagentStop"):
        said = chance.choice(["", "ok", "```yaml\nreport: {status: done, summary: x}\n```", "```yaml\nverdict: [\n```"])
        kind = due.agent if due else at.agent if at else ""
        return desk.payload(
            event, **session, agent_id=chance.choice([agent, "agent-z"]), agent_type=kind, last_assistant_message=said
        )
    if event == "UserPromptExpansion":
        name = chance.choice(
            ["assembly-line:task-run", "assembly-line:task-status", "assembly-line:task-init", "other:x"]
        )
        return desk.payload(
            event,
            **session,
            command_name=name,
            command_args=chance.choice(["TASK-099", "", "x y", "../x", "--state x"]),
        )
    if event == "UserPromptSubmit":
        note = f"<task-notification><task-id>{agent}</task-id><status>completed</status></task-notification>"
        return desk.payload(event, **session, prompt=chance.choice(["hello", note, "<task-notification>"]))
    members = {
        "source": chance.choice(["startup", "resume", "compact", "x"]),
        "reason": "other",
        "error": "429",
        "stop_hook_active": False,
    }
    return desk.payload(
        event, **session, **members, background_tasks=chance.choice([[], [{"id": agent, "status": "running"}], "x"])
    )


def _tool(chance: random.Random, here: Stance) -> dict[str, Any]:
    tool, due, at = chance.choice(TOOLS), expected(here.run), here.run.open
    call = chance.choice(["c-1", "c-2", at.call if at else "c-3"])
    given: dict[str, Any] = {"command": "ls"}
    if tool in ("Agent", "Task"):
        agent = chance.choice(
            [due.agent if due else at.agent if at else "x", "general-purpose", "assembly-line:orchestrator"]
        )
        given = {
            "subagent_type": agent,
            "prompt": chance.choice([due.id if due else "x", "do it", "d-9999"]),
            "description": "x",
        }
    if tool in ("Write", "Edit", "MultiEdit", "NotebookEdit"):
        key = "notebook_path" if tool == "NotebookEdit" else "file_path"
        given = {key: chance.choice([*PROTECTED, *FREE]), "content": "x"}
    if tool == "Skill":
        given = {"skill": chance.choice(["assembly-line:task-pause", "pdf"])}
    return {"tool_name": tool, "tool_use_id": call, "tool_input": given, "tool_response": {"stdout": ""}}


def changed(chance: random.Random, payload: Payload) -> bytes:
    """The payload after up to three changes, as bytes."""
    for _ in range(chance.choice([0, 1, 1, 1, 2, 3])):
        _change(chance, payload)
    data = json.dumps(payload, ensure_ascii=chance.random() < 0.9).encode("utf-8", "surrogatepass")
    if chance.random() < 0.08:
        at = chance.randrange(len(data))
        cut = chance.choice([0, 1, 1, 5, len(data)])
        data = data[:at] + chance.choice([b"", b"\xff", b"\0", b"{", b'"', b"\n", b"[" * 5000]) + data[at + cut :]
    return data + b"\n"


def _change(chance: random.Random, payload: Payload) -> None:
    box: Any = payload
    inner = payload.get("tool_input")
    if isinstance(inner, dict) and inner and chance.random() < 0.4:
        box = inner
    if not box:
        return
    name = chance.choice(list(box))
    match chance.randrange(4):
        case 0:
            del box[name]
        case 1:
            box[name] = chance.choice(JUNK)
        case 2:
            deep: Any = "x"
            for _ in range(chance.choice([1, 3, 50])):
                deep = {"a": deep} if chance.random() < 0.5 else [deep]
            box[name] = deep
        case _:
            box[chance.choice(["agent_id", "x", "session_id", "tool_name", "prompt"])] = chance.choice(JUNK)


def ends_the_run(event: str, data: bytes) -> bool:
    """Whether a person's own command is in it: those may change everything, and are not for an oracle of gates."""
    return event == "UserPromptExpansion" and (b"pause" in data or b"abort" in data or b"restart" in data)


def is_of(session: str, data: bytes) -> bool:
    """Whether a payload is an event of the session."""
    try:
        found = json.loads(data.decode())
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("session_id") == session
