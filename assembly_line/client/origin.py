"""How a hook was started: how far below the client it runs, and whether it is the client that hears its answer."""

import os
import socket
import stat
import sys
from typing import Any

from assembly_line.core.witness import Start

_HIGHEST = 20  # processes above a hook that are looked at


def start(client: int) -> Start:
    """How this hook was started, seen from the client with this process id; unknown where there is no /proc."""
    levels = _levels(client)
    return Start(levels, levels is not None and _hears(client))


def of(saved: dict[str, Any]) -> Start:
    """A start as it was noted."""
    levels, heard = saved.get("levels"), saved.get("heard")
    return Start(levels if isinstance(levels, int) else None, heard is True)


def is_below(client: int) -> bool:
    """Whether the client with this process id is among the processes that led to this one."""
    return _levels(client) is not None


def _levels(client: int) -> int | None:
    pid = os.getpid()
    for level in range(_HIGHEST):
        if pid == client:
            return level
        pid = parent(pid)
        if pid <= 1:
            break
    return None


def parent(pid: int) -> int:
    """The process that started another one; 0 when it is gone, or where there is no /proc."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def _hears(client: int) -> bool:
    """Whether the client made, or holds, the other end of what this hook writes to."""
    try:
        end = os.fstat(1)
        if stat.S_ISFIFO(end.st_mode):
            return f"pipe:[{end.st_ino}]" in _open_files(client)
        return stat.S_ISSOCK(end.st_mode) and _maker() == client
    except (OSError, AttributeError):  # credentials of sockets are Linux's
        return False


def _open_files(pid: int) -> set[str]:
    folder = f"/proc/{pid}/fd"
    found = set()
    for name in os.listdir(folder):
        try:
            found.add(os.readlink(os.path.join(folder, name)))
        except OSError:
            continue  # closed meanwhile
    return found


def _maker() -> int:
    """The process that made the socket pair of standard output."""
    with socket.socket(fileno=os.dup(1)) as end:
        return int.from_bytes(end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[:4], sys.byteorder)
