"""The one entry of all hooks: reads the event, answers it, and fails closed where a gate must hold."""

import gc
import os
import sys

from assembly_line import lean
from assembly_line.core.named import Callable
from assembly_line.hook import payload as protocol
from assembly_line.hook.payload import Answer, Payload

# Events whose hook must not fail open: exit 2 blocks what the client was about to do.
GATES = ("PreToolUse", "UserPromptExpansion")


def main(event: str) -> int:
    """Answer one event; the exit status for the client: 0 answered, 2 blocked because the hook failed."""
    try:
        gc.disable()  # the process ends before a collection could pay
        _see_libraries()
        answer = _handler(event)(protocol.read())
        if answer:
            _say(1, lean.dumps(answer))
    except BaseException as error:
        return _failed(event, error)
    return 0


def _see_libraries() -> None:
    """Let imports find the environment's packages: hooks start without `site`, which costs 3 ms and runs .pth files."""
    home = os.path.dirname(os.path.dirname(sys.executable))
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    sys.path.append(os.path.join(home, "Lib" if os.name == "nt" else os.path.join("lib", version), "site-packages"))


def _handler(event: str) -> Callable[[Payload], Answer]:
    """The handler of an event; only what it needs is imported."""
    if event in ("PreToolUse", "PostToolUse", "PostToolUseFailure"):
        from assembly_line.hook import tools

        return tools.before if event == "PreToolUse" else tools.after
    if event in ("SubagentStart", "SubagentStop"):
        from assembly_line.hook import agents

        return agents.started if event == "SubagentStart" else agents.stopped
    if event in ("UserPromptExpansion", "UserPromptSubmit"):
        from assembly_line.hook import commands

        return commands.expand if event == "UserPromptExpansion" else commands.submitted
    from assembly_line.hook import turn

    return {"SessionStart": turn.begun, "Stop": turn.stop, "StopFailure": turn.failed, "SessionEnd": turn.ended}[event]


def _failed(event: str, error: BaseException) -> int:
    from assembly_line.errors import LineError

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
    with lean.suppress(OSError):  # nobody listens; the exit status says it all
        _say(2 if gate else 1, said if gate else lean.dumps({"systemMessage": said}))
    return 2 if gate else 0


def _say(descriptor: int, said: str) -> None:
    """Write a line past Python's buffers: one that cannot be flushed at exit would change the exit status."""
    data = (said + "\n").encode()
    while data:
        data = data[os.write(descriptor, data) :]
