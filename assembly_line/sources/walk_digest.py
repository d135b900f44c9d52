"""The digest of the sources where git cannot compute it: every file of the project's folder is read."""

import contextlib
import hashlib
import os
from collections.abc import Iterable

from assembly_line.sources.ignored import is_cached, is_own
from assembly_line.sources.repository import is_below
from assembly_line.system import disk

_KEPT = 12  # lists of files, the least recently used go first
_MAX_LISTED = 20_000  # files in a list that is kept

Files = dict[str, bytes]  # the hash of each file's content, by path from the root


class Walk:
    """A project's folder; the files of its last digests are listed in the vault, so that changes can be named."""

    def __init__(self, root: str, folder: str) -> None:
        self._root, self._folder = root, folder

    def digest(self, left: frozenset[str]) -> str:
        """A hash over the paths and contents of all sources but some."""
        return self._kept(_files(self._root, left))

    def without(self, digest: str, paths: frozenset[str]) -> str:
        """The digest of a list without some paths, or of what is in the folder now if the list is not kept."""
        listed = self._listed(digest)
        if listed is None:
            return self.digest(paths)
        return self._kept({path: content for path, content in listed.items() if not is_below(path, paths)})

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

    def _kept(self, files: Files) -> str:
        """The digest of a list of files, which is kept under it."""
        total = hashlib.sha256()
        for path, content in files.items():
            total.update(path.encode("utf-8", "surrogateescape") + b"\0" + content)
        digest = total.hexdigest()
        if len(files) <= _MAX_LISTED and self._listed(digest) is None:
            lines = (os.fsencode(path) + b"\0" + content.hex().encode() for path, content in files.items())
            with contextlib.suppress(OSError):  # only for the names of changes
                disk.write(os.path.join(self._folder, digest), b"\0".join(lines), durable=False)
                self._prune()
        return digest

    def _listed(self, digest: str) -> Files | None:
        path = os.path.join(self._folder, digest)
        data = disk.read(path) if digest.isalnum() else None
        if data is None:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        fields = data.split(b"\0") if data else []
        pairs = zip(fields[::2], fields[1::2], strict=True)
        return {os.fsdecode(name): bytes.fromhex(content.decode()) for name, content in pairs}

    def _prune(self) -> None:
        names = [os.path.join(self._folder, name) for name in os.listdir(self._folder)]
        for path in sorted(names, key=os.path.getmtime)[:-_KEPT]:
            disk.remove(path)


def _files(root: str, left: frozenset[str]) -> Files:
    """All sources with the hash of their content, in the order in which they are walked."""

    def is_skipped(path: str) -> bool:
        name = path.rpartition("/")[2]
        return name == ".git" or is_cached(name) or is_own(path) or is_below(path, left)

    files = {}
    for folder, folders, names in os.walk(root):
        here = os.path.relpath(folder, root).replace(os.sep, "/")
        prefix = "" if here == "." else f"{here}/"
        folders[:] = sorted(name for name in folders if not is_skipped(f"{prefix}{name}"))
        for name in sorted(names):
            if not is_skipped(f"{prefix}{name}"):
                files[f"{prefix}{name}"] = _content(os.path.join(folder, name))
    return files


def _content(path: str) -> bytes:
    try:
        if os.path.islink(path):
            return hashlib.sha256(os.readlink(path).encode("utf-8", "surrogateescape")).digest()
        if not os.path.isfile(path):
            return b"no file"  # a FIFO or a device is not a source, and reading one may never end
        with open(path, "rb") as file:
            content = hashlib.sha256()
            while part := file.read(1 << 20):
                content.update(part)
            return content.digest()
    except OSError:
        return b"unreadable"
