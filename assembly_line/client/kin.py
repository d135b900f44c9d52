"""Whether this hook's client was started from within another one: by the processes above it, or by what they inherited.

Where there is no /proc only the processes are known, and on Windows nothing is.
"""

import os
import subprocess
import sys
from typing import Any

from assembly_line.client import lease, origin

_HIGHEST = 40  # processes above a hook that are looked at
_SESSION = b"CLAUDE_CODE_SESSION_ID="  # what a client gives to every command that it runs


def within(holders: list[dict[str, Any]], session: str) -> dict[str, Any]:
    """The living holder of a lease, of another session than this one, that this hook runs below; {} for none."""
    others = [item for item in holders if item.get("session") != session and lease.alive(item)]
    if not others:
        return {}
    line = above(os.getpid())
    inherited = {_inherited(pid) for pid in line} - {""}
    for item in others:
        if item.get("pid") in line or item["session"] in inherited:
            return item
    return {}


def above(pid: int) -> list[int]:
    """The processes that led to this one, the nearest first."""
    if sys.platform == "win32":
        return []
    parents = {} if os.path.isdir("/proc/self") else _listed()
    found: list[int] = []
    while len(found) < _HIGHEST:
        pid = parents.get(pid, 0) if parents else origin.parent(pid)
        if pid <= 1:
            break
        found.append(pid)
    return found


def _listed() -> dict[int, int]:
    try:
        done = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=False, timeout=5)
        return {int(pid): int(parent) for pid, parent in (line.split() for line in done.stdout.splitlines())}
    except (OSError, ValueError, subprocess.SubprocessError):
        return {}


def _inherited(pid: int) -> str:
    """The session that a process was started in, which it keeps when its parents are gone; "" when not known."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            names = file.read(1 << 20).split(b"\0")
    except OSError:
        return ""
    return next((item[len(_SESSION) :].decode("utf-8", "replace") for item in names if item.startswith(_SESSION)), "")
