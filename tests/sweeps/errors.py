"""Failing calls: EIO, ENOSPC, EFBIG and short writes anywhere; the exit status is right and nothing is half done."""

import contextlib
import errno
import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.support.delivery import Said
from tests.sweeps import crash
from tests.sweeps.crash import Counter, Stage, points, reset, stage
from tests.sweeps.scenes import MOMENTS, Moment, seen
from tests.sweeps.tally import Figure, Tally

GATES = ("PreToolUse", "UserPromptExpansion")
KINDS = ("EIO", "ENOSPC", "EFBIG", "short write")
NAMES = (
    "start",
    "dispatch",
    "refused call",
    "developer reports",
    "verdict PASS, summary",
    "compliance PASS, completion",
    "pause",
    "end of turn",
)
LIMITS = (0, 1, 200, 700, 1500, 3000, 5000, 9000)  # bytes that a file may have
ROOM = (0, 4096, 8192, 16384, 32768, 65536)  # bytes that are left on the disk
_SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
static int at, then, count;
__attribute__((constructor)) static void begin(void) {
  at = atoi(getenv("FAULT_AT"));
  then = atoi(getenv("FAULT_THEN"));
  unsetenv("LD_PRELOAD");
}
ssize_t write(int descriptor, const void *data, size_t size) {
  static ssize_t (*real)(int, const void *, size_t);
  struct stat seen;
  if (!real) real = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
  if (fstat(descriptor, &seen) || !S_ISREG(seen.st_mode)) return real(descriptor, data, size);
  count++;
  if (count == at && size > 1) return real(descriptor, data, size / 2);
  if (count == at + 1 && then) { errno = then; return -1; }
  return real(descriptor, data, size);
}
"""


_FOLLOWS = ("the run differs", "facts differ", "files differ", "another answer")  # from a report that was lost


def moments() -> list[Moment]:
    """The moments in which calls are made to fail."""
    return [moment for moment in MOMENTS if moment.name in NAMES]


def recover(ready: Stage, event: dict[str, Any]) -> list[str]:
    """As after a crash; but a hidden folder that could not be removed may stay until the next run of the task.

    A report that came while git could not write is lost as a failure of the environment, and the station called again.
    """
    found = crash.recover(ready, event)
    run = ready.desk.state()
    if run.error.kind == "environment" and run.past and run.past[-1].end == "lost":
        found = [fault for fault in found if not fault.startswith(_FOLLOWS)]
    return [fault for fault in found if not (fault.startswith("files differ: ") and _all_gone(fault))]


def _all_gone(fault: str) -> bool:
    return all(".gone/" in name for name in fault.removeprefix("files differ: ").split(", "))


def answered(ready: Stage, event: dict[str, Any], said: Said) -> list[str]:
    """What is wrong with how a hook ended in which a call failed."""
    gate = event["hook_event_name"] in GATES
    lines = said.err.strip().split("\n") if said.err.strip() else []
    if "Traceback" in said.err or "Exception ignored" in said.err:
        return [f"a traceback: {said.err[-200:]}"]
    if said.status == 2 and gate:
        return (
            [] if len(lines) == 1 and lines[0].startswith("assembly-line: ") else [f"not one line: {said.err!r:.200}"]
        )
    if said.status != 0 or lines:
        return [f"status {said.status}, {said.err!r:.200}"]
    told = said.answer.get("systemMessage", "")
    if told.startswith("assembly-line: ") and not gate:
        return [] if "\n" not in told else ["more than one line"]
    if said.matter() != ready.answer.matter():
        refused = gate and said.decision in ("block", "deny")
        return [] if refused and "\n" not in said.text else [f"lets through without a word: {said.out:.200}"]
    try:
        now = seen(ready.desk)
    except Exception as error:
        return [f"answered as if all were well, and {error}"] if ready.wanted.facts else []
    if len(now.facts) < len(ready.wanted.facts):
        return [f"answered as if all were well, with {len(now.facts)} of {len(ready.wanted.facts)} facts recorded"]
    return []


def _failing(kind: str, at: int) -> Callable[[], None]:
    """What makes the `at`-th call of a fork fail."""
    if kind != "short write":
        number = getattr(errno, kind)

        def fail(_name: str) -> None:
            raise OSError(number, os.strerror(number))

        return Counter(at, fail).install
    real = os.write

    def first() -> None:
        Counter(at, lambda name: setattr(os, "write", _half(real))).install()

    return first


def _half(real: Callable[..., int]) -> Callable[..., int]:
    def write(descriptor: int, data: Any) -> int:
        os.write = real
        return real(descriptor, data[: max(len(data) // 2, 1)])

    return write


def forked(folder: Path, chosen: Iterable[Moment], step: int = 1) -> Figure:
    """Calls that fail in a fork, and files that may not grow."""
    tally = Tally("errors (fork)")
    for number, moment in enumerate(chosen):
        ready = stage(folder / f"moment{number}", moment)
        names = points(ready)
        turn = 0
        for at in range(1, len(names) + 1):
            for kind in KINDS:
                turn += 1
                if turn % step:
                    continue
                if kind in ("short write", "EFBIG") and names[at - 1] != "write":
                    continue
                event = reset(ready)
                said = ready.desk.fork(event, first=_failing(kind, at))
                wrong = answered(ready, event, said)
                tally.add(f"{moment.name}, {kind} at {names[at - 1]} {at}", wrong + recover(ready, event))
        for limit in LIMITS[:: max(step // 3, 1)]:
            event = reset(ready)
            said = ready.desk.fork(event, first=lambda limit=limit: _limit(limit))  # type: ignore[misc]
            tally.add(f"{moment.name}, files up to {limit} bytes", answered(ready, event, said) + recover(ready, event))
        shutil.rmtree(ready.desk.folder)
    return tally.figure("failing calls and size limits")


def _limit(size: int) -> None:
    """Let files grow to `size` bytes only; what a fork says, which goes to files, is written when that is over."""
    pairs = [(os.dup(number), os.pipe()) for number in (1, 2)]
    for number, (_, (reading, writing)) in enumerate(pairs, 1):
        os.dup2(writing, number)
        os.set_blocking(reading, False)
    real = os._exit

    def leave(status: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        for place, (reading, _) in pairs:
            with contextlib.suppress(BlockingIOError):
                os.write(place, os.read(reading, 1 << 16))
        real(status)

    os._exit = leave  # type: ignore[assignment]
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def by_strace(folder: Path, chosen: Iterable[Moment], step: int = 1) -> Figure:
    """System calls that fail in the real process, the answer's own write included."""
    tally = Tally("errors")
    if not crash.works():
        return tally.figure(skipped="strace is not there or may not trace")
    for number, moment in enumerate(chosen):
        ready = stage(folder / f"moment{number}", moment)
        turn = 0
        for name, count in crash.traced(ready):
            for kind in ("EIO", "ENOSPC"):
                turn += 1
                if turn % step or name == "vfork" or (name == "close" and kind == "ENOSPC"):
                    continue
                event = reset(ready)
                inject = ("-e", f"trace={name}", "-e", f"inject={name}:error={kind}:when={count}")
                said = ready.desk.spawn(event, wrapper=("strace", "-qq", "-o", "/dev/null", *inject))
                tally.add(
                    f"{moment.name}, {kind} at {name} {count}", answered(ready, event, said) + recover(ready, event)
                )
        shutil.rmtree(ready.desk.folder)
    return tally.figure("system calls that fail, by strace")


