"""The one entry of all hooks: reads the event, answers it, and fails closed where a gate must hold."""

import contextlib
import importlib
import json
import os
import sys
from collections.abc import Callable

from assembly_line.errors import LineError
from assembly_line.hook import payload as protocol
from assembly_line.hook.payload import Answer, Payload

# The handler of each event: module and function; only the event's own module is imported.
EVENTS = {
    "SessionStart": ("turn", "begun"),
    "UserPromptExpansion": ("commands", "expand"),
    "UserPromptSubmit": ("commands", "submitted"),
    "PreToolUse": ("tools", "before"),
    "PostToolUse": ("tools", "after"),
    "PostToolUseFailure": ("tools", "after"),
    "SubagentStart": ("agents", "started"),
    "SubagentStop": ("agents", "stopped"),
    "Stop": ("turn", "stop"),
    "StopFailure": ("turn", "failed"),
    "SessionEnd": ("turn", "ended"),
}
# Events whose hook must not fail open: exit 2 blocks what the client was about to do.
GATES = ("PreToolUse", "UserPromptExpansion")


def main(event: str) -> int:
    """Answer one event; the exit status for the client: 0 answered, 2 blocked because the hook failed."""
    try:
        answer = handler(event)(protocol.read())
        if answer:
            _say(1, json.dumps(answer, separators=(",", ":"), allow_nan=False))
    except BaseException as error:
        return _failed(event, error)
    return 0


def handler(event: str) -> Callable[[Payload], Answer]:
    """What answers an event; KeyError for an unknown one."""
    module, name = EVENTS[event]
    found: Callable[[Payload], Answer] = getattr(importlib.import_module(f"assembly_line.hook.{module}"), name)
    return found


def _failed(event: str, error: BaseException) -> int:
    if os.environ.get("ASSEMBLY_LINE_DEBUG"):
        import traceback

        traceback.print_exc()
    if isinstance(error, EOFError) and sys.pycache_prefix:  # a full disk cut a compiled module off
        import shutil

        shutil.rmtree(sys.pycache_prefix, ignore_errors=True)
    known = isinstance(error, LineError)
    said = f"assembly-line: {event}: {error if known else f'{type(error).__name__}: {error}'}"
    said = said.encode("ascii", "backslashreplace").decode().replace("\n", " ")[:1000]
    gate = event in GATES
    with contextlib.suppress(OSError):  # nobody listens; the exit status says it all
        _say(2 if gate else 1, said if gate else json.dumps({"systemMessage": said}))
    return 2 if gate else 0


def _say(descriptor: int, said: str) -> None:
    """Write a line past Python's buffers: one that cannot be flushed at exit would change the exit status."""
    data = (said + "\n").encode()
    while data:
        data = data[os.write(descriptor, data) :]
