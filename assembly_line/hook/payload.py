"""Reads a hook's input, and builds its answers in the client's form."""

import json
import math
import os
import select
import sys
import time
from typing import Any

from assembly_line.errors import LineError

Payload = dict[str, Any]
Answer = dict[str, Any]
MAX_BYTES = 4 * 1024 * 1024
DEADLINE = 5.0  # seconds to read all of stdin


def read() -> Payload:
    """The event on stdin; LineError when it is too long, too slow or not a JSON object."""
    data = _bytes()
    try:
        payload = json.loads(data.decode(), parse_float=_finite, parse_constant=str)
    except (ValueError, RecursionError):
        raise LineError("hook input is not JSON") from None
    if not isinstance(payload, dict):
        raise LineError("hook input is not a JSON object")
    return payload


def _finite(number: str) -> float | str:
    """A number, as its text where it is beyond all numbers, which no answer could repeat."""
    value = float(number)
    return value if math.isfinite(value) else number


def _bytes() -> bytes:
    parts: list[bytes] = []
    size = 0
    descriptor = sys.stdin.fileno()
    deadline = time.monotonic() + DEADLINE
    while True:
        remaining = max(0.0, deadline - time.monotonic())
        if os.name == "posix" and not select.select([descriptor], [], [], remaining)[0]:
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
    """The string at this path of names; "" when it is missing or not a string."""
    value: Any = payload
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else value.encode("utf-8", "replace").decode()  # lone surrogates cannot be encoded


def context(event: str, instruction: str, shown: str = "", tool_output: Payload | None = None) -> Answer:
    """Text for the model, a line for the person's screen, and a replacement for the tool's output."""
    output: Answer = {"hookEventName": event, "additionalContext": instruction}
    if tool_output is not None:
        output["updatedToolOutput"] = tool_output
    answer: Answer = {"hookSpecificOutput": output}
    return {**answer, "systemMessage": shown} if shown else answer


def block(reason: str) -> Answer:
    """Refuse the end of a turn or a command; the reason is shown to whoever caused it."""
    return {"decision": "block", "reason": reason}


def deny(reason: str) -> Answer:
    """Refuse a tool call."""
    output = {"hookEventName": "PreToolUse", "permissionDecision": "deny", "permissionDecisionReason": reason}
    return {"hookSpecificOutput": output}


def allow(updated: dict[str, Any]) -> Answer:
    """Allow a tool call with another input."""
    output = {"hookEventName": "PreToolUse", "permissionDecision": "allow", "updatedInput": updated}
    return {"hookSpecificOutput": output}
