"""The repository that holds a project: what of it is watched, and what git says of its state."""

import os
import posixpath
from collections.abc import Iterable
from typing import NamedTuple

from assembly_line.sources.ignored import is_own
from assembly_line.system import clock, git

_ASKED = 200  # paths that git is asked about by name


class Repository(NamedTuple):
    """A repository as seen from a project in it; its paths are from its top, as git prints them."""

    place: git.Place
    root: str  # the project's real path
    prefix: str  # from the top to the project: "" or "packages/web/"
    only: str  # the one folder that is watched, or "" for all

    @property
    def watched(self) -> str:
        """The folder in which no program is taken for git."""
        return self.root if self.only else self.place.top

    def run(self, words: list[str], variables: dict[str, str] | None = None, data: bytes = b"") -> bytes | None:
        """git's output at the repository's top, or None when it fails; as the repository is set, if not told other."""
        here = {"GIT_DIR": self.place.own, "GIT_WORK_TREE": self.place.top}
        return git.run(self.place.top, words, variables or environment() | here, data=data, project=self.watched)

    def names(self, words: list[str], data: bytes = b"") -> list[str] | None:
        """The paths that git lists, each ended by a zero byte."""
        output = self.run(words, data=data)
        return None if output is None else split(output)

    def inside(self, path: str) -> str:
        """A path from the project's root as one from the top; "" when it leads out of the repository."""
        whole = posixpath.normpath(self.prefix + path.replace(os.sep, "/")) if path else ".."
        return "" if whole == "." or whole.startswith(("/", "../")) or whole == ".." else whole

    def outward(self, path: str) -> str:
        """A path from the top as one from the project's root."""
        return posixpath.relpath(path, self.prefix) if self.prefix else path

    def is_watched(self, path: str) -> bool:
        """Whether a path may be a source at all: not the engine's own, not outside of what is watched."""
        if not path.startswith(self.only):
            return False
        return not (path.startswith(self.prefix) and is_own(path[len(self.prefix) :]))


def split(output: bytes) -> list[str]:
    """The items of a list in which each is ended by a zero byte."""
    return [os.fsdecode(item) for item in output.split(b"\0")[:-1]]


def find(root: str) -> Repository | None:
    """The repository that holds a folder; None outside a repository or without git."""
    if git.program(root) is None:
        return None
    place = git.place(root)
    real = os.path.realpath(root)
    if place is None or not holds(place.top, real):
        return None
    prefix = "" if real == place.top else os.path.relpath(real, place.top).replace(os.sep, "/") + "/"
    # Whoever has the home folder under git does not mean everything in it to belong to the project.
    is_home = holds(place.top, os.path.realpath(os.path.expanduser("~")))
    return Repository(place, real, prefix, prefix if is_home else "")


def environment() -> dict[str, str]:
    """The environment in which git reads the user's own index and writes nothing."""
    return git.environment() | {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}


def data_folder(where: Repository, data: str) -> str:
    """The plugin's data folder as a path from the top; "" when it is not in the repository."""
    real, top = os.path.realpath(data), where.place.top
    if not holds(top, real) or holds(real, where.root):
        return ""
    return os.path.relpath(real, top).replace(os.sep, "/")


def holds(folder: str, path: str) -> bool:
    """Whether a path is a folder or below it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def above(path: str) -> list[str]:
    """The folders above a path, the nearest first."""
    found = []
    while path := path.rpartition("/")[0]:
        found.append(path)
    return found


def is_below(path: str, names: frozenset[str]) -> bool:
    """Whether a path or a folder above it is one of the names."""
    while names and path:
        if path in names:
            return True
        path = path.rpartition("/")[0]
    return False


def head(root: str) -> str:
    """The id of the last commit, or ""."""
    where = find(root)
    output = where and where.run(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
    return (output or b"").decode().strip()


def branch(root: str) -> str:
    """The branch that is checked out, "" when there is none."""
    where = find(root)
    output = where and where.run(["symbolic-ref", "--quiet", "--short", "HEAD"])
    return os.fsdecode(output or b"").strip()


def began(root: str) -> str:
    """The time of the first commit, which every branch has in common; "" without one."""
    where = find(root)
    output = where and where.run(["rev-list", "--max-parents=0", "--timestamp", "HEAD"])
    times = [line.split(b" ")[0] for line in (output or b"").splitlines()]
    return clock.utc(min(int(time) for time in times)) if times and all(map(bytes.isdigit, times)) else ""


def untracked(where: Repository, paths: Iterable[str], commit: str) -> tuple[str, ...] | None:
    """Those of some paths that are neither in a commit nor in the user's index; None when git cannot tell."""
    wanted = {path: where.inside(path) for path in paths}
    names = sorted({name for name in wanted.values() if name})
    asked = names if len(names) <= _ASKED else []  # a command line is not endless; all are listed then
    tracked = where.names(["--literal-pathspecs", "ls-files", "-z", "--", *asked]) if names else []
    words = ["--literal-pathspecs", "ls-tree", "-r", "-z", "--name-only", "--end-of-options", commit, "--", *asked]
    committed = where.names(words) if names and commit else []
    if tracked is None or committed is None:
        return None
    known = {*tracked, *committed}
    return tuple(path for path, name in wanted.items() if name and name not in known)
