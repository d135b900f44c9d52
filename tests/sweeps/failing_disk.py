"""The disk as a power failure may leave it: what was synced, and any part of the rest."""

import hashlib
import itertools
import os
import random
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from assembly_line import paths

PAGE = 4096
BEFORE = b"# kept by a person\nversion: '1.0'\ntasks:\n  OTHER-1: {status: completed}\n"  # the state file as it was
_KINDS = ("all", "none", "zeros", "half", "last page", "first page")


class Op(NamedTuple):
    """One call that changes the disk: a file's content, a folder's entries, a sync, or what was acknowledged."""

    what: str  # write, cut, enter, leave, move, folder, sync, syncdir, ack
    path: str
    file: int = 0
    at: int = 0
    data: bytes = b""
    to: str = ""


class Recorder:
    """Stands in for the module `os` inside `disk`, and writes down what is done."""

    def __init__(self, top: str) -> None:
        self.top = top
        self.ops: list[Op] = []
        self.files: dict[str, int] = {}
        self.open_files: dict[int, tuple[str, int, bool]] = {}
        self.versions: set[bytes] = set()
        self.first = 1  # the state file as it was
        self.numbers = itertools.count(2)

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def _new(self, path: str) -> int:
        self.files[path] = next(self.numbers)
        return self.files[path]

    def open(self, path: str, flags: int, mode: int = 0o777) -> int:
        fresh = not os.path.lexists(path)
        descriptor = os.open(path, flags, mode)
        if stat.S_ISREG(os.fstat(descriptor).st_mode) and flags & (os.O_WRONLY | os.O_RDWR):
            if fresh:
                self.ops.append(Op("enter", path, self._new(path)))
            elif path not in self.files:
                self._new(path)
            if flags & os.O_TRUNC and not fresh:
                self.ops.append(Op("cut", path, self.files[path], 0))
        self.open_files[descriptor] = (path, self.files.get(path, 0), bool(flags & os.O_APPEND))
        return descriptor

    def write(self, descriptor: int, data: Any) -> int:
        path, file, appends = self.open_files[descriptor]
        at = os.fstat(descriptor).st_size if appends else os.lseek(descriptor, 0, os.SEEK_CUR)
        count = os.write(descriptor, data)
        self.ops.append(Op("write", path, file, at, bytes(data[:count])))
        return count

    def fsync(self, descriptor: int) -> None:
        path, file, _ = self.open_files[descriptor]
        self.ops.append(Op("sync", path, file) if file else Op("syncdir", path))

    def ftruncate(self, descriptor: int, size: int) -> None:
        path, file, _ = self.open_files[descriptor]
        os.ftruncate(descriptor, size)
        self.ops.append(Op("cut", path, file, size))

    def close(self, descriptor: int) -> None:
        self.open_files.pop(descriptor, None)
        os.close(descriptor)

    def replace(self, source: str, target: str) -> None:
        if target.endswith("-state.yaml"):
            self.versions.add(Path(source).read_bytes())
        os.replace(source, target)
        self.files[target] = self.files.pop(source)
        self.ops.append(Op("move", source, to=target))

    def unlink(self, path: str) -> None:
        os.unlink(path)
        self.files.pop(path, None)
        self.ops.append(Op("leave", path))

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        missing = []
        while not os.path.isdir(path):
            missing.append(path)
            path = os.path.dirname(path)
        for folder in reversed(missing):
            os.mkdir(folder)
            self.ops.append(Op("folder", folder))


