"""What the client's transcripts tell: who served an agent, the tokens it used, the agents a session called."""

import json
import os
import time

FLUSH = 0.3  # seconds within which the client has written a message to the transcript
_STARTED = time.monotonic()  # of this hook
MAX_BYTES = 64 * 1024 * 1024
_COUNTS = {
    "input": ("input_tokens", "cache_creation_input_tokens"),
    "cached": ("cache_read_input_tokens",),
    "output": ("output_tokens",),
}


def usage(path: str) -> tuple[str, dict[str, int]]:
    """The model of the last answer ("" when unknown) and the tokens of all, each message counted once."""
    model = ""
    seen: dict[object, dict[str, object]] = {}
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > MAX_BYTES:
            return "", {}
        with open(path, "rb") as file:
            for line in file:
                if b'"usage"' not in line:
                    continue
                message = json.loads(line).get("message") or {}
                if message.get("role") == "assistant" and isinstance(message.get("usage"), dict):
                    seen[message.get("id") or len(seen)] = message["usage"]
                    model = message.get("model") or model
    except (OSError, ValueError, AttributeError):
        return model, {}
    totals = {name: sum(_count(item, keys) for item in seen.values()) for name, keys in _COUNTS.items()}
    return model, totals


def line_calls(path: str, since: str) -> dict[str, str]:
    """The calls of this plugin's agents in a session's transcript since a time: tool_use_id to agent."""
    found = {}
    try:
        with open(path, "rb") as file:
            for line in file:
                if b'"subagent_type"' not in line or b"assembly-line:" not in line:
                    continue
                entry = json.loads(line)
                if entry.get("timestamp", "") >= since:
                    for part in entry["message"]["content"]:
                        agent = part.get("input", {}).get("subagent_type", "")
                        if part.get("type") == "tool_use" and agent.startswith("assembly-line:"):
                            found[part["id"]] = agent
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return found
    return found


def settle() -> None:
    """Wait until the client has written what it had when it started this hook."""
    time.sleep(max(0.0, FLUSH - (time.monotonic() - _STARTED)))


def size(path: str) -> int:
    """The transcript's length in bytes, which grows with every message; 0 when it is not there."""
    try:
        return os.path.getsize(path)
    except (OSError, ValueError):
        return 0


def _count(item: dict[str, object], keys: tuple[str, ...]) -> int:
    return sum(value for key in keys if isinstance(value := item.get(key), int))
