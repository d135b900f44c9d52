"""The vault: what this machine remembers outside the project, so that tampering inside it shows.

It lives in the plugin's data folder: a key, and for each project the mirror of every journal, a snapshot of the run
with the stamp of the file it was taken from, copies of protected files, and leases.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from typing import Any

from assembly_line.system import disk, lock


def data_folder() -> str:
    """The plugin's data folder, as the client names it, else the one that a directly loaded plugin would have."""
    named = os.environ.get("CLAUDE_PLUGIN_DATA")
    return named or os.path.join(config_folder(), "plugins", "data", "assembly-line-assembly-line")


def config_folder() -> str:
    """The client's own configuration folder."""
    return os.environ.get("CLAUDE_CONFIG_DIR") or os.path.join(os.path.expanduser("~"), ".claude")


class Vault:
    """The part of the data folder that belongs to one project."""

    def __init__(self, root: str, data: str = "") -> None:
        self.data = data or data_folder()
        name = hashlib.sha256(os.path.realpath(root).encode("utf-8", "surrogateescape")).hexdigest()[:16]
        self.folder = os.path.join(self.data, "projects", name)

    def key(self) -> bytes:
        """32 random bytes made at first use; they sign every record that this machine writes."""
        path = os.path.join(self.data, "key")
        found = disk.read(path)
        if found is None or len(found) != 32:
            with lock.hold(os.path.join(self.data, "key.lock")):  # two projects may begin at once
                disk.sweep(self.data, "key")
                found = disk.read(path)
                if found is None or len(found) != 32:
                    found = os.urandom(32)
                    disk.write(path, found, 0o600)
        return found

    def mirror(self, task: str) -> str:
        """The path of the second copy of a task's journal."""
        return os.path.join(self.folder, f"{task}.jsonl")

    def knows(self, task: str) -> bool:
        """Whether this machine wrote a journal of the task, so that what keeps it from its place was put there."""
        return os.path.exists(self.mirror(task))

    def protect(self, task: str, root: str, names: Iterable[str]) -> None:
        """Keep copies of files of the run as they are now; from here on any other content is tampering."""
        stamps = {}
        for relative in names:
            path = os.path.join(root, relative)
            stamps[relative] = disk.stamp(path)  # first: what is written meanwhile differs from it
            data = disk.read(path) or b""
            if disk.read(self._copy(task, relative)) != data:
                disk.write(self._copy(task, relative), data)
        self._list(task, stamps)

    def put(self, task: str, root: str, relative: str, data: bytes, *, durable: bool = True) -> None:
        """Write a protected file; its copy comes first, so that a crash in between does not look like tampering."""
        disk.write(self._copy(task, relative), data, durable=durable)
        disk.write(disk.inside(root, relative), data, durable=durable)
        self._list(task, {relative: disk.stamp(os.path.join(root, relative))})

    def _list(self, task: str, stamps: dict[str, list[int]]) -> None:
        self._write(f"{task}.files.json", {**self.protected(task), **stamps})

    def release(self, task: str) -> None:
        """Forget all copies of a task's files."""
        for relative in self.protected(task):
            disk.remove(self._copy(task, relative))
        disk.remove(os.path.join(self.folder, f"{task}.files.json"))

    def protected(self, task: str) -> dict[str, list[int]]:
        """The protected files of a task with their stamps, by path from the project's root."""
        return self._json(f"{task}.files.json")

    def restore(self, task: str, root: str) -> tuple[str, ...]:
        """Put back every protected file whose content changed; their paths."""
        undone = []
        listed = self.protected(task)
        for relative, stamp in listed.items():
            path = os.path.join(root, relative)
            planted = disk.clear(root, relative)
            if disk.stamp(path) == stamp and not planted:
                continue
            kept = disk.read(self._copy(task, relative))
            if kept is not None and not _holds(path, kept):
                disk.write(path, kept)
                undone.append(relative)
            listed[relative] = disk.stamp(path)
            self._write(f"{task}.files.json", listed)
        return tuple(undone)

    def keep(self, name: str, data: bytes) -> None:
        """Keep a copy of some bytes under a name."""
        disk.write(os.path.join(self.folder, "kept", name), data, durable=False)

    def kept(self, name: str) -> bytes | None:
        """The bytes kept under a name."""
        return disk.read(os.path.join(self.folder, "kept", name))

    def note_stamp(self, name: str, stamp: list[int], *, foreign: bool = False) -> None:
        """Remember a file's stamp under a name; `foreign` says that somebody else wrote it since the last one."""
        self._write(f"stamp-{name}.json", {"stamp": stamp, "writers": self.writers(name) + foreign})

    def writers(self, name: str) -> int:
        """How often somebody else has written the file of that name."""
        found: int = self._json(f"stamp-{name}.json").get("writers", 0)
        return found

    def note_seen(self, task: str, writers: int) -> None:
        """Remember up to which foreign writer a task's entry in the state file is known to be right."""
        if self.seen(task) != writers:
            self._write(f"{task}.seen.json", {"writers": writers})

    def seen(self, task: str) -> int:
        """The foreign writer up to which the task's entry is known to be right."""
        found: int = self._json(f"{task}.seen.json").get("writers", 0)
        return found

    def stamp_of(self, name: str) -> list[int]:
        """The stamp remembered under a name, or []."""
        found: list[int] = self._json(f"stamp-{name}.json").get("stamp", [])
        return found

    def lease(self, task: str) -> dict[str, Any]:
        """Who holds a task's run: session, pid, started, host; {} when nobody does."""
        return self._json(f"{task}.lease.json")

    def save_lease(self, task: str, lease: dict[str, Any]) -> None:
        """Write or, with {}, drop a task's lease."""
        if lease:
            self._write(f"{task}.lease.json", lease)
        else:
            disk.remove(os.path.join(self.folder, f"{task}.lease.json"))

    def _copy(self, task: str, relative: str) -> str:
        return os.path.join(self.folder, "files", task, hashlib.sha256(relative.encode()).hexdigest()[:24])

    def _json(self, name: str) -> dict[str, Any]:
        return parsed(disk.read(os.path.join(self.folder, name)) or b"")

    def _write(self, name: str, value: dict[str, Any]) -> None:
        disk.write(os.path.join(self.folder, name), compact(value).encode(), durable=False)


def compact(value: Any) -> str:
    """A value as JSON on one line."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def parsed(data: bytes) -> dict[str, Any]:
    """A JSON file of the vault; {} when it is missing or unreadable, as it can always be made again."""
    try:
        found = json.loads(data) if data else {}
    except ValueError:
        found = {}
    return found if isinstance(found, dict) else {}


def _holds(path: str, data: bytes) -> bool:
    return not os.path.islink(path) and os.path.isfile(path) and disk.read(path) == data