class Disk:
    """The disk after some operations: what is safe, and what is only on its way."""

    def __init__(self, top: str, folders: set[str], names: dict[str, int], content: dict[int, bytes]) -> None:
        self.top = top
        self.folders, self.names, self.content = folders, names, content  # safe
        self.entries: list[Op] = []  # on their way, in order
        self.writes: dict[int, list[Op]] = {}
        self.acked = 0

    def do(self, op: Op) -> None:
        match op.what:
            case "write" | "cut":
                self.writes.setdefault(op.file, []).append(op)
            case "sync":
                self.content[op.file] = _applied(self.content.get(op.file, b""), self.writes.pop(op.file, []))
            case "syncdir":
                done = [entry for entry in self.entries if os.path.dirname(entry.path) == op.path]
                self.entries = [entry for entry in self.entries if entry not in done]
                self._enter(done, self.folders, self.names)
            case "ack":
                self.acked = op.at
            case _:
                self.entries.append(op)

    @staticmethod
    def _enter(entries: list[Op], folders: set[str], names: dict[str, int]) -> None:
        for op in entries:
            if op.what == "folder":
                folders.add(op.path)
            elif op.what == "enter":
                names[op.path] = op.file
            elif op.what == "leave":
                names.pop(op.path, None)
            elif op.path in names:
                names[op.to] = names.pop(op.path)

    def left(self, entries: list[Op], chosen: dict[int, str]) -> dict[str, bytes]:
        """The files after a failure in which only these entries arrived, and of each file's writes what is chosen."""
        folders, names = set(self.folders), dict(self.names)
        self._enter(entries, folders, names)
        found = {}
        for path, file in names.items():
            if _reached(os.path.dirname(path), folders, self.top):
                found[path] = _torn(self.content.get(file, b""), self.writes.get(file, []), chosen.get(file, "all"))
        return found


def _reached(folder: str, folders: set[str], top: str) -> bool:
    """Whether every folder on the way arrived."""
    while folder != top:
        if folder not in folders:
            return False
        folder = os.path.dirname(folder)
    return True


def _applied(data: bytes, ops: list[Op]) -> bytes:
    for op in ops:
        if op.what == "cut":
            data = data[: op.at].ljust(op.at, b"\0")
        else:
            data = data[: op.at].ljust(op.at, b"\0") + op.data + data[op.at + len(op.data) :]
    return data


def _torn(safe: bytes, ops: list[Op], kind: str) -> bytes:
    """A file of whose unsynced writes only a part arrived."""
    whole = _applied(safe, ops)
    if not ops or kind == "all":
        return whole
    if kind == "none" or len(whole) <= len(safe):
        return safe
    old = len(safe)
    pages = [old, *range((old // PAGE + 1) * PAGE, len(whole), PAGE), len(whole)]
    blank = safe + b"\0" * (len(whole) - old)
    if kind == "zeros":
        return blank
    if kind == "half":
        return whole[: (old + len(whole)) // 2]
    if kind == "last page":
        return blank[: pages[-2]] + whole[pages[-2] :]
    return whole[: pages[1]] + blank[pages[1] :]


class Left(NamedTuple):
    """One state of the disk after a failure."""

    after: int  # operations
    said: str
    files: dict[str, bytes]
    acked: int


def states(recorder: Recorder, place: Path, seed: int = 1) -> Iterator[Left]:
    """All states worth looking at, each once."""
    root, data = str(place / "project"), str(place / "data")
    chance = random.Random(seed)
    names = {os.path.join(root, paths.STATE_FILE): recorder.first}
    folders = {str(place), root, data, os.path.join(root, "docs"), os.path.join(root, paths.PLANNING)}
    now = Disk(str(place), folders, names, {recorder.first: BEFORE})
    met: set[bytes] = set()
    for after, op in enumerate([Op("none", ""), *recorder.ops]):
        if op.what != "none":
            now.do(op)
        ours = {file for file, ops in now.writes.items() if ops[0].path.startswith(root)}
        mine = [entry for entry in now.entries if entry.path.startswith(root)]
        others = [entry for entry in now.entries if not entry.path.startswith(root)]
        for count, kind, other in itertools.product(range(len(mine) + 1), _KINDS if ours else ("all",), range(4)):
            if other == 3:
                pick = {file: chance.choice(_KINDS) for file in now.writes}
            else:
                word = ("all", "none", "half")[other]
                pick = dict.fromkeys(now.writes, word)
            pick.update(dict.fromkeys(ours, kind))
            rest = (others, [], others[: len(others) // 2], others[: chance.randint(0, len(others))])[other]
            files = now.left(
                [entry for entry in now.entries if entry in mine[:count] or entry in rest],
                pick,
            )
            mark = hashlib.sha256(repr((now.acked, sorted(files.items()))).encode()).digest()
            if mark not in met:
                met.add(mark)
                yield Left(
                    after,
                    f"after {after} ({op.what}), {count} of {len(mine)} entries, {kind}, vault {other}",
                    files,
                    now.acked,
                )
