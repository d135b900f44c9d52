"""A small oracle for hook payloads: what the design demands, told without the engine's own rules."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from assembly_line.core.next_step import expected
from assembly_line.core.run import Run
from assembly_line.errors import LineError
from tests.support.client import Payload
from tests.support.delivery import Said
from tests.sweeps.desk import TASK, Desk

GATES = ("PreToolUse", "UserPromptExpansion")
PROTECTED = (
    "docs/planning/.project-state.yaml",
    f"docs/planning/journal/{TASK}.jsonl",
    "docs/planning/journal/new",
    ".git/config",
    f"docs/planning/tasks/{TASK}.yaml",
    ".claude/settings.json",
    "./docs//planning/../planning/.project-state.yaml",
    f"docs/tasks/{TASK}-summary.md",
    "assembly-line.yaml",
    f".task_bundles/{TASK}/bundle_status.yaml",
)
FREE = ("words.py", "tests/test_words.py", "docs/tasks/notes.md", "/nonexistent/x.py")


class Stance(NamedTuple):
    """A desk whose run is in a known state."""

    desk: Desk
    run: Run


def stance(folder: Path, *, working: bool) -> Stance:
    """A run in which a station is due, or in which the validator is at work."""
    desk = Desk(folder)
    desk.run()
    desk.until("validation" if working else "implementation")
    if working:
        desk.dispatch()
    desk.keep("kept")
    desk.put_back("kept")
    return Stance(desk, desk.state())


def wanted(event: str, payload: Any, here: Stance) -> str:
    """The decision: allow, deny, block, "" for none, refused for a payload that is none, ? for no opinion."""
    if not isinstance(payload, dict):
        return "refused"
    session = payload.get("session_id")
    ours = session == here.desk.session
    if event == "UserPromptExpansion":
        return _command(payload)
    if event != "PreToolUse":
        return "?"
    tool, given = payload.get("tool_name"), payload.get("tool_input")
    given = given if isinstance(given, dict) else {}
    caller = payload.get("agent_id") if isinstance(payload.get("agent_id"), str) else ""
    if not ours:
        of_line = str(given.get("subagent_type")).startswith("assembly-line:") or str(given.get("prompt"))[:2] == "d-"
        return "?" if tool in ("Agent", "Task") and of_line else ""
    if tool in ("Agent", "Task"):
        return _call(payload, given, str(caller), here.run)
    if caller == "":
        return "" if tool == "Read" else "deny"
    if tool in ("SendMessage", "AskUserQuestion", "Workflow", "EnterWorktree"):
        return "deny"
    if tool == "Skill":
        return "deny" if "task-" in str(given.get("skill", "")) and isinstance(given.get("skill"), str) else ""
    if tool in ("Write", "Edit", "MultiEdit", "NotebookEdit"):
        return _write(given.get("notebook_path" if tool == "NotebookEdit" else "file_path"), str(caller), here.run)
    return "deny" if tool not in ("Read", "Bash") and _judges(here.run, str(caller)) else ""


def _command(payload: Payload) -> str:
    name = payload.get("command_name")
    known = [f"assembly-line:task-{word}" for word in ("run", "status", "pause", "abort")] + [
        "run",
        "status",
        "pause",
        "abort",
    ]
    return "block or directive" if isinstance(name, str) and name in known else "?" if name == "" else ""


def _call(payload: Payload, given: dict[str, Any], caller: str, run: Run) -> str:
    due = expected(run)
    if run.open is not None:
        again = (payload.get("tool_use_id"), given.get("subagent_type")) == (run.open.call, run.open.agent)
        return "allow" if again else "deny"
    assert due is not None
    prompt = given.get("prompt")
    named = isinstance(prompt, str) and due.id in prompt.split()
    return "allow" if caller == "" and given.get("subagent_type") == due.agent and named else "deny"


def _write(path: Any, caller: str, run: Run) -> str:
    if _judges(run, caller):
        return "deny"
    if not isinstance(path, str) or path == "" or path in FREE:
        return ""
    return "deny" if path in PROTECTED else "?"


def _judges(run: Run, caller: str) -> bool:
    at = run.open
    return at is not None and at.agent_id == caller and run.station(at.station).kind == "validation"


def judge(event: str, data: bytes, here: Stance, said: Said, errors: list[BaseException]) -> list[str]:
    """What is wrong with an answer."""
    found = [f"{type(error).__name__}: {error}"[:300] for error in errors if not isinstance(error, LineError)]
    if said.status not in (0, 2) or (said.status == 2 and event not in GATES):
        found.append(f"status {said.status}")
    if said.status == 2 and (
        said.err.count("\n") > 1 or not said.err.startswith("assembly-line: ") or "Traceback" in said.err
    ):
        found.append(f"not one line: {said.err:.200}")
    try:
        payload = json.loads(data.decode())
    except (ValueError, RecursionError):
        payload = None
    due = wanted(event, payload, here)
    if due == "refused":
        told = (
            said.status == 2 if event in GATES else said.answer.get("systemMessage", "").startswith("assembly-line: ")
        )
        return found if told else [*found, f"taken for an event: {said.out:.200}"]
    if due == "block or directive":
        known = said.decision == "block" or "```directive" in said.text
        return found if known else [*found, f"neither refused nor begun: {said.out:.200}"]
    if due != "?" and (said.status != 0 or said.decision != due):
        told = f"status {said.status} {said.err:.200}"
        found.append(f"decided {said.decision or 'nothing'!r} instead of {due or 'nothing'!r}, {told}")
    return found
