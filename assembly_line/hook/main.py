"""The entry point of all hooks: reads an event, answers it, and fails closed at a gate."""

import contextlib
import importlib
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

from assembly_line.errors import reason
from assembly_line.hook import payload as protocol
from assembly_line.hook.payload import Answer, Payload

# The module and function that handle each event; only the event's own module is imported.
EVENTS = {
    "SessionStart": ("turn", "started"),
    "UserPromptExpansion": ("commands", "expand"),
    "UserPromptSubmit": ("notifications", "submitted"),
    "PreToolUse": ("tools", "before"),
    "PostToolUse": ("tools", "after"),
    "PostToolUseFailure": ("tools", "after"),
    "SubagentStart": ("agents", "started"),
    "SubagentStop": ("agents", "stopped"),
    "Stop": ("turn", "stop"),
    "StopFailure": ("turn", "failed"),
    "SessionEnd": ("turn", "ended"),
}
# Events whose hook must not fail open; exit status 2 blocks what the client was about to do.
GATES = ("PreToolUse", "UserPromptExpansion")


def main(event: str) -> int:
    """Answer one event; exit status 0 when answered, 2 when a failed gate blocks."""
    try:
        answer = handler(event)(protocol.read())
        if answer:
            _write_line(1, json.dumps(answer, separators=(",", ":"), allow_nan=False))
    except BaseException as error:
        return _failed(event, error)
    return 0


def run(event: str) -> NoReturn:
    """Answer one event and end the process at once: taking a hundred modules down takes as long as bare Python."""
    if hasattr(signal, "SIGCHLD"):
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # where it is ignored, a git that failed would seem to succeed
    os._exit(main(event))


def handler(event: str) -> Callable[[Payload], Answer]:
    """The function that answers an event; KeyError for an unknown one."""
    module, name = EVENTS[event]
    function: Callable[[Payload], Answer] = getattr(importlib.import_module(f"assembly_line.hook.{module}"), name)
    return function


def _failed(event: str, error: BaseException) -> int:
    if os.environ.get("ASSEMBLY_LINE_DEBUG"):
        import traceback

        traceback.print_exc()
    if isinstance(error, EOFError) and sys.pycache_prefix:  # a full disk truncated a compiled module
        import shutil

        shutil.rmtree(sys.pycache_prefix, ignore_errors=True)
    message = f"assembly-line: {event}: {reason(error)}".encode("ascii", "backslashreplace").decode()
    message = message.replace("\n", " ")[:1000]
    gate = event in GATES
    with contextlib.suppress(OSError):  # the client no longer reads; the exit status still reaches it
        _write_line(2 if gate else 1, message if gate else json.dumps({"systemMessage": message}))
    return 2 if gate else 0


def _write_line(descriptor: int, line: str) -> None:
    """Write unbuffered, as a buffer that cannot be flushed at exit would change the exit status."""
    data = (line + "\n").encode()
    while data:
        data = data[os.write(descriptor, data) :]
