"""The marker of a session in a run: the small file by which the launcher knows whether a hook has work."""

import os

from assembly_line.core.run import Run
from assembly_line.system import disk


def path(data: str, session: str) -> str:
    """Where a session's marker lies below the plugin's data folder."""
    plain = 0 < len(session) <= 64 and all(sign.isalnum() or sign == "-" for sign in session)
    return os.path.join(data, "sessions", session if plain else "none")  # no session has another's marker


def words(run: Run) -> str:
    """What the launcher may leave out: `listen` while commands are evidence, `nested` while an agent is the relay."""
    listening = run.worker is not None and run.worker.evidence
    return " ".join(["run", *(["listen"] if listening else []), *(["nested"] if run.relay else [])])


def put(data: str, session: str, root: str, run: Run) -> None:
    """Let the hooks of a session work for a run: words, root and task, a line each."""
    disk.write(path(data, session), f"{words(run)}\n{root}\n{run.task}\n".encode(), durable=False)


def take(data: str, session: str) -> None:
    """Let the hooks of a session rest again."""
    place = path(data, session)
    disk.remove(place)
    disk.sweep(os.path.dirname(place), os.path.basename(place))


def read(data: str, session: str) -> tuple[str, str] | None:
    """Root and task of a session's run, or None."""
    found = (disk.read(path(data, session)) or b"").decode("utf-8", "surrogateescape").split("\n")
    return (found[1], found[2]) if len(found) > 3 else None
