"""The lease: which session drives a run, and whether its process is still alive."""

import os
import sys
from typing import Any

from assembly_line.system.clock import utc_now


def own(session: str) -> dict[str, Any]:
    """A lease for this session; its process is the client that started the hook."""
    client = os.environ.get("CLAUDE_PID", "")
    pid = int(client) if client.isdigit() else os.getppid()
    return {"session": session, "pid": pid, "started": _started(pid), "host": _host(), "taken_at": utc_now()}


def alive(lease: dict[str, Any]) -> bool:
    """Whether the holder's process still runs; a holder on another host counts as alive."""
    pid, started = lease.get("pid"), lease.get("started")
    if not isinstance(pid, int):
        return False  # no lease, or an unreadable one
    if lease.get("host") != _host():
        return True
    return _running(pid) and (not started or _started(pid) == started)


def is_in(lease: dict[str, Any], folder: str) -> bool:
    """Whether the holder's process was started in this very folder, not in one that stood at its path before.

    False where the system does not tell.
    """
    try:
        return os.path.samefile(f"/proc/{lease.get('pid')}/cwd", folder)
    except OSError:
        return False


def _running(pid: int) -> bool:
    if sys.platform == "win32":
        import ctypes

        handle = ctypes.windll.kernel32.OpenProcess(0x1000, False, pid)
        if handle:
            ctypes.windll.kernel32.CloseHandle(handle)
        return bool(handle)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _stat(pid)[:1] != ["Z"]  # an ended process that is not reaped yet


def _stat(pid: int) -> list[str]:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return []


def _started(pid: int) -> str:
    """A process's start time where /proc has it, else ""; it tells the process from another that reuses its id."""
    fields = _stat(pid)
    return fields[19] if len(fields) > 19 else ""


def _host() -> str:
    if hasattr(os, "uname"):
        return os.uname().nodename
    import socket  # late: only on Windows

    return socket.gethostname()
