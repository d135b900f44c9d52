"""Commits as git stores them, whatever the work tree, its attributes and its ignore rules make of them."""

import functools
import hashlib
import os
import posixpath
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from assembly_line.system import git

_TIMEOUT = 120  # seconds for one git call
_FOLDER = b"40000"
Change = tuple[list[bytes], bytes]  # a path's names, and the id of its new blob, or nothing to remove it


class File(NamedTuple):
    """A file in a commit."""

    mode: str
    id: str  # git's object id
    size: int  # in bytes; 0 for what is no file
    path: str  # from the project's root


class Repository:
    """The objects of the repository that holds a project; every answer is None, "" or () where git cannot tell."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._trees: dict[str, bytes] = {}

    def git(self, *words: str) -> bytes | None:
        """git's output in the project's folder, or None when it fails."""
        variables = git.environment() | {
            "LC_ALL": "C",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
        }
        return git.run(self._root, list(words), variables, _TIMEOUT)

    def line(self, *words: str) -> str:
        """The one line that git prints, or ""."""
        return (self.git(*words) or b"").decode("ascii", "replace").strip()

    def commit(self, name: str) -> str:
        """The id of the commit that a name stands for, or ""."""
        return self.line("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")

    def files(self, commit: str, *folders: str) -> tuple[File, ...] | None:
        """All files of a commit below some folders of the project, or below its root."""
        listed = self.git("ls-tree", "-r", "-l", "-z", commit, "--", *(f"{folder}/" for folder in folders))
        if listed is None:
            return None
        found = []
        for row in listed.split(b"\0")[:-1]:
            facts, _, path = row.partition(b"\t")
            mode, _, object_id, size = facts.decode("ascii").split()
            found.append(File(mode, object_id, int(size) if size.isdigit() else 0, os.fsdecode(path)))
        return tuple(found)

    def blob(self, commit: str, path: str, limit: int) -> bytes | None:
        """A file's bytes in a commit; None when it has none there, or a larger one."""
        name = f"{commit}:./{path}"
        size = self.line("cat-file", "-s", name)
        return self.git("cat-file", "blob", name) if size.isdigit() and int(size) <= limit else None

    @functools.cached_property
    def prefix(self) -> str:
        """The project's place in the repository: "" or "packages/web/"."""
        return os.fsdecode(self.git("rev-parse", "--show-prefix") or b"").rstrip("\n")

    def tree(self, commit: str, without: Iterable[str] = (), instead: Mapping[str, str] | None = None) -> str:
        """The id of a commit's tree as it would be without some files, or with other blobs; "" for unknown.

        The files are named from the project's root.
        """
        whole = self.line("rev-parse", "--verify", "--quiet", f"{commit}^{{tree}}")
        wanted = {**dict.fromkeys(without, ""), **(instead or {})}
        places = {posixpath.normpath(self.prefix + path): blob for path, blob in wanted.items()}
        changes = [(os.fsencode(place).split(b"/"), bytes.fromhex(blob)) for place, blob in places.items()]
        return self._changed(whole, changes) if whole and changes else whole

    def _changed(self, tree: str, changes: list[Change]) -> str:
        """The id of a tree after some changes; "" when nothing is left in it."""
        data = self._tree(tree)
        here = {names[0]: blob for names, blob in changes if len(names) == 1}
        below: dict[bytes, list[Change]] = {}
        for names, blob in changes:
            if len(names) > 1:
                below.setdefault(names[0], []).append((names[1:], blob))
        kept, place, width = [], 0, len(tree) // 2
        while place < len(data):
            mode, _, rest = data[place : data.index(b"\0", place)].partition(b" ")
            begin = data.index(b"\0", place) + 1
            object_id = data[begin : begin + width]
            place = begin + width
            if mode == _FOLDER and rest in below:
                object_id = bytes.fromhex(self._changed(object_id.hex(), below[rest]))
            else:
                object_id = here.get(rest, object_id)
            if object_id:
                kept.append(mode + b" " + rest + b"\0" + object_id)
        content = b"".join(kept)
        digest = hashlib.sha256 if width == 32 else hashlib.sha1
        return digest(b"tree %d\0" % len(content) + content).hexdigest() if content else ""

    def _tree(self, tree: str) -> bytes:
        if tree not in self._trees:
            self._trees[tree] = self.git("cat-file", "tree", tree) or b""
        return self._trees[tree]

    def commits(self, base: str, most: int, *paths: str) -> list[str]:
        """The newest commits since another, newest first; only those that changed some files, if they are named."""
        return self.line("rev-list", f"--max-count={most}", f"{base}..HEAD", "--", *paths).split()

    def differing(self, before: str, after: str) -> tuple[str, ...]:
        """The files that differ between two commits, from the project's root; () also when git cannot tell."""
        names = self.git("diff-tree", "-r", "-z", "--no-renames", "--name-only", before, after) or b""
        paths = map(os.fsdecode, names.split(b"\0")[:-1])
        return tuple(posixpath.relpath(path, self.prefix) if self.prefix else path for path in paths)


def is_blob(data: bytes, object_id: str) -> bool:
    """Whether the bytes are the content of a git blob; its id is enough to tell."""
    digest = hashlib.sha256 if len(object_id) == 64 else hashlib.sha1
    return digest(b"blob %d\0" % len(data) + data).hexdigest() == object_id
