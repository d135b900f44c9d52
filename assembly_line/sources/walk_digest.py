"""The digest of the sources where git cannot compute it: every file of the project's folder counts.

A file is read again when its times, size or inode differ from those it had when it was read.
"""

import contextlib
import hashlib
import os
import stat
import time
from collections.abc import Iterable
from typing import Any

from assembly_line.sources import beside, note
from assembly_line.sources.ignored import cache_of, is_cached, is_own
from assembly_line.sources.repository import holds, is_below
from assembly_line.system import disk

_KEPT = 12  # lists of files, the least recently used go first
_ROOM = 32 * 1024 * 1024  # bytes of all lists
_MAX_LISTED = 100_000  # files in a list that is kept
_LINK = "link "
_YOUNG = 2_000_000_000  # nanoseconds in which a file's times may not tell that it was written again

Files = dict[str, str]  # the hash of each file's content, by path from the root


class Walk:
    """A project's folder; the files of its last digests are listed in the vault, so that changes can be named."""

    def __init__(self, root: str, folder: str, key: bytes, kept: frozenset[str] = frozenset()) -> None:
        self._root, self._folder, self._key, self._names = root, folder, key, kept
        self.caches: set[str] = set()

    def digest(self, left: frozenset[str]) -> str:
        """A hash over the paths and contents of all sources but some."""
        return self._put(self._files(left))

    def without(self, digest: str, paths: frozenset[str]) -> str:
        """The digest of a list without some paths, or of what is in the folder now if the list is not kept."""
        listed = self._listed(digest)
        if listed is None:
            return self.digest(paths)
        return self._put({path: content for path, content in listed.items() if not is_below(path, paths)})

    def touched(self) -> tuple[str, ...]:
        """The files that were written since this was last asked and hold again what they held before."""
        noted = note.load(self._note, self._key)
        if noted.get("touched"):
            note.save(self._note, self._key, noted | {"touched": []})
        return tuple(noted.get("touched", ()))

    def changes(self, before: str, after: str, left: frozenset[str]) -> list[tuple[str, str]] | None:
        """The paths that differ between two digests, each with A, M or D; None when a list is not kept."""
        old, new = self._listed(before), self._listed(after)
        if old is None or new is None:
            return None
        paths = [path for path in sorted({*old, *new}) if old.get(path) != new.get(path) and not is_below(path, left)]
        return [(path, "A" if path not in old else "D" if path not in new else "M") for path in paths]

    def absent(self, paths: Iterable[str], digest: str) -> tuple[str, ...]:
        """Those of some paths that were not there; () when the list is not kept."""
        listed = self._listed(digest)
        return () if listed is None else tuple(path for path in paths if path not in listed)

    @property
    def _note(self) -> str:
        return os.path.join(self._folder, "read.note")

    def _put(self, files: Files) -> str:
        """The digest of a list of files, which is kept under it."""
        data = "\0".join(part for item in files.items() for part in item).encode("utf-8", "surrogateescape")
        digest = hashlib.sha256(data).hexdigest()
        if len(files) <= _MAX_LISTED and not os.path.exists(os.path.join(self._folder, digest)):
            with contextlib.suppress(OSError):  # only for the names of changes
                disk.write(os.path.join(self._folder, digest), data, durable=False)
                self._prune()
        return digest

    def _listed(self, digest: str) -> Files | None:
        path = os.path.join(self._folder, digest)
        data = disk.read(path) if digest.isalnum() else None
        if data is None or hashlib.sha256(data).hexdigest() != digest:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        fields = data.decode("utf-8", "surrogateescape").split("\0") if data else []
        return dict(zip(fields[::2], fields[1::2], strict=True))

    def _prune(self) -> None:
        names = [os.path.join(self._folder, name) for name in os.listdir(self._folder) if name.isalnum()]
        room = _ROOM
        for number, path in enumerate(sorted(names, key=os.path.getmtime, reverse=True)):
            room -= os.path.getsize(path)
            if number >= _KEPT or (room < 0 and number > 1):
                disk.remove(path)

    def _files(self, left: frozenset[str]) -> Files:
        """All sources with the hash of their content, in the order in which they are walked."""
        noted = note.load(self._note, self._key)
        known: dict[str, list[Any]] = noted.get("read", {})
        read: dict[str, list[Any]] = {}
        found, touched = {}, set(noted.get("touched", ()))
        # Of a file that had just been written when it was read, and of what a link leads to, the times prove nothing.
        begun, sure = time.time_ns(), noted.get("at", 0) - _YOUNG
        newest = 0
        for path, entry in self._walked(left):
            status = entry.stat(follow_symlinks=False)
            stamp = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
            before = known.get(path)
            if before and before[0] == stamp and stamp[2] < sure and not before[1].startswith(_LINK):
                content = str(before[1])
            else:
                content = _content(entry.path, status.st_mode, self._root)
                if before and before[1] == content and before[0] != stamp:
                    touched.add(path)
            found[path] = content
            read[path] = [stamp, content]
            newest = max(newest, stamp[2] + _YOUNG)
        now = {"at": begun, "read": read, "touched": sorted(touched)}
        if now != noted | {"at": begun} or noted["at"] < newest:
            note.save(self._note, self._key, now)
        return found

    def _walked(self, left: frozenset[str]) -> Iterable[tuple[str, "os.DirEntry[str]"]]:
        """Every file that is a source, sorted within each folder."""
        folders = [""]
        while folders:
            prefix, below = folders.pop(), []
            try:
                entries = sorted(os.scandir(os.path.join(self._root, prefix)), key=lambda item: item.name)
            except OSError:
                continue
            for entry in entries:
                path = f"{prefix}{entry.name}"
                is_folder = entry.is_dir(follow_symlinks=False)
                if entry.name == ".git" or is_own(f"{path}/" if is_folder else path) or is_below(path, left):
                    continue
                if is_folder and not (is_cached(path) and not self._holds_kept(path)):
                    below.append(f"{path}/")
                elif is_cached(path) and path not in self._names:
                    self.caches.add(cache_of(path))
                elif not is_folder:
                    yield path, entry
            folders += reversed(below)

    def _holds_kept(self, folder: str) -> bool:
        return any(name.startswith(f"{folder}/") for name in self._names)


def _content(path: str, mode: int, root: str) -> str:
    try:
        if stat.S_ISLNK(mode):
            target = os.readlink(path).encode("utf-8", "surrogateescape")
            is_inside = holds(os.path.realpath(root), os.path.realpath(path))
            state = "" if is_inside else beside.state_of(path)
            return f"{_LINK}{hashlib.sha256(target + state.encode()).hexdigest()}"
        if not stat.S_ISREG(mode):
            return "no file"  # a FIFO or a device is not a source, and reading one may never end
        with open(path, "rb") as file:
            content = hashlib.sha256()
            while part := file.read(1 << 20):
                content.update(part)
            return content.hexdigest()
    except OSError:
        return "unreadable"
