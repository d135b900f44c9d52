"""The lifeline of an unattended client: when its starter dies, the client and all that it started are killed.

The starter runs it as a process of its own and holds the other end of its standard input, which the kernel closes
however the starter ends. Standard library only, as it is run by its path.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

NOT_STARTED = 127  # exit status, as a shell's
_POLL = 0.1  # seconds between two looks at the client
_PATIENCE = 10.0  # seconds in which all must be gone
_SUBREAPER, _SIGNAL_AT_PARENTS_END = 36, 1  # options of Linux's prctl


def main(command: list[str]) -> int:
    """Run a client until it ends or the starter is gone; ends as the client did, by status or by signal."""
    _prctl(_SUBREAPER, 1)  # so that what a shell left behind stays below this process, where it is found
    try:
        client = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_at_start())
    except OSError as error:
        print(f"{command[0]} cannot be started ({error.strerror}); install it, or use --client", file=sys.stderr)
        return NOT_STARTED
    gone = threading.Event()
    threading.Thread(target=_watch_starter, args=(gone,), daemon=True).start()
    while client.poll() is None and not gone.wait(_POLL):
        _reap(client.pid)
    if gone.is_set() or (client.returncode or 0) < 0:  # a client that was killed leaves its shells behind
        _kill_all(client)
    code = client.wait(timeout=_PATIENCE)
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


def below(root: int) -> list[int]:
    """The living processes that descend from one, without itself."""
    listed = _listed()
    family = [root]
    for member in family:  # grows during the loop
        family += [pid for pid, parent in listed if parent == member]
    return family[1:]


def _watch_starter(gone: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 1024):
            pass
    gone.set()


def _kill_all(client: "subprocess.Popen[bytes]") -> None:
    """Kill the client and everything below this process, with what that starts meanwhile."""
    if os.name == "nt":
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(client.pid)], capture_output=True, check=False, timeout=30)
        return
    until = time.monotonic() + _PATIENCE
    while (family := below(os.getpid())) and time.monotonic() < until:
        for member in family:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(member, signal.SIGKILL)
        time.sleep(0.02)
        client.poll()
        _reap(client.pid)


def _reap(client: int) -> None:
    """Let orphans that ended go; the client's own end is left to be read."""
    if not hasattr(os, "waitid"):
        return
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) and ended.si_pid != client:
            os.waitpid(ended.si_pid, 0)


def _listed() -> list[tuple[int, int]]:
    """Every living process with its parent, from /proc, or from ps where there is none."""
    if os.path.exists("/proc/self/stat"):
        found = []
        for name in os.listdir("/proc"):
            with contextlib.suppress(OSError, IndexError):
                if name.isdigit():
                    with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                        state, parent = file.read().rpartition(")")[2].split()[:2]
                    found += [(int(name), int(parent))] if state != "Z" else []
        return found
    words = ["ps", "-A", "-o", "pid=,ppid=,stat="]
    lines = subprocess.run(words, capture_output=True, text=True, check=False, timeout=30).stdout.splitlines()
    rows = [line.split() for line in lines]
    # The ps that is listing is no part of the family that it lists.
    return [(int(row[0]), int(row[1])) for row in rows if len(row) > 2 and not row[2].startswith("Z")]


def _at_start() -> "Callable[[], None] | None":
    """What the client does first: ask to be killed when this process is, should that be killed itself."""
    return (lambda: _prctl(_SIGNAL_AT_PARENTS_END, signal.SIGKILL)) if sys.platform == "linux" else None


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
