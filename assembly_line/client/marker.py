"""The marker of a session that drives a run: the small file that tells the launcher whether a hook has work."""

import os

from assembly_line.core.run import Run
from assembly_line.system import disk


def path(data: str, session: str) -> str:
    """The path of a session's marker in the plugin's data folder."""
    is_plain = 0 < len(session) <= 64 and all(char.isalnum() or char == "-" for char in session)
    return os.path.join(data, "sessions", session if is_plain else "none")  # an id never leads to another's marker


def flags(run: Run) -> str:
    """The launcher's flags: `listen` while commands are evidence, `nested` and `stopped` while agents' ones are gated.

    `nested`: an agent is the relay; `stopped`: an agent was at work when its run was aborted.
    """
    gives_evidence = run.worker is not None and run.worker.evidence
    words = {"listen": gives_evidence, "nested": run.relay, "stopped": run.stopped}
    return " ".join(["run", *(word for word, holds in words.items() if holds)])


def write(data: str, session: str, root: str, run: Run) -> None:
    """Turn on a session's hooks for a run: flags, root and task, one line each."""
    disk.write(path(data, session), f"{flags(run)}\n{root}\n{run.task}\n".encode(), durable=False)


def remove(data: str, session: str) -> None:
    """Turn off a session's hooks."""
    marker = path(data, session)
    disk.remove(marker)
    disk.sweep(os.path.dirname(marker), os.path.basename(marker))


def read(data: str, session: str) -> tuple[str, str] | None:
    """Root and task of a session's run, or None."""
    lines = (disk.read(path(data, session)) or b"").decode("utf-8", "surrogateescape").split("\n")
    return (lines[1], lines[2]) if len(lines) > 3 else None
