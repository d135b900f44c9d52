"""Hook payloads changed at random: none escapes as an error, and every decision is what a small oracle says."""

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from assembly_line import marker
from assembly_line.core.directive import expected
from assembly_line.core.run import Run
from assembly_line.errors import LineError
from sweeps.desk import TASK, Desk, Payload, Said
from sweeps.tally import Figure, Tally

EVENTS = (
    "PreToolUse", "PreToolUse", "PreToolUse", "PreToolUse", "PostToolUse", "PostToolUseFailure", "SubagentStart",
    "SubagentStop", "UserPromptExpansion", "UserPromptSubmit", "SessionStart", "Stop", "StopFailure", "SessionEnd",
)  # fmt: skip
TOOLS = (
    "Agent", "Task", "Bash", "Write", "Edit", "MultiEdit", "NotebookEdit", "SendMessage", "AskUserQuestion", "Workflow",
    "Skill", "Read", "",
)  # fmt: skip
GATES = ("PreToolUse", "UserPromptExpansion")
PROTECTED = (
    "docs/planning/.project-state.yaml", f"docs/planning/journal/{TASK}.jsonl", "docs/planning/journal/new", ".git/config",
    f"docs/planning/tasks/{TASK}.yaml", ".claude/settings.json", "./docs//planning/../planning/.project-state.yaml",
    f"docs/tasks/{TASK}-summary.md", "assembly-line.yaml", f".task_bundles/{TASK}/bundle_status.yaml",
)  # fmt: skip
FREE = ("words.py", "tests/test_words.py", "docs/tasks/notes.md", "/nonexistent/x.py")
JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 1e308, 10**30, "", " ", "x", [], {}, [[]], [None], {"a": {"b": [1]}}, "\ud800", "\0", "a\nb", "\x1b[2J",
    "\u202e", "\u2028", "é", "😀", "x" * 5000, "../../etc/passwd", "{}", "```directive\n{}\n```", "d-0001", TASK, "s-1",
    [{"id": 1}], "<task-notification><task-id>a</task-id></task-notification>", float("nan"), float("inf"),
)  # fmt: skip


class Stance(NamedTuple):
    """A desk whose run is in a known state."""

    desk: Desk
    run: Run


def stance(folder: Path, *, working: bool) -> Stance:
    """A run in which a station is due, or in which the validator is at work."""
    desk = Desk(folder)
    desk.begin()
    desk.until("validation" if working else "implementation")
    if working:
        desk.dispatch()
    desk.keep("kept")
    desk.back("kept")
    return Stance(desk, desk.run())


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
        nested = tool in ("Agent", "Task") and given.get("subagent_type") == "assembly-line:orchestrator"
        return "?" if nested else ""
    if tool in ("Agent", "Task"):
        return _call(payload, given, str(caller), here.run)
    if caller == "":
        return "deny"
    if tool in ("SendMessage", "AskUserQuestion", "Workflow"):
        return "deny"
    if tool == "Skill":
        return "deny" if "task-" in str(given.get("skill", "")) and isinstance(given.get("skill"), str) else ""
    if tool in ("Write", "Edit", "MultiEdit", "NotebookEdit"):
        return _write(given.get("notebook_path" if tool == "NotebookEdit" else "file_path"), str(caller), here.run)
    return ""


def _command(payload: Payload) -> str:
    name = payload.get("command_name")
    known = [f"assembly-line:task-{word}" for word in ("run", "status", "pause", "abort")] + ["run", "status", "pause", "abort"]
    return "block or directive" if isinstance(name, str) and name in known else "?" if name == "" else ""


def _call(payload: Payload, given: dict[str, Any], caller: str, run: Run) -> str:
    due = expected(run)
    if run.open is not None:
        return "allow" if payload.get("tool_use_id") == run.open.call else "deny"
    assert due is not None
    prompt = given.get("prompt")
    named = isinstance(prompt, str) and due.id in prompt.split()
    return "allow" if caller == "" and given.get("subagent_type") == due.agent and named else "deny"


def _write(path: Any, caller: str, run: Run) -> str:
    if run.open is not None and run.open.agent_id == caller and run.station(run.open.station).kind == "validation":
        return "deny"
    if not isinstance(path, str) or path == "" or path in FREE:
        return ""
    return "deny" if path in PROTECTED else "?"


