"""Every state in which a power failure may leave the disk: recovery must give the old or the new, never less than was said.

The calls of `disk` are recorded; then, for each prefix of them, all that was not synced is lost, torn, zeroed or written
out of order, directory entries apart from content, and the plugin opens what is left.
"""

import contextlib
import hashlib
import itertools
import os
import random
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from assembly_line import disk, journal, line, statefile, store, workflow
from assembly_line.core.evolve import evolve
from assembly_line.core.projection import project
from assembly_line.core.run import Event, Run, Settings
from assembly_line.core.task import Criterion
from assembly_line.vault import Vault
from sweeps.tally import Figure, Tally

PAGE = 4096
TASK = "TASK-031"
BEFORE = b"# kept by a person\nversion: '1.0'\ntasks:\n  OTHER-1: {status: completed}\n"
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


def _stamp(path: str) -> list[int]:
    """A stamp by content: what a snapshot was taken from is known again exactly if it is the same."""
    try:
        data = Path(path).read_bytes()
    except OSError:
        return []
    return [len(data), int.from_bytes(hashlib.sha256(data).digest()[:6], "big")]


# What is recorded.


def start() -> Event:
    """The event that begins a run; its line is three pages long."""
    data = {
        "task": TASK,
        "title": "Count words",
        "type": "",
        "workflow": "generic",
        "track": "",
        "description": "word " * 2000,
        "blueprint": f"tasks/{TASK}.yaml",
        "blueprint_sha": "0" * 64,
        "state_file": store.STATE_FILE,
        "baseline": "",
        "criteria": (Criterion("AC-1", "it counts"),),
        "stations": workflow.load("generic")[1],
        "skipped": [],
        "settings": Settings()._asdict(),
    }
    return Event("run_started", data)


def events() -> list[tuple[Event, ...]]:
    """What the hooks of a run's beginning record, delivery by delivery."""
    call = {"dispatch": "d-0001", "station": "bundler", "agent": "assembly-line:bundler", "iteration": 1, "tier": "T1"}
    seen = {"dispatch": "d-0001", "station": "bundler", "served": "", "tokens": {}}
    long = {"status": "done", "summary": "said " * 1500}
    return [
        (start(), Event("lease_taken", {"session": "s-1", "relay": ""})),
        (Event("bundle_created", {"path": "x"}), Event("agents_ready", {"agents": {}, "skipped": []})),
        (Event("dispatched", {**call, "model": "haiku", "call": "c-1", "tree": "", "why": "first"}),),
        (Event("agent_started", {"dispatch": "d-0001", "agent_id": "a-1"}),),
        (Event("reported", {**seen, "report": long}, "k-1"),),
        (Event("iteration_started", {"iteration": 1, "tier": "T1", "stations": ["developer"]}),),
        (Event("paused", {"reason": "human", "message": "paused"}),),
    ]


Acks = list[tuple[int, int]]  # (number of operations, records acknowledged by then)


def perform(place: Path, deliveries: list[tuple[Event, ...]]) -> Recorder:
    """Do the work for real while the calls are written down."""
    root, data = place / "project", place / "data"
    (root / store.PLANNING).mkdir(parents=True)
    data.mkdir()
    (root / store.STATE_FILE).write_bytes(BEFORE)
    vault = Vault(str(root), str(data))
    recorder = Recorder(str(place))
    recorder.files[str(root / store.STATE_FILE)] = recorder.first
    recorder.versions.add(BEFORE)
    with mock.patch.object(disk, "os", recorder), mock.patch.object(disk, "stamp", _stamp), _environment(data):
        for delivery in deliveries:
            with store.opened(str(root), TASK, vault) as held:
                line.guard(held, files=False)
                held.record(*delivery)
                recorder.ops.append(Op("ack", "", at=held.seq))
    return recorder


@contextlib.contextmanager
def _environment(data: Path) -> Iterator[None]:
    with mock.patch.dict(os.environ, {"CLAUDE_PLUGIN_DATA": str(data)}):
        yield


