"""The lease: which session drives a run, and whether its process is still alive."""

import contextlib
import os
from typing import Any

from assembly_line.client import running
from assembly_line.system.clock import utc_now


def own(session: str) -> dict[str, Any]:
    """A lease for this session; its process is the client that started the hook."""
    client = os.environ.get("CLAUDE_PID", "")
    pid = int(client) if client.isdigit() else running.caller()
    return {
        "session": session,
        "pid": pid,
        "started": running.started(pid),
        "program": list(running.program(pid)),
        "host": _host(),
        "taken_at": utc_now(),
    }


def alive(lease: dict[str, Any]) -> bool:
    """Whether the holder's process still runs; a holder on another host counts as alive.

    Its start and its program tell it from a later process with its number, as far as the system tells them.
    """
    pid = lease.get("pid")
    if not isinstance(pid, int):
        return False  # no lease, or an unreadable one
    if lease.get("host") != _host():
        return True
    if not running.runs(pid):
        return False
    started, program = lease.get("started"), tuple(lease.get("program") or ())
    if started and (now := running.started(pid)):
        return bool(now == started)
    return not program or running.program(pid) in (program, ())


def is_in(lease: dict[str, Any], folder: str) -> bool:
    """Whether the holder's process was started in this very folder, not in one that stood at its path before.

    False where the system does not tell.
    """
    try:
        return os.path.samefile(f"/proc/{lease.get('pid')}/cwd", folder)
    except OSError:
        return False


def is_lost(lease: dict[str, Any]) -> bool:
    """Whether the folder that the holder's process was started in is gone; False where the system does not tell."""
    try:
        return os.readlink(f"/proc/{lease.get('pid')}/cwd").endswith(" (deleted)")
    except OSError:
        return False


def clients_beside(lease: dict[str, Any], folder: str) -> list[int]:
    """Other processes of the holder's program that were started in a folder or below it; [] where that is not told."""
    own, top = lease.get("pid"), os.path.realpath(folder)
    program = running.program(own) if isinstance(own, int) else ()
    found = []
    for name in os.listdir("/proc") if program and os.path.isdir("/proc") else ():
        if name.isdigit() and int(name) != own and running.program(int(name)) == program:
            with contextlib.suppress(OSError):
                if (os.readlink(f"/proc/{name}/cwd") + os.sep).startswith(top + os.sep):
                    found.append(int(name))
    return sorted(found)


def _host() -> str:
    if hasattr(os, "uname"):
        return os.uname().nodename
    import socket  # late: only on Windows

    return socket.gethostname()