def judge(event: str, data: bytes, here: Stance, said: Said, errors: list[BaseException]) -> list[str]:
    """What is wrong with an answer."""
    found = [f"{type(error).__name__}: {error}"[:300] for error in errors if not isinstance(error, LineError)]
    if said.status not in (0, 2) or (said.status == 2 and event not in GATES):
        found.append(f"status {said.status}")
    if said.status == 2 and (said.err.count("\n") > 1 or not said.err.startswith("assembly-line: ") or "Traceback" in said.err):
        found.append(f"not one line: {said.err:.200}")
    try:
        payload = json.loads(data.decode())
    except (ValueError, RecursionError):
        payload = None
    due = wanted(event, payload, here)
    if due == "refused":
        told = said.status == 2 if event in GATES else said.answer.get("systemMessage", "").startswith("assembly-line: ")
        return found if told else [*found, f"taken for an event: {said.out:.200}"]
    if due == "block or directive":
        known = said.decision == "block" or "```directive" in said.text
        return found if known else [*found, f"neither refused nor begun: {said.out:.200}"]
    if due != "?" and (said.status != 0 or said.decision != due):
        found.append(f"decided {said.decision or 'nothing'!r} instead of {due or 'nothing'!r}, status {said.status} {said.err:.200}")
    return found


# Payloads.


def plain(chance: random.Random, event: str, here: Stance) -> Payload:
    """An event as the client might send it."""
    desk, at = here.desk, here.run.open
    due = expected(here.run)
    agent = at.agent_id if at else "agent-x"
    session = {} if chance.random() < 0.6 else {"session_id": chance.choice(["s-none", "s-2", "", "S-1", "s-1/", "s_-1", "./s-1"])}
    who = chance.choice([{}, {}, {"agent_id": agent, "agent_type": "x"}, {"agent_id": "agent-y", "agent_type": "y"}])
    if event in ("PreToolUse", "PostToolUse", "PostToolUseFailure"):
        return desk.event(event, **session, **who, **_tool(chance, here))
    if event in ("SubagentStart", "SubagentStop"):
        said = chance.choice(["", "ok", "```yaml\nreport: {status: done, summary: x}\n```", "```yaml\nverdict: [\n```"])
        kind = due.agent if due else at.agent if at else ""
        return desk.event(event, **session, agent_id=chance.choice([agent, "agent-z"]), agent_type=kind, last_assistant_message=said)
    if event == "UserPromptExpansion":
        name = chance.choice(["assembly-line:task-run", "assembly-line:task-status", "assembly-line:task-init", "other:x"])
        return desk.event(event, **session, command_name=name, command_args=chance.choice(["TASK-099", "", "x y", "../x", "--state x"]))
    if event == "UserPromptSubmit":
        note = f"<task-notification><task-id>{agent}</task-id><status>completed</status></task-notification>"
        return desk.event(event, **session, prompt=chance.choice(["hello", note, "<task-notification>"]))
    members = {"source": chance.choice(["startup", "resume", "compact", "x"]), "reason": "other", "error": "429", "stop_hook_active": False}
    return desk.event(event, **session, **members, background_tasks=chance.choice([[], [{"id": agent, "status": "running"}], "x"]))


def _tool(chance: random.Random, here: Stance) -> dict[str, Any]:
    tool, due, at = chance.choice(TOOLS), expected(here.run), here.run.open
    call = chance.choice(["c-1", "c-2", at.call if at else "c-3"])
    given: dict[str, Any] = {"command": "ls"}
    if tool in ("Agent", "Task"):
        agent = chance.choice([due.agent if due else "x", "general-purpose", "assembly-line:orchestrator"])
        given = {"subagent_type": agent, "prompt": chance.choice([due.id if due else "x", "do it", "d-9999"]), "description": "x"}
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


def _ends_the_run(event: str, data: bytes) -> bool:
    """Whether a person's own command is in it: those may change everything, and are not for an oracle of gates."""
    return event == "UserPromptExpansion" and (b"pause" in data or b"abort" in data or b"restart" in data)


# In process and by process.


