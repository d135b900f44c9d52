"""Reads a hook's stdin, and words its answers as the client understands them."""

import json
import os
import select
import sys
import time
from typing import Any

from assembly_line.errors import LineError

Payload = dict[str, Any]
Answer = dict[str, Any]
MAX_BYTES = 4 * 1024 * 1024
DEADLINE = 5.0  # seconds for the whole of stdin


def read() -> Payload:
    """The event on stdin; LineError when it is too long, too slow or not a JSON object."""
    data = _bytes()
    try:
        found = json.loads(data.decode())
    except (ValueError, RecursionError):
        raise LineError("hook input is not JSON") from None
    if not isinstance(found, dict):
        raise LineError("hook input is not a JSON object")
    return found


def _bytes() -> bytes:
    parts: list[bytes] = []
    size = 0
    descriptor = sys.stdin.fileno()
    until = time.monotonic() + DEADLINE
    while True:
        left = max(0.0, until - time.monotonic())
        if os.name == "posix" and not select.select([descriptor], [], [], left)[0]:
            raise LineError(f"hook input did not end within {DEADLINE:g} s")
        part = os.read(descriptor, 1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
        if size > MAX_BYTES:
            raise LineError(f"hook input is over {MAX_BYTES} bytes")
        if part.endswith(b"}\n"):
            return b"".join(parts)


def text(payload: Payload, *names: str) -> str:
    """A text member, by the path of its names; "" when it is missing or no text."""
    value: Any = payload
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else value.encode("utf-8", "replace").decode()  # no file takes half a pair


def context(event: str, said: str, shown: str = "", output: Payload | None = None) -> Answer:
    """Text for the model, a line for the person's screen, and what the model shall read in place of a tool's output."""
    special: Answer = {"hookEventName": event, "additionalContext": said}
    if output is not None:
        special["updatedToolOutput"] = output
    answer: Answer = {"hookSpecificOutput": special}
    return {**answer, "systemMessage": shown} if shown else answer


def block(reason: str) -> Answer:
    """Refuse the end of a turn or a command; the reason is shown to whoever caused it."""
    return {"decision": "block", "reason": reason}


def deny(reason: str) -> Answer:
    """Refuse a tool call."""
    said = {"hookEventName": "PreToolUse", "permissionDecision": "deny", "permissionDecisionReason": reason}
    return {"hookSpecificOutput": said}


def allow(updated: dict[str, Any]) -> Answer:
    """Let a tool call through with another input."""
    said = {"hookEventName": "PreToolUse", "permissionDecision": "allow", "updatedInput": updated}
    return {"hookSpecificOutput": said}
