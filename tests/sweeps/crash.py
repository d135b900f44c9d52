"""Kills a hook before every call that changes a file, then delivers the event again: nothing shows the difference."""

import fcntl
import os
import re
import shutil
import signal
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.delivery import Said
from tests.sweeps.desk import Desk
from tests.sweeps.scenes import MOMENTS, Moment, Seen, faults, seen
from tests.sweeps.tally import Figure, Tally

CALLS = ("open", "write", "fsync", "replace", "rename", "unlink", "ftruncate", "mkdir", "rmdir")
_TRACED = "openat,write,fsync,rename,unlink,unlinkat,rmdir,mkdir,ftruncate,flock,close,vfork"
_LINE = re.compile(r"^(\w+)\((.*)$")
GONE = 2**22 - 7  # no process has this number


class Stage(NamedTuple):
    """A moment made ready in a desk: what an undisturbed delivery leads to, and what was acknowledged before it."""

    moment: Moment
    desk: Desk
    wanted: Seen
    before: bytes
    answer: Said


def stage(folder: Path, moment: Moment) -> Stage:
    """Make a moment ready, and see what its event leads to when nothing goes wrong."""
    desk = Desk(folder)
    desk.pid = GONE
    moment.prepare(desk)
    desk.keep("kept")
    desk.put_back("kept")
    event = moment.event(desk)
    before = desk.journal.read_bytes() if desk.journal.exists() else b""
    answer = desk.fork(event)
    if moment.again is not None:
        desk.fork(moment.again(desk))
    return Stage(moment, desk, seen(desk), _acknowledged(moment, before), answer)


def _acknowledged(moment: Moment, before: bytes) -> bytes:
    return b"" if moment.name.startswith("tampering") else before


def reset(ready: Stage) -> dict[str, Any]:
    """Go back to before the event; the event."""
    ready.desk.put_back("kept")
    return ready.moment.event(ready.desk)


def recover(ready: Stage, event: dict[str, Any]) -> list[str]:
    """Deliver again what the client would, then say what is wrong."""
    again = ready.moment.again(ready.desk) if ready.moment.again is not None else event
    said = ready.desk.fork(again)
    found = faults(ready.desk, ready.wanted, ready.before)
    if said.status != 0 or said.err:
        found.append(f"the second delivery ended with {said.status}: {said.err[:200]}")
    elif ready.moment.again is None and said.matter() != ready.answer.matter():
        found.append(f"another answer: {said.matter()} instead of {ready.answer.matter()}")
    return found


class Counter:
    """Counts the calls of this process that change files, from the lock on, and does something at one of them."""

    def __init__(self, at: int, deed: Callable[[str], None], calls: Iterable[str] = CALLS) -> None:
        self.at, self.deed, self.calls = at, deed, calls
        self.count = 0
        self.armed = False
        self.names: list[str] = []

    def install(self) -> None:
        """Put this in front of the calls; only in a fork."""
        for name in self.calls:
            setattr(os, name, self._guard(name, getattr(os, name)))
        real = fcntl.flock

        def flock(descriptor: Any, operation: int) -> None:
            real(descriptor, operation)
            self.armed = True

        fcntl.flock = flock

    def _guard(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*arguments: Any, **named: Any) -> Any:
            if self.armed and (name != "open" or arguments[1] & (os.O_WRONLY | os.O_RDWR)):
                self.count += 1
                self.names.append(name)
                if self.count == self.at:
                    self.deed(name)
            return call(*arguments, **named)

        return guarded


def _die(_name: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def points(ready: Stage) -> list[str]:
    """The calls that the event makes when nothing goes wrong, by name."""
    event = reset(ready)
    place = ready.desk.folder / "points"

    def first() -> None:
        counter = Counter(0, _die)
        counter.install()
        import atexit  # the child ends by os._exit, so the count is written when it does

        assert atexit
        real = os._exit

        def leave(status: int) -> None:
            counter.armed = False
            place.write_text("\n".join(counter.names), "utf-8")
            real(status)

        os._exit = leave  # type: ignore[assignment]

    ready.desk.fork(event, first=first)
    return place.read_text("utf-8").split()


def forked(folder: Path, moments: Iterable[Moment], step: int = 1) -> Figure:
    """Every `step`-th point of some moments, by fork: what runs everywhere and every day."""
    tally = Tally("crash (fork)")
    for number, moment in enumerate(moments):
        ready = stage(folder / f"moment{number}", moment)
        names = points(ready)
        for at in range(1, len(names) + 1, step):
            event = reset(ready)
            said = ready.desk.fork(event, first=Counter(at, _die).install)
            wrong = [] if said.status == -signal.SIGKILL else [f"was not killed: {said}"]
            tally.add(f"{moment.name}, {names[at - 1]} {at} of {len(names)}", wrong + recover(ready, event))
        shutil.rmtree(ready.desk.folder)
    return tally.figure(f"killed before a call in {len(MOMENTS)} moments, delivered again")


def traced(ready: Stage) -> list[tuple[str, int]]:
    """The hook's system calls from the lock on that concern the project or the answer, each with its count."""
    out = ready.desk.folder / "trace"
    wrapper = ("strace", "-y", "-o", str(out), "-e", f"trace={_TRACED}")
    for _ in range(2):  # the first run fills the cache of compiled modules
        event = reset(ready)
        ready.desk.spawn(event, wrapper=wrapper)
    found, locked = [], False
    counts: dict[str, int] = {}
    for line in out.read_text("utf-8", "replace").splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        name, rest = match[1], match[2]
        counts[name] = counts.get(name, 0) + 1
        if locked and _concerns(name, rest, str(ready.desk.top)):
            found.append((name, counts[name]))
        locked = locked or (name == "flock" and rest.endswith("= 0"))
    return found


def _concerns(name: str, rest: str, top: str) -> bool:
    if name == "vfork":
        return True
    if name == "openat":
        return top in rest and ("O_WRONLY" in rest or "O_RDWR" in rest or "O_CREAT" in rest)
    if name == "close":
        return (top in rest and ".tmp" in rest) or ".lock" in rest or ".jsonl" in rest
    return top in rest or (name == "write" and rest.startswith("1"))


def by_strace(folder: Path, moments: Iterable[Moment], step: int = 1) -> Figure:
    """The same with the real process, killed by strace at the entry of the system call."""
    tally = Tally("crash")
    if not works():
        return tally.figure(skipped="strace is not there or may not trace")
    for number, moment in enumerate(moments):
        ready = stage(folder / f"moment{number}", moment)
        calls = traced(ready)
        for name, count in calls[::step]:
            event = reset(ready)
            inject = ("-e", f"trace={name}", "-e", f"inject={name}:signal=KILL:when={count}")
            said = ready.desk.spawn(event, wrapper=("strace", "-qq", "-o", "/dev/null", *inject))
            killed = said.status in (-signal.SIGKILL, 128 + signal.SIGKILL)
            wrong = [] if killed else [f"was not killed: {said}"]
            tally.add(f"{moment.name}, {name} {count}", wrong + recover(ready, event))
        shutil.rmtree(ready.desk.folder)
    return tally.figure("killed before a system call by strace, delivered again")


def works() -> bool:
    """Whether strace is there and may trace."""
    import subprocess

    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode == 0


def sweep(folder: Path, quick: bool) -> list[Figure]:
    """Both ways."""
    return [
        forked(folder / "fork", MOMENTS, 6 if quick else 2),
        by_strace(folder / "strace", MOMENTS, 24 if quick else 9),
    ]
