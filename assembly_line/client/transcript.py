"""Reads the client's transcripts: the model that served an agent, its tokens, and the agents a session called."""

import json
import os
import time

FLUSH = 0.3  # seconds in which the client writes a message to the transcript
_STARTED = time.monotonic()  # when this hook began
SYNTHETIC = "<synthetic>"  # the model of an answer that the client made up itself, such as that of an API error
MAX_BYTES = 512 * 1024 * 1024  # an agent of many hours stays far below it
_COUNTS = {
    "input": ("input_tokens", "cache_creation_input_tokens"),
    "cached": ("cache_read_input_tokens",),
    "output": ("output_tokens",),
}


def usage(path: str) -> tuple[str, dict[str, int]]:
    """The model of the last answer, or "", and the tokens of all answers, each message counted once."""
    model = ""
    usages: dict[object, dict[str, object]] = {}
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > MAX_BYTES:
            return "", {}
        with open(path, "rb") as file:
            for line in file:
                if b'"usage"' not in line:
                    continue
                message = json.loads(line).get("message") or {}
                if message.get("role") == "assistant" and isinstance(message.get("usage"), dict):
                    usages[message.get("id") or len(usages)] = message["usage"]
                    given = message.get("model")
                    model = given if isinstance(given, str) and given not in ("", SYNTHETIC) else model
    except (OSError, ValueError, AttributeError):
        return model, {}
    totals = {name: sum(_count(item, keys) for item in usages.values()) for name, keys in _COUNTS.items()}
    return model, totals


def agent_calls(path: str, since: str) -> dict[str, str]:
    """This plugin's agents that worked for a session since a time, by tool_use_id.

    A call without a result, or with one that is an error, shows no agent at work: it was refused or cut off.
    """
    calls: dict[str, str] = {}
    answered: set[object] = set()
    try:
        with open(path, "rb") as file:
            for line in file:
                is_call = b'"subagent_type"' in line and b"assembly-line:" in line
                if not is_call and not (calls and b'"tool_result"' in line):
                    continue
                entry = json.loads(line)
                if entry.get("timestamp", "") < since:
                    continue
                for part in entry["message"]["content"]:
                    agent = part.get("input", {}).get("subagent_type", "")
                    if part.get("type") == "tool_use" and agent.startswith("assembly-line:"):
                        calls[part["id"]] = agent
                    elif part.get("type") == "tool_result" and not part.get("is_error"):
                        answered.add(part.get("tool_use_id"))
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        pass  # what was read so far counts
    return {call: agent for call, agent in calls.items() if call in answered}


def names_one(path: str, root: str, files: tuple[str, ...]) -> bool:
    """Whether a tool call in a transcript names one of a project's files; True when it cannot be read."""
    tops = (root, os.path.realpath(root))
    spelled = [
        name.replace(os.sep, "/") for file in files for name in (f'"{file}', *(os.path.join(top, file) for top in tops))
    ]
    try:
        with open(path, "rb") as stream:
            for line in stream:
                if b'"tool_use"' in line:
                    content = json.loads(line)["message"]["content"]
                    inputs = json.dumps([part.get("input") for part in content if part.get("type") == "tool_use"])
                    if any(name in inputs.replace("\\\\", "/") for name in spelled):
                        return True
    except OSError:
        return True
    except (ValueError, AttributeError, KeyError, TypeError):
        return False
    return False


def last_words(path: str) -> str:
    """The text of an agent's last message; "" when it calls a tool, so that it was not its last, or has none."""
    name: object = None
    texts: list[str] = []
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > MAX_BYTES:
            return ""
        with open(path, "rb") as file:
            for line in file:
                if b'"assistant"' not in line:
                    continue
                message = json.loads(line).get("message") or {}
                if message.get("role") != "assistant":
                    continue
                if message.get("id") != name or name is None:
                    name, texts = message.get("id"), []
                for part in message.get("content") or ():
                    texts.append(part["text"] if part.get("type") == "text" else "")
                    if part.get("type") == "tool_use":
                        texts = []
                        name = None
    except (OSError, ValueError, AttributeError, KeyError, TypeError, RecursionError):
        return ""
    return "\n".join(text for text in texts if text)


def has_result(path: str, call: str) -> bool:
    """Whether a transcript holds the result of a tool call."""
    named = f'"tool_use_id":"{call}"'.encode()
    try:
        with open(path, "rb") as file:
            return bool(call) and any(named in line and b'"tool_result"' in line for line in file)
    except (OSError, ValueError):
        return False


def tells_of(path: str, task: str) -> bool:
    """Whether a session's transcript holds a directive of a task."""
    named = task.encode()
    try:
        with open(path, "rb") as file:
            return any(b"```directive" in line and named in line for line in file)
    except (OSError, ValueError):
        return False


def commands(path: str) -> list[tuple[str, str]]:
    """The shell commands in a transcript, oldest first, each with the folder that it was typed in."""
    found: list[tuple[str, str]] = []
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > MAX_BYTES:
            return []
        with open(path, "rb") as file:
            for line in file:
                if b'"tool_use"' in line and b'"Bash"' in line:
                    entry = json.loads(line)
                    calls = [part for part in entry["message"]["content"] if part.get("name") == "Bash"]
                    typed = [part["input"].get("command") for part in calls]
                    found += [(str(entry.get("cwd") or ""), text) for text in typed if isinstance(text, str)]
    except (OSError, ValueError, AttributeError, KeyError, TypeError, RecursionError):
        pass  # what was read so far counts
    return found


def wait_for_flush() -> None:
    """Wait until the client has written what it knew when it started this hook."""
    time.sleep(max(0.0, FLUSH - (time.monotonic() - _STARTED)))


def size(path: str) -> int:
    """The transcript's length in bytes, which grows with every message; 0 when there is none."""
    try:
        return os.path.getsize(path)
    except (OSError, ValueError):
        return 0


def _count(item: dict[str, object], keys: tuple[str, ...]) -> int:
    return sum(value for key in keys if isinstance(value := item.get(key), int))