# What may be left of it.


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

    def left(self, entries: list[Op], choose: Callable[[int], str]) -> dict[str, bytes]:
        """The files after a failure in which only these entries arrived, and of each file's writes what is chosen."""
        folders, names = set(self.folders), dict(self.names)
        self._enter(entries, folders, names)
        found = {}
        for path, file in names.items():
            if _reached(os.path.dirname(path), folders, self.top):
                found[path] = _torn(self.content.get(file, b""), self.writes.get(file, []), choose(file))
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
    names = {os.path.join(root, store.STATE_FILE): recorder.first}
    folders = {str(place), root, data, os.path.join(root, "docs"), os.path.join(root, store.PLANNING)}
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
            files = now.left([entry for entry in now.entries if entry in mine[:count] or entry in rest], lambda file, pick=pick: pick.get(file, "all"))
            mark = hashlib.sha256(repr((now.acked, sorted(files.items()))).encode()).digest()
            if mark not in met:
                met.add(mark)
                yield Left(after, f"after {after} ({op.what}), {count} of {len(mine)} entries, {kind}, vault {other}", files, now.acked)


# What must hold then.


def judge(left: Left, place: Path, lines: list[bytes], versions: set[bytes]) -> list[str]:
    """Put the files in place, open the store as a hook does, and say what is wrong."""
    root, data = place / "project", place / "data"
    shutil.rmtree(place, ignore_errors=True)
    (root / store.PLANNING).mkdir(parents=True)
    data.mkdir()
    for path, content in left.files.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(content)
    found = _as_left(left, root, versions)
    path = root / store.journal_path(TASK)
    with mock.patch.object(disk, "stamp", _stamp), _environment(data):
        try:
            with store.opened(str(root), TASK, Vault(str(root), str(data))) as held:
                line.guard(held, files=False)
                records, run = held.records(), held.run
        except Exception as error:
            return [*found, f"cannot be opened: {type(error).__name__}: {error}"]
    kept = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    same = len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], zip(kept, lines, strict=False))))
    if same < left.acked:
        found.append(f"{left.acked} records were acknowledged, {same} are left")
    odd = [record.kind for record in records[same:] if record.kind not in ("repaired",)]
    if odd:
        found.append(f"records that nobody wrote: {', '.join(odd)}")
    if run.number:
        entry = statefile.load(str(root), run.state_file)["tasks"].get(TASK, {})
        if not all(entry.get(name) == value for name, value in store._plain(project(run)).items()):
            found.append("the state file does not show the run")
    if b"kept by a person" not in (root / store.STATE_FILE).read_bytes():
        found.append("the state file lost what others wrote")
    return found


def _as_left(left: Left, root: Path, versions: set[bytes]) -> list[str]:
    """Before anything is repaired: no half state file, and none that runs ahead of the journal."""
    data = left.files.get(str(root / store.STATE_FILE))
    if data is None:
        return ["the state file is gone"]
    if data not in versions:
        return ["half a state file"]
    shown = statefile.load(str(root), store.STATE_FILE)["tasks"].get(TASK)
    if shown is None:
        return []
    raw = left.files.get(str(root / store.journal_path(TASK)), b"")
    try:
        count = len(journal.parse(raw, TASK, TASK)[0])
    except journal.Damaged:
        count = 0
    return ["the state file is ahead of the journal"] if shown["journal"]["events"] > count else []


# Mistakes that this must find.


def _no_sync(original: Callable[..., None]) -> Callable[..., None]:
    def write(path: str, data: bytes, mode: int = 0o644, *, durable: bool = True) -> None:
        with mock.patch.object(disk, "_sync", lambda descriptor: None):
            original(path, data, mode, durable=durable)

    return write


def _in_place(path: str, data: bytes, mode: int = 0o644, *, durable: bool = True) -> None:
    disk._make_folder(os.path.dirname(path), durable)
    descriptor = disk.os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    disk._write_all(descriptor, data)
    disk._sync(descriptor)
    disk.os.close(descriptor)


def _state_first(original: Callable[..., Run]) -> Callable[..., Run]:
    def record(self: store.Store, *given: Event) -> Run:
        kept = self.run, self.seq, self.head
        for event in given:
            self.run, self.seq = evolve(self.run, event, store.utc_now()), self.seq + 1
        self.show()
        self.run, self.seq, self.head = kept
        return original(self, *given)

    return record


