"""Reads in an agent's transcript which of its tool calls the client denied, and why."""

import json
import os
import re
from typing import Any, NamedTuple

from assembly_line.client.transcript import MAX_BYTES
from assembly_line.core.dispatches import NOBODY

PERSON = "a person said no"
RULE = "a rule of the settings denies it"
CHECK = "the client's safety check refused it"
MAX_DENIALS = 20  # of one agent
_TARGETS = ("command", "file_path", "notebook_path", "path", "url", "pattern")
# How a denial begins in clients that do not mark it.
_TEXTS = (
    (re.compile("Claude requested permissions|This command requires approval"), NOBODY),
    (re.compile(r"Permission to use \S+ has been denied because .* don't ask mode"), NOBODY),
    (re.compile("Permission to use"), RULE),
    (re.compile("The user doesn't want to"), PERSON),
)


class Denial(NamedTuple):
    """One tool call that the client denied."""

    call: str  # its tool_use_id
    tool: str
    target: str  # its command, file or address
    why: str  # NOBODY, PERSON, RULE or CHECK


def read(path: str) -> list[Denial]:
    """The denied calls in a transcript, oldest first; none when it cannot be read. A hook's denial is none of them."""
    reasons: dict[str, str] = {}
    calls: dict[str, tuple[str, str]] = {}
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > MAX_BYTES:
            return []
        with open(path, "rb") as file:
            for line in file:
                if b'"is_error":true' in line:
                    entry = json.loads(line)
                    reasons |= {call: why for call, said in _errors(entry) if (why := _why(entry, said))}
            if not reasons:
                return []
            file.seek(0)
            for line in file:
                if b'"tool_use"' in line:
                    calls |= _calls(json.loads(line))
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        pass  # what was read so far counts
    found = [Denial(call, *calls.get(call, ("a tool", "")), why) for call, why in reasons.items()]
    return found[:MAX_DENIALS]


def path_of(transcript: str, agent: str) -> str:
    """Where the client keeps the transcript of an agent of the session with this transcript."""
    return os.path.join(os.path.splitext(transcript)[0], "subagents", f"agent-{agent}.jsonl")


def _why(entry: dict[str, Any], said: str) -> str:
    kind, decision = entry.get("toolDenialKind"), entry.get("permissionDecision") or {}
    if not kind:
        return next((why for start, why in _TEXTS if start.match(said)), "")
    source = str(decision.get("source") or "")
    if source == "hook" or (not source and said.startswith("PreToolUse:")):
        return ""
    if source.startswith("user"):
        return PERSON
    if decision.get("reasonType") == "classifier" and not str(decision.get("reasonCode")).endswith("unavailable"):
        return CHECK
    return RULE if kind == "permission-rule" and decision.get("ruleSource") else NOBODY


def _errors(entry: dict[str, Any]) -> list[tuple[str, str]]:
    """The failed calls of an entry, and what the model was told."""
    return [
        (str(block.get("tool_use_id")), block["content"])
        for block in _blocks(entry)
        if block.get("type") == "tool_result" and block.get("is_error") and isinstance(block.get("content"), str)
    ]


def _calls(entry: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {
        str(block.get("id")): (str(block.get("name")), _target(block.get("input")))
        for block in _blocks(entry)
        if block.get("type") == "tool_use"
    }


def _blocks(entry: dict[str, Any]) -> list[dict[str, Any]]:
    content = (entry.get("message") or {}).get("content")
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def _target(given: object) -> str:
    values = [given.get(name) for name in _TARGETS] if isinstance(given, dict) else []
    return next((value for value in values if isinstance(value, str) and value), "")
