"""What an agent's transcript tells: the model that served it and the tokens it used."""

import json
import os

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


def size(path: str) -> int:
    """The transcript's length in bytes, which grows with every message; 0 when it is not there."""
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def _count(item: dict[str, object], keys: tuple[str, ...]) -> int:
    return sum(value for key in keys if isinstance(value := item.get(key), int))