def _early_ack(original: Callable[..., None]) -> Callable[..., None]:
    def append(path: str, data: bytes, *, durable: bool = True) -> None:
        def sync(descriptor: int) -> None:
            disk.os.ops.append(Op("ack", "", at=data.count(b"\n") + _lines(path)))  # type: ignore[attr-defined]
            os_sync(descriptor)

        os_sync = disk._sync
        with mock.patch.object(disk, "_sync", sync):
            original(path, data, durable=durable)

    return append


def _lines(path: str) -> int:
    return Path(path).read_bytes().count(b"\n") - 1


def _mirror_first(self: store.Store, data: bytes) -> bytes:
    kept = disk.read(self.vault.mirror(self.task)) or b""
    if kept and kept != data:
        disk.write(self.path, kept)
    return kept or data


def _no_repair(original: Callable[..., Any]) -> Callable[..., Any]:
    def parse(data: bytes, name: str, task: str) -> Any:
        records, torn = original(data, name, task)
        if torn is not None:
            raise journal.Damaged(f"{name}: torn")
        return records, torn

    return parse


def _loose_folder(folder: str, durable: bool) -> None:
    disk.os.makedirs(folder, exist_ok=True)


def mutants() -> dict[str, tuple[Any, str, Any, bool]]:
    """Each mistake: object, name, replacement, and whether it is in the recovery instead of in the writing."""
    append, write, record, parse = disk.append, disk.write, store.Store.record, journal.parse
    return {
        "journal not synced": (disk, "append", lambda path, data, durable=True: append(path, data, durable=False), False),
        "no sync before the rename": (disk, "write", _no_sync(write), False),
        "folders not synced": (disk, "_sync_folder", lambda folder: None, False),
        "new folders not synced": (disk, "_make_folder", _loose_folder, False),
        "written in place": (disk, "write", _in_place, False),
        "state before the journal": (store.Store, "record", _state_first(record), False),
        "acknowledged before the sync": (disk, "append", _early_ack(append), False),
        "mirror trusted over the journal": (store.Store, "_against_mirror", _mirror_first, True),
        "torn line not repaired": (journal, "parse", _no_repair(parse), True),
    }


def explore(place: Path, deliveries: list[tuple[Event, ...]], limit: int = 0, seed: int = 1) -> Iterator[tuple[str, list[str]]]:
    """Record some deliveries, then name each state that a failure may leave, or `limit` of them, and what is wrong in it."""
    shutil.rmtree(place, ignore_errors=True)
    recorder = perform(place, deliveries)
    lines = (place / "project" / store.journal_path(TASK)).read_bytes().splitlines(keepends=True)
    found = list(states(recorder, place, seed))
    if limit and len(found) > limit:
        found = random.Random(seed).sample(found, limit)
    for left in found:
        yield left.said, judge(left, place, lines, recorder.versions)


def caught(place: Path, name: str, deliveries: list[tuple[Event, ...]], limit: int = 0) -> bool:
    """Whether a mistake in the writing code is found; one in the recovery is made in both."""
    owner, attribute, other, in_recovery = mutants()[name]
    patch = mock.patch.object(owner, attribute, other)
    if in_recovery:
        with patch:
            return any(wrong for _, wrong in explore(place, deliveries, limit))
    with patch:
        shutil.rmtree(place, ignore_errors=True)
        recorder = perform(place, deliveries)
    lines = (place / "project" / store.journal_path(TASK)).read_bytes().splitlines(keepends=True)
    found = list(states(recorder, place))
    if limit and len(found) > limit:
        found = random.Random(1).sample(found, limit)
    return any(judge(left, place, lines, recorder.versions) for left in found)


def sweep(folder: Path, quick: bool) -> list[Figure]:
    """All states, then all mistakes."""
    limit = 400 if quick else 0
    tally, hunt = Tally("power"), Tally("power (mutants)")
    for said, wrong in explore(folder / "disk", events(), limit):
        tally.add(said, wrong)
    figure = tally.figure("states after a power failure")
    for name in mutants():
        hunt.add(name, [] if caught(folder / "disk", name, events(), limit) else ["not caught"])
    return [figure, hunt.figure("mistakes in the writing code caught")]
