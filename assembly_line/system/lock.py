"""The lock: one process at a time writes for a project; the kernel frees it when its holder dies."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator

from assembly_line.errors import LineError
from assembly_line.system import disk

WAIT = 5.0  # seconds; well below the timeouts in hooks.json
_OLD = 60  # seconds after which no hook is still at work


@contextlib.contextmanager
def hold(path: str, wait: float = WAIT) -> Iterator[None]:
    """Hold a project's lock; LineError when another process keeps it longer than `wait` seconds.

    The lock file is never removed.
    """
    disk.make_folder(os.path.dirname(path))
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
    except OSError as error:
        raise LineError(f"{path}: cannot be opened ({error.strerror}); remove it or fix its permissions") from None
    try:
        (_lock_windows if disk.WINDOWS else _lock_posix)(descriptor, path, wait)
        _sign(descriptor)
        yield
    finally:
        os.close(descriptor)


def _sign(descriptor: int) -> None:
    """Note who holds the lock since when, for whoever waits in vain."""
    if not disk.WINDOWS:  # where nobody else could read it
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()} {int(time.time())}\n".encode(), 0)


def _busy(path: str, wait: float) -> LineError:
    """Why the lock was not got, with its holder and the way out."""
    try:
        with open(path, encoding="ascii") as file:
            process, since = map(int, file.readline().split())
    except (OSError, ValueError):
        return LineError(f"{path}: busy for {wait:g} s; another assembly-line process holds it, try again")
    age = max(0, int(time.time()) - since)
    held = f"{age} s" if age < 120 else f"{age // 60} minutes"
    who = "a process that was stopped" if _state(process) in ("T", "t") else "a process"
    way = f"end it (kill -9 {process}) and try again" if age > _OLD else "try again"
    return LineError(f"{path}: held for {held} by {who}, {process}; {way}")


def _state(process: int) -> str:
    """The state of a process where the system shows it, as T for stopped."""
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            return file.read().rpartition(b") ")[2][:1].decode()
    except OSError:
        return ""


def _lock_posix(descriptor: int, path: str, wait: float) -> None:
    import fcntl

    with contextlib.suppress(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return

    def expired(_number: int, _frame: object) -> None:
        raise _busy(path, wait)

    previous = signal.signal(signal.SIGALRM, expired)
    signal.setitimer(signal.ITIMER_REAL, wait)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def _lock_windows(descriptor: int, path: str, wait: float) -> None:
    import msvcrt

    deadline = time.monotonic() + wait
    while True:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
            return
        except OSError:
            if time.monotonic() > deadline:
                raise _busy(path, wait) from None
            time.sleep(0.01)  # Windows has no blocking lock with a deadline