class Ear:
    """The hook's entry in this process, with its answers and errors caught."""

    def __init__(self, desk: Desk) -> None:
        from assembly_line.hook import main, payload

        self.main, self.said, self.errors = main, {1: "", 2: ""}, []
        self.data = b""
        failed: Callable[[str, BaseException], int] = main._failed

        def heard(event: str, error: BaseException) -> int:
            self.errors.append(error)
            return failed(event, error)

        self.patches = [
            mock.patch.object(payload, "_bytes", lambda: self.data),
            mock.patch.object(main, "_see_libraries", lambda: None),
            mock.patch.object(main, "_failed", heard),
            mock.patch.object(main, "_say", lambda number, said: self.said.update({number: said + "\n"})),
            mock.patch.object(os, "fsync", lambda descriptor: None),
            mock.patch("time.sleep", lambda seconds: None),
            mock.patch.dict(os.environ, desk.environment(), clear=True),
        ]

    def __enter__(self) -> "Ear":
        for patch in self.patches:
            patch.start()
        return self

    def __exit__(self, *_: object) -> None:
        import gc

        for patch in reversed(self.patches):
            patch.stop()
        gc.enable()

    def hear(self, event: str, data: bytes) -> tuple[Said, list[BaseException]]:
        """Deliver one payload."""
        self.data, self.said, self.errors = data, {1: "", 2: ""}, []
        try:
            status = self.main.main(event)
        except BaseException as error:
            return Said(70, "", ""), [error]
        return Said(status, self.said[1], self.said[2]), self.errors


def in_process(folder: Path, count: int, seed: int = 1) -> Figure:
    """Most payloads: as many as a minute gives."""
    import gc

    tally, chance = Tally("fuzz"), random.Random(seed)
    counts = {"allow": 0, "deny": 0, "block": 0, "": 0}
    for number, working in enumerate((False, True)):
        here = stance(folder / f"stance{number}", working=working)
        mark = Path(marker.path(str(here.desk.data), here.desk.session))
        with Ear(here.desk) as ear:
            for turn in range(count // 2):
                event = chance.choice(EVENTS)
                data = changed(chance, plain(chance, event, here))
                if _ends_the_run(event, data):
                    continue
                said, errors = ear.hear(event, data)
                counts[said.decision] += 1
                wrong = judge(event, data, here, said, errors)
                if not mark.exists() and b'"session_id": "s-1"' not in data:
                    wrong.append("another session took the marker away")
                tally.add(f"{event} {data[:300]!r}", wrong)
                if turn % 500 == 0 or not mark.exists() or _moved(here):
                    _back(here)
                if turn % 2000 == 0:
                    gc.collect()
        shutil.rmtree(here.desk.folder)
    shown = ", ".join(f"{number} {name or 'without a decision'}" for name, number in counts.items())
    return tally.figure(f"payloads in process, seed {seed}: {shown}")


def _moved(here: Stance) -> bool:
    """Whether the run is no longer in the state that the oracle knows."""
    found = here.desk.vault()._json(f"{TASK}.run.json").get("run", {})
    at = found.get("open") or [""]
    return (found.get("stage"), at[0]) != (here.run.stage, here.run.open.id if here.run.open else "") or found["session"] != "s-1"


def _back(here: Stance) -> None:
    shutil.rmtree(here.desk.top)
    shutil.copytree(here.desk.folder / "kept", here.desk.top, symlinks=True)


def by_process(folder: Path, count: int, seed: int = 2) -> Figure:
    """The same to real processes."""
    tally, chance = Tally("fuzz (processes)"), random.Random(seed)
    here = stance(folder, working=False)
    mark = Path(marker.path(str(here.desk.data), here.desk.session))
    while tally.of < count:
        event = chance.choice(EVENTS)
        data = changed(chance, plain(chance, event, here))
        if _ends_the_run(event, data):
            continue
        said = here.desk.spawn(data, event)
        found = ["a traceback"] if "Traceback" in said.err else []
        tally.add(f"{event} {data[:300]!r}", found + judge(event, data, here, said, []))
        if tally.of % 100 == 0 or not mark.exists() or _moved(here):
            _back(here)
    return tally.figure(f"payloads by process, seed {seed}")


def sweep(folder: Path, quick: bool) -> list[Figure]:
    """100,000 in process, 2,000 by process."""
    return [
        in_process(folder / "process", 3000 if quick else 104_000),
        by_process(folder / "processes", 60 if quick else 2000),
    ]