def by_shim(folder: Path, chosen: Iterable[Moment], step: int = 1) -> Figure:
    """Half of a write arrives; then the rest does, or an error."""
    tally = Tally("errors (half writes)")
    folder.mkdir(parents=True)
    source, shim = folder / "shim.c", folder / "shim.so"
    source.write_text(_SHIM, "utf-8")
    if (
        shutil.which("gcc") is None
        or subprocess.run(
            ["gcc", "-shared", "-fPIC", "-o", str(shim), str(source), "-ldl"], capture_output=True, check=False
        ).returncode
    ):
        return tally.figure(skipped="no gcc that makes a shared library")
    for number, moment in enumerate(chosen):
        ready = stage(folder / f"moment{number}", moment)
        count = sum(name == "write" for name in points(ready))
        ready.desk.spawn(reset(ready))  # fills the cache of compiled modules
        for at in range(1, count + 1, step):
            then = (0, errno.EIO, errno.ENOSPC)[(at // step) % 3]
            event = reset(ready)
            variables = [f"LD_PRELOAD={shim}", f"FAULT_AT={at}", f"FAULT_THEN={then}"]
            said = ready.desk.spawn(event, wrapper=("env", *variables))
            case = f"{moment.name}, half of write {at}, then {errno.errorcode.get(then, 'the rest')}"
            tally.add(case, answered(ready, event, said) + recover(ready, event))
        shutil.rmtree(ready.desk.folder)
    return tally.figure("writes of which half arrives")


def by_full_disk(folder: Path, chosen: Iterable[Moment]) -> Figure:
    """A file system that is really full."""
    tally = Tally("errors (full disk)")
    folder.mkdir(parents=True)
    if not _mounted(folder / "probe", 64):
        return tally.figure(skipped="tmpfs cannot be mounted")
    _unmount(folder / "probe")
    for number, moment in enumerate(chosen):
        ready = stage(folder / f"moment{number}", moment)
        for room in ROOM:
            tally.add(f"{moment.name}, {room} bytes left", _with_room(ready, room))
        shutil.rmtree(ready.desk.folder)
    return tally.figure("a tmpfs with little room left")


def _with_room(ready: Stage, room: int) -> list[str]:
    desk = ready.desk
    if not _mounted(desk.top, 1024):
        return ["cannot be mounted"]
    try:
        event = reset(ready)
        free = os.statvfs(desk.top)
        ballast = desk.top / "ballast"
        ballast.write_bytes(b"x" * max(free.f_bavail * free.f_frsize - room, 0))
        said = desk.fork(event)
        ballast.unlink()
        return answered(ready, event, said) + recover(ready, event)
    finally:
        _unmount(desk.top)


def _mounted(place: Path, size: int) -> bool:
    place.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(place)]
    try:
        return os.geteuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _unmount(place: Path) -> None:
    subprocess.run(["umount", "-l", str(place)], capture_output=True, check=False)


def sweep(folder: Path, quick: bool) -> list[Figure]:
    """All ways."""
    chosen = moments()
    return [
        forked(folder / "fork", chosen, 41 if quick else 7),
        by_strace(folder / "strace", chosen, 60 if quick else 13),
        by_shim(folder / "shim", chosen, 9 if quick else 3),
        by_full_disk(folder / "full", chosen[2:4] if quick else chosen),
    ]
