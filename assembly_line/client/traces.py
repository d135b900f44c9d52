"""Reads what the client's transcripts show of an agent: the call that started it, who answered, what is unanswered."""

import json
import os
from typing import Any

from assembly_line.client.transcript import MAX_BYTES, SYNTHETIC
from assembly_line.core.witness import Trace


def read(own: str, relay: str, call: str) -> Trace:
    """What an agent's own transcript and that of the one who called it show."""
    answered, waiting = _answers(own)
    return Trace(os.path.isfile(relay), _holds(relay, call), _started_by(own), answered, waiting)


def calls(path: str) -> frozenset[str] | None:
    """The tool calls in a transcript; None when it is not there."""
    found: set[str] = set()
    try:
        with open(path, "rb") as file:
            for line in file:
                if b'"tool_use"' in line:
                    parts = _parts(json.loads(line))
                    found |= {str(part.get("id")) for part in parts if part.get("type") == "tool_use"}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        pass  # what was read so far counts
    return frozenset(found)


def is_answered(path: str) -> bool:
    """Whether a model answered in a transcript; True when it is not there any more."""
    return not os.path.isfile(path) or _answers(path)[0]


def results(path: str) -> dict[str, bool]:
    """The tool calls in a transcript that have a result, each with whether it failed."""
    found: dict[str, bool] = {}
    try:
        with open(path, "rb") as file:
            for line in file:
                if b'"tool_result"' in line:
                    parts = [part for part in _parts(json.loads(line)) if part.get("type") == "tool_result"]
                    found |= {str(part.get("tool_use_id")): part.get("is_error") is True for part in parts}
    except (OSError, ValueError, RecursionError):
        pass  # what was read so far counts
    return found


def _holds(path: str, call: str) -> bool:
    """Whether a transcript holds this tool call."""
    wanted = json.dumps(call).encode()
    try:
        with open(path, "rb") as file:
            return any(
                call == part.get("id")
                for line in file
                if wanted in line and b'"tool_use"' in line
                for part in _parts(json.loads(line))
                if part.get("type") == "tool_use"
            )
    except (OSError, ValueError, RecursionError):
        return False


def _started_by(own: str) -> str:
    """The call that started an agent, from what the client notes beside its transcript; "" where it notes none."""
    try:
        with open(f"{os.path.splitext(own)[0]}.meta.json", "rb") as file:
            noted = json.loads(file.read(1 << 20)).get("toolUseId")
    except (OSError, ValueError, AttributeError, RecursionError):
        return ""
    return noted if isinstance(noted, str) else ""


def _answers(path: str) -> tuple[bool, bool]:
    """Whether a model answered, and whether a tool call of its last answer has no result yet."""
    answered, last = False, ""
    waiting: set[object] = set()
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > MAX_BYTES:
            return False, False
        with open(path, "rb") as file:
            for line in file:
                if b'"tool_result"' in line:
                    waiting -= {part.get("tool_use_id") for part in _parts(json.loads(line))}
                if b'"usage"' not in line or b'"assistant"' not in line:
                    continue
                entry = json.loads(line)
                message = entry.get("message") if isinstance(entry, dict) else None
                if not isinstance(message, dict) or message.get("role") != "assistant":
                    continue
                answered = answered or (
                    isinstance(message.get("usage"), dict) and message.get("model") not in (None, "", SYNTHETIC)
                )
                if message.get("id") != last:  # what an answer before the last one left open was given up
                    last, waiting = str(message.get("id")), set()
                waiting |= {part.get("id") for part in _parts(entry) if part.get("type") == "tool_use"}
    except (OSError, ValueError, RecursionError):
        pass  # what was read so far counts; a line may be half written
    return answered, bool(waiting)


def _parts(entry: Any) -> list[dict[str, Any]]:
    message = entry.get("message") if isinstance(entry, dict) else None
    content = message.get("content") if isinstance(message, dict) else None
    return [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
