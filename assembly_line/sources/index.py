"""The private index: git's view of the sources, kept in the vault, so that nothing of the repository is written.

It is the user's index plus what `git add --all` would add. It is kept up to date from one digest to the next, and made
anew whenever its history could matter: when other files are tracked than before, or a file in it came to be ignored.
"""

import contextlib
import hashlib
import json
import os
import stat
import time
from collections.abc import Iterable
from typing import Any

from assembly_line.sources.ignored import CACHES, OWN, is_cached
from assembly_line.sources.repository import Repository, environment, is_below
from assembly_line.system import disk, git

_NOT = ":(exclude,glob)"
_MAX_NAMED = 100  # changed paths passed to git by name
_LIST = ["ls-files", "-z", "-v"]  # what an index holds, each with a tag


class Index:
    """A repository's private index; `out` are paths that are no part of it."""

    def __init__(self, where: Repository, folder: str, out: frozenset[str]) -> None:
        self._where, self._out = where, out
        self._path = os.path.join(folder, "index")
        self._note = f"{self._path}.tree"
        self.variables = objects(where, folder) | {"GIT_INDEX_FILE": self._path}

    def tree(self) -> str | None:
        """The tree of all sources as they are now; None when git fails."""
        if not self._is_ours():
            return None
        known = self._known()
        return (self._updated(known) if known else None) or self._rebuilt()

    def without(self, paths: Iterable[str]) -> str | None:
        """The tree as it was last, without some paths and what is below them."""
        scratch = f"{self._path}.{os.getpid()}.tmp"  # which is swept if this process is killed
        disk.write(scratch, disk.read(self._path) or b"", durable=False)
        variables = self.variables | {"GIT_INDEX_FILE": scratch}
        try:
            names = self._where.names(["--literal-pathspecs", "ls-files", "-z", "--", *sorted(paths)], variables)
            if names is None or not self._change("--force-remove", names, variables):
                return None
            return _line(self._where.run(["write-tree"], variables))
        finally:
            disk.remove(scratch)
            disk.remove(f"{scratch}.lock")

    def _is_ours(self) -> bool:
        """Whether the project belongs to this repository at all, and is not ignored by one that is above it."""
        if not self._where.prefix or os.path.exists(self._path):
            return True
        folder = self._where.prefix[:-1]
        if self._where.run(["check-ignore", "-q", "--", folder]) is None:
            return True
        return bool(self._where.names(["--literal-pathspecs", "ls-files", "-z", "--", folder]))

    def _known(self) -> dict[str, Any] | None:
        """What was noted with the last tree; None if our index or what the user tracks has changed since."""
        try:
            known = json.loads(disk.read(self._note) or b"null")
        except ValueError:
            return None
        if not isinstance(known, dict) or known["index"] != disk.stamp(self._path) or known["for"] != self._purpose():
            return None
        theirs = disk.stamp(self._where.place.index_file)
        if known["theirs"] != theirs:  # also after a mere `git status`
            if known["tracked"] != _hash(self._where.run(_LIST, environment())):
                return None
            self._save(known | {"theirs": theirs})
        # ls-files follows a link in a tracked folder's place and may not list the link itself.
        if any(os.path.islink(self._full(name)) for name in known["folders"]):
            return None
        # A tracked file that is back is a source again, also if it is ignored or named like a cache.
        if any(os.path.lexists(self._full(name)) for name in known["gone"]):
            return None
        return known

    def _updated(self, known: dict[str, Any]) -> str | None:
        """The last tree brought up to date; None when only a new index can tell."""
        words = ["ls-files", "-z", "-t", "-mdo", "--exclude-standard", "--", self._where.only or "."]
        tagged = self._where.names(words, self.variables)
        if tagged is None or self._holds_ignored(known["extra"]):
            return None
        new = {item[2:] for item in tagged if item.startswith("? ") and not is_cached(item[2:])}
        changed = {path for path in {item[2:] for item in tagged if item[0] != "?"} | new if self._counts(path)}
        if not changed:
            return str(known["tree"])
        if len(changed) > _MAX_NAMED or not all(self._is_simple(path) for path in changed):
            return None
        disk.remove(self._note)
        words = ["--literal-pathspecs", "add", "--all", "--", *sorted(changed)]
        if self._where.run(words, self.variables) is None:
            return None
        extra = {*known["extra"], *(new & changed)}
        gone = {*known["gone"], *(path for path in changed - extra if not os.path.lexists(self._full(path)))}
        folders = _parents(changed, known["folders"])
        return self._written(known | {"extra": sorted(extra), "gone": sorted(gone), "folders": sorted(folders)})

    def _holds_ignored(self, extra: list[str]) -> bool:
        """Whether a file that only we have added is ignored by now."""
        if not extra:
            return False
        ignored = self._where.names(["ls-files", "-z", "-c", "-i", "--exclude-standard"], self.variables)
        return ignored is None or not set(extra).isdisjoint(ignored)

    def _full(self, path: str) -> str:
        return os.path.join(self._where.place.top, path)

    def _counts(self, path: str) -> bool:
        return self._where.is_watched(path) and not is_below(path, self._out)

    def _is_simple(self, path: str) -> bool:
        """Whether a changed path can be passed to git by name: a file, present or not, that affects no others."""
        try:
            mode = os.lstat(self._full(path)).st_mode
        except (FileNotFoundError, NotADirectoryError):
            mode = stat.S_IFREG
        return (stat.S_ISREG(mode) or stat.S_ISLNK(mode)) and os.path.basename(path) != ".gitattributes"

    def _rebuilt(self) -> str | None:
        """The tree of an index that is made anew from the user's; None when git fails."""
        disk.remove(self._note)
        theirs = disk.stamp(self._where.place.index_file)
        tracked = self._seed(theirs)
        if tracked is None:
            return None
        out = [*git.patterns(_NOT, OWN, self._where.prefix), *git.literal_patterns(_NOT, sorted(self._out))]
        caches = [f"{_NOT}**/{name}{end}" for name in CACHES for end in ("", "/**")]
        # Tracked files wherever they are, then new files that are not caches.
        for words in (["add", "--update"], ["add", "--all", "--", self._where.only or ".", *out, *caches]):
            if self._where.run(words, self.variables) is None:
                disk.remove(f"{self._path}.lock")  # a killed git leaves its lock behind
                if self._where.run(words, self.variables) is None:
                    return None
        paths = self._where.names(["ls-files", "-z"], self.variables)
        if paths is None:
            return None
        before, now = {item[2:] for item in tracked}, set(paths)
        return self._written(
            {
                "for": self._purpose(),
                "theirs": theirs,
                "tracked": _hash("".join(f"{item}\0" for item in tracked)),
                "extra": sorted(now - before),
                "gone": sorted(path for path in before - now if not os.path.lexists(self._full(path))),
                "folders": sorted(_parents(paths, ())),
            }
        )

    def _seed(self, stamp: list[int]) -> list[str] | None:
        """Copy the user's index without what does not count; all that it tracks, with git's tags."""
        data = disk.read(self._where.place.index_file)
        if data is None:
            disk.remove(self._path)
            return []
        disk.write(self._path, data, durable=False)
        if stamp:  # git reads a file again that is not older than the index
            os.utime(self._path, ns=(stamp[1], stamp[1]))
        tracked = self._where.names(_LIST, self.variables)
        if tracked is None:
            return None
        out, trusted, skipped = [], [], []
        for tag, path in ((item[0], item[2:]) for item in tracked):
            if not self._counts(path):
                out.append(path)
                continue
            if tag.islower():  # assumed to be unchanged, which nobody may ask of a digest
                trusted.append(path)
            if tag in "Ss":
                skipped.append(path)
        if skipped and self._where.run(["config", "--bool", "core.sparseCheckout"], self.variables) == b"true\n":
            skipped = []
        options = {"--force-remove": out, "--no-assume-unchanged": trusted, "--no-skip-worktree": skipped}
        if all(self._change(option, paths, self.variables) for option, paths in options.items()):
            return tracked
        disk.remove(self._path)  # an index with the engine's own files would never be right
        return None

    def _change(self, option: str, paths: list[str], variables: dict[str, str]) -> bool:
        """Apply an option of `git update-index` to paths of an index; whether that was possible."""
        if not paths:
            return True
        data = b"".join(os.fsencode(path) + b"\0" for path in paths)
        return self._where.run(["update-index", "-z", option, "--stdin"], variables, data) is not None

    def _written(self, note: dict[str, Any]) -> str | None:
        """The tree of our index, noted for the next digest."""
        tree = _line(self._where.run(["write-tree"], self.variables))
        if tree is not None:
            self._save(note | {"tree": tree, "index": disk.stamp(self._path)})
        return tree

    def _save(self, note: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):  # only a cache
            disk.write(self._note, json.dumps(note).encode(), durable=False)

    def _purpose(self) -> list[Any]:
        return [self._where.place.top, self._where.prefix, self._where.only, sorted(self._out)]


def objects(where: Repository, folder: str) -> dict[str, str]:
    """The environment in which git writes objects into the vault; what killed processes left there is removed."""
    os.makedirs(os.path.join(folder, "objects"), exist_ok=True)
    disk.sweep(folder)
    lock = os.path.join(folder, "index.lock")
    with contextlib.suppress(OSError):  # left by a git that died; a live one of ours ends within its timeout
        if time.time() - os.path.getmtime(lock) > git.TIMEOUT:
            os.unlink(lock)
    return environment() | {
        "GIT_OBJECT_DIRECTORY": os.path.join(folder, "objects"),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": where.place.objects,
    }


def _parents(paths: Iterable[str], known: Iterable[str]) -> set[str]:
    """All folders above some files, added to those already known."""
    folders = set(known)
    for path in paths:
        while (path := path.rpartition("/")[0]) and path not in folders:
            folders.add(path)
    return folders


def _hash(listed: bytes | str | None) -> str:
    data = os.fsencode(listed) if isinstance(listed, str) else listed or b""
    return hashlib.sha256(data).hexdigest()


def _line(output: bytes | None) -> str | None:
    return (output or b"").decode().strip() or None
