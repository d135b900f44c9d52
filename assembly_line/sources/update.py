"""Brings the private index up to date: each file is hashed as a commit would hold it, and not copied."""

import os
import stat
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from assembly_line.sources.private import Private
from assembly_line.sources.repository import split
from assembly_line.system import disk, git

Entry = tuple[str, str]  # mode and object id

_COPIED = 256 * 1024  # bytes of a file of which a copy is kept, so that a difference can be shown
_COPIES = 2_000  # files of which copies are made in one look
MAX_COPIED = 64 * 1024 * 1024  # bytes of all copies, until they are dropped
MODULE = "160000"  # the mode of a nested repository


class Done(NamedTuple):
    """What an update changed."""

    stamps: dict[str, list[int]]  # of the files that were read
    removed: frozenset[str]
    links: frozenset[str]
    uncovered: bool  # something else stands where a removed file or its folder was

    def joined(self, more: "Done") -> "Done":
        return Done(
            {**self.stamps, **more.stamps},
            self.removed - more.stamps.keys() | more.removed,
            self.links | more.links,
            False,
        )


def entries(listed: bytes, tagged: bool = False) -> Iterable[tuple[str, Entry, str]]:
    """The path, entry and tag of each line of `ls-files -s`."""
    for item in split(listed):
        facts, path = item.split("\t", 1)
        words = facts.split(" ")
        tag = words.pop(0) if tagged else ""
        yield path, (words[0], words[1]), tag


def put(private: Private, found: Mapping[str, Entry]) -> bool:
    """Set entries as they are given, so that their files are read at the next look."""
    data = b"".join(f"{mode} {name}\t".encode() + os.fsencode(path) + b"\0" for path, (mode, name) in found.items())
    return not data or private.run(["update-index", "-z", "--index-info"], data) is not None


def drop(private: Private, paths: Iterable[str]) -> bool:
    """Take paths out of the index."""
    return flag(private, ["--force-remove"], paths)


def flag(private: Private, options: list[str], paths: Iterable[str]) -> bool:
    """Apply options of `git update-index` to paths; whether that was possible."""
    data = b"".join(os.fsencode(path) + b"\0" for path in paths)
    return not data or private.run(["update-index", "-z", *options, "--stdin"], data) is not None


def doubt(private: Private, paths: list[str]) -> dict[str, Entry] | None:
    """Forget the times of files, so that they are read again whatever git thinks of them; their entries."""
    if not paths:
        return {}
    listed = private.run(["ls-files", "-s", "-z"])
    wanted = frozenset(paths)
    found = {path: entry for path, entry, _ in entries(listed or b"") if path in wanted}
    return found if listed is not None and put(private, found) else None


def apply(private: Private, paths: Iterable[str], modules: Iterable[str]) -> Done | None:
    """Take some paths into the index as they are now: files and links, or nothing; and nested repositories."""
    top, parents = private.where.place.top, _Parents(private.where.place.top)
    add, links, removed = [], set(), set()
    stamps, uncovered = {}, False
    for path in paths:
        full = os.path.join(top, path)
        status = disk.status(full)
        mode = status.st_mode if status and parents.are_folders(path) else 0
        if stat.S_ISREG(mode) or stat.S_ISLNK(mode):
            add.append(path)
            stamps[path] = disk.stamp_of(status)
            if stat.S_ISLNK(mode):
                links.add(path)
        else:
            removed.add(path)
            uncovered = uncovered or bool(status) or not os.path.isdir(os.path.dirname(full))
    for path in modules:
        full = os.path.join(top, path)
        nested = git.at(full)
        is_there = os.path.isdir(full) and not os.path.islink(full) and parents.are_folders(path)
        if is_there and nested is not None and git.has_commit(nested):
            add.append(path)
        elif not is_there:  # an empty folder is a submodule, too
            removed.add(path)
            uncovered = uncovered or os.path.lexists(full)
    words = ["--add", "--remove", "--replace", "--info-only"]
    if not drop(private, removed):
        return None
    if not flag(private, words, add):
        unread = {path for path in add if not _is_readable(os.path.join(top, path))}
        if not drop(private, unread) or not flag(private, words, [path for path in add if path not in unread]):
            return None
        removed |= unread
    read = {path: stamp for path, stamp in stamps.items() if path not in removed}
    return Done(read, frozenset(removed), frozenset(links), uncovered)


def copy(private: Private, paths: Iterable[str], before: Mapping[str, Entry], room: int) -> int:
    """Keep copies of the small ones among some files; how many bytes that took.

    They are taken in anew from the entries that they had `before`, as those decide about the ends of lines.
    """
    small: list[str] = []
    size = 0
    for path in sorted(paths):
        full = os.path.join(private.where.place.top, path)
        if os.path.islink(full) or not os.path.isfile(full):
            continue
        length = os.path.getsize(full)
        if length <= min(_COPIED, room - size) and len(small) < _COPIES:
            small.append(path)
            size += length
    known = {path: before[path] for path in small if path in before}
    again = drop(private, [path for path in small if path not in known]) and put(private, known)
    return size if again and flag(private, ["--add", "--remove"], small) else 0


def tree(private: Private) -> str | None:
    """The tree of the index; the objects in it need not be here."""
    output = private.run(["write-tree", "--missing-ok"])
    return output.decode().strip() if output else None


def _is_readable(path: str) -> bool:
    return os.path.islink(path) or os.access(path, os.R_OK)


class _Parents:
    """Tells whether all folders above paths are folders and no links."""

    def __init__(self, top: str) -> None:
        self._top, self._known = top, {"": True}

    def are_folders(self, path: str) -> bool:
        folder = path.rpartition("/")[0]
        if folder not in self._known:
            is_link = os.path.islink(os.path.join(self._top, folder))
            self._known[folder] = not is_link and self.are_folders(folder)
        return self._known[folder]
