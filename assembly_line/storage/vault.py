"""The vault: what this machine remembers outside the project, so that tampering inside the project is detected.

It lives in the plugin's data folder: a key, and for each project the mirror of every journal, snapshots of runs with
the stamp of the journal they were taken from, copies of protected files, and leases.
"""

import glob
import hashlib
import json
import os
from collections.abc import Iterable
from typing import Any

from assembly_line.system import disk, lock


def data_folder() -> str:
    """The plugin's data folder as the client names it, else the one that a directly loaded plugin would have."""
    folder = os.environ.get("CLAUDE_PLUGIN_DATA")
    return folder or os.path.join(config_folder(), "plugins", "data", "assembly-line-assembly-line")


def config_folder() -> str:
    """The client's configuration folder."""
    return os.environ.get("CLAUDE_CONFIG_DIR") or os.path.join(os.path.expanduser("~"), ".claude")


class Vault:
    """The part of the data folder that belongs to one project."""

    def __init__(self, root: str, data: str = "") -> None:
        self._root = root
        self.data = data or data_folder()
        name = hashlib.sha256(os.path.realpath(root).encode("utf-8", "surrogateescape")).hexdigest()[:16]
        self.folder = os.path.join(self.data, "projects", name)

    def tree(self) -> dict[str, Any]:
        """The work tree that all this belongs to: its id, its path, and whether its repository is marked."""
        return self._json("tree.json")

    def note_tree(self, tree: dict[str, Any]) -> None:
        """Remember which work tree all this belongs to."""
        if self.tree() != tree:  # durable, as a tree whose id is lost would be another one
            disk.write(os.path.join(self.folder, "tree.json"), compact(tree).encode())

    @property
    def mark(self) -> str:
        """The name of the file that marks the work tree in its repository, where several projects may be."""
        return f"tree-{os.path.basename(self.folder)}"

    @property
    def former(self) -> "Vault":
        """What was put away of the work tree that stood at this path before."""
        vault = Vault(self._root, self.data)
        vault.folder = f"{self.folder}.earlier"
        return vault

    def set_aside(self) -> None:
        """Put away all that is remembered of the work tree that stood at this path before, instead of what was so."""
        if os.path.isdir(self.folder):
            disk.remove_tree(self.former.folder)
            for name in ("git", "walk"):  # what the sources of then looked like
                disk.remove_tree(os.path.join(self.folder, name))
            os.rename(self.folder, self.former.folder)

    def beside(self) -> "list[Vault]":
        """The vaults of other projects in the same checkout of a repository."""
        place, found = self.tree().get("repository"), []
        projects = os.path.dirname(self.folder)
        for name in sorted(os.listdir(projects)) if place and os.path.isdir(projects) else ():
            tree = parsed(disk.read(os.path.join(projects, name, "tree.json")) or b"")
            if tree.get("repository") == place and isinstance(tree.get("root"), str):
                found.append(Vault(tree["root"], self.data))
        return [vault for vault in found if vault.folder != self.folder and vault.tree().get("repository") == place]

    def key(self) -> bytes:
        """32 random bytes, created at first use, that sign every record this machine writes."""
        path = os.path.join(self.data, "key")
        key = disk.read(path)
        if key is None or len(key) != 32:
            with lock.hold(os.path.join(self.data, "key.lock")):  # two projects may start at once
                disk.sweep(self.data, "key")
                key = disk.read(path)
                if key is None or len(key) != 32:
                    key = os.urandom(32)
                    disk.write(path, key, 0o600)
        return key

    def mirror(self, task: str) -> str:
        """The path of the second copy of a task's journal."""
        return os.path.join(self.folder, f"{task}.jsonl")

    def knows(self, task: str) -> bool:
        """Whether this machine has written a journal of the task, so that whatever blocks its path was put there."""
        return os.path.exists(self.mirror(task))

    def protect(self, task: str, root: str, names: Iterable[str]) -> None:
        """Copy files of the run as they are now; from here on any other content is tampering."""
        stamps = {}
        for relative in names:
            path = os.path.join(root, relative)
            stamps[relative] = disk.stamp(path)  # before reading, so that a concurrent write changes the stamp
            data = disk.read(path) or b""
            if disk.read(self._copy(task, relative)) != data:
                disk.write(self._copy(task, relative), data)
        self._note(task, stamps)

    def put(self, task: str, root: str, relative: str, data: bytes, *, durable: bool = True) -> None:
        """Write a protected file, its copy first, so that a crash in between does not look like tampering."""
        disk.write(self._copy(task, relative), data, durable=durable)
        disk.write(disk.inside(root, relative), data, durable=durable)
        self._note(task, {relative: disk.stamp(os.path.join(root, relative))})

    def _note(self, task: str, stamps: dict[str, list[int]]) -> None:
        self._write(f"{task}.files.json", {**self.protected(task), **stamps})

    def release(self, task: str) -> None:
        """Drop all copies of a task's protected files."""
        for relative in self.protected(task):
            disk.remove(self._copy(task, relative))
        disk.remove(os.path.join(self.folder, f"{task}.files.json"))

    def protected(self, task: str) -> dict[str, list[int]]:
        """The stamps of a task's protected files, by path from the project's root."""
        return self._json(f"{task}.files.json")

    def restore(self, task: str, root: str) -> tuple[str, ...]:
        """Restore every protected file whose content changed, and return their paths."""
        restored = []
        stamps = self.protected(task)
        for relative, stamp in stamps.items():
            path = os.path.join(root, relative)
            planted = disk.clear(root, relative)
            if disk.stamp(path) == stamp and not planted:
                continue
            copy = disk.read(self._copy(task, relative))
            if copy is not None and not _holds(path, copy):
                disk.write(path, copy)
                restored.append(relative)
            stamps[relative] = disk.stamp(path)
            self._write(f"{task}.files.json", stamps)
        return tuple(restored)

    def keep(self, name: str, data: bytes) -> None:
        """Keep bytes under a name."""
        disk.write(os.path.join(self.folder, "kept", name), data, durable=False)

    def kept(self, name: str) -> bytes | None:
        """The bytes kept under a name."""
        return disk.read(os.path.join(self.folder, "kept", name))

    def note_stamp(self, name: str, stamp: list[int], *, foreign: bool = False) -> None:
        """Remember a file's stamp under a name; `foreign` when something else wrote the file since the last one."""
        self._write(f"stamp-{name}.json", {"stamp": stamp, "writers": self.writers(name) + foreign})

    def writers(self, name: str) -> int:
        """How many foreign writes to the file of that name were noted."""
        count: int = self._json(f"stamp-{name}.json").get("writers", 0)
        return count

    def note_seen(self, task: str, writers: int) -> None:
        """Remember up to which foreign write a task's entry in the state file is known to be right."""
        if self.seen(task) != writers:
            self._write(f"{task}.seen.json", {"writers": writers})

    def seen(self, task: str) -> int:
        """The foreign write up to which the task's entry is known to be right."""
        writers: int = self._json(f"{task}.seen.json").get("writers", 0)
        return writers

    def stamp_of(self, name: str) -> list[int]:
        """The stamp remembered under a name, or []."""
        stamp: list[int] = self._json(f"stamp-{name}.json").get("stamp", [])
        return stamp

    def lease(self, task: str) -> dict[str, Any]:
        """The holder of a task's run: session, pid, started, host; {} when nobody holds it."""
        return self._json(f"{task}.lease.json")

    def holders(self) -> list[dict[str, Any]]:
        """The holders of all runs in the data folder, of every project."""
        found = glob.glob(os.path.join(glob.escape(self.data), "projects", "*", "*.lease.json"))
        return [parsed(disk.read(path) or b"") for path in sorted(found)]

    def save_lease(self, task: str, lease: dict[str, Any]) -> None:
        """Write a task's lease, or drop it with {}."""
        if lease:
            self._write(f"{task}.lease.json", lease)
        else:
            disk.remove(os.path.join(self.folder, f"{task}.lease.json"))

    def leases(self) -> dict[str, dict[str, Any]]:
        """The leases of all tasks, by task."""
        end = ".lease.json"
        names = sorted(os.listdir(self.folder)) if os.path.isdir(self.folder) else ()
        tasks = [name.removesuffix(end) for name in names if name.endswith(end)]
        return {task: found for task in tasks if (found := self.lease(task))}

    def client(self, task: str) -> dict[str, Any]:
        """The client that took a task's run last, and how it started the hook; kept when the lease is returned."""
        return self._json(f"{task}.client.json")

    def save_client(self, task: str, client: dict[str, Any]) -> None:
        """Write the client that takes a task's run."""
        self._write(f"{task}.client.json", client)

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
    """The content of a JSON file of the vault; {} when it is missing or unreadable, as it can always be made again."""
    try:
        value = json.loads(data) if data else {}
    except ValueError:
        value = {}
    return value if isinstance(value, dict) else {}


def _holds(path: str, data: bytes) -> bool:
    return not os.path.islink(path) and os.path.isfile(path) and disk.read(path) == data
