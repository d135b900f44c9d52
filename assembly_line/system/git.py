"""Runs git, found outside the project and kept from running its hooks, and asks it about the history."""

import os
import subprocess
import threading
from collections.abc import Iterable
from typing import NamedTuple

from assembly_line.system.programs import environment
from assembly_line.system.programs import git as program

__all__ = ["Place", "environment", "program"]

TIMEOUT = 60  # seconds for one call
_SETTINGS = (
    "core.hooksPath=/dev/null",  # neither hooks nor file monitors of the repository may run
    "core.fsmonitor=false",
    "core.splitIndex=false",  # half of a split index would be written into the repository
    "core.untrackedCache=false",
    "core.quotePath=false",
    "advice.addEmbeddedRepo=false",
)
_QUIET = tuple(word for setting in _SETTINGS for word in ("-c", setting))


def run(
    root: str,
    words: list[str],
    variables: dict[str, str],
    seconds: float = TIMEOUT,
    data: bytes = b"",
    project: str = "",
) -> bytes | None:
    """git's output in a folder, or None when it fails or times out; its stderr is discarded.

    `project` is the folder whose programs must not be run, if it is not `root`.
    """
    command = _command(root, words, project)
    if command is None:
        return None
    try:
        done = subprocess.run(command, env=variables, input=data, capture_output=True, timeout=seconds)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def together(
    root: str, calls: Iterable[tuple[list[str], bytes]], variables: dict[str, str], project: str = ""
) -> list[bytes | None]:
    """What several calls of git put out that run at the same time, each with its input."""
    begun: list[tuple[subprocess.Popen[bytes] | None, bytes]] = []
    pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
    for words, data in calls:
        command = _command(root, words, project)
        try:
            process = command and subprocess.Popen(command, env=variables, stdin=pipe, stdout=pipe, stderr=quiet)
        except OSError:
            process = None
        begun.append((process or None, data))
    return [_output(process, data) for process, data in begun]


def _output(process: subprocess.Popen[bytes] | None, data: bytes) -> bytes | None:
    if process is None:
        return None
    with process:
        try:
            output = process.communicate(data, TIMEOUT)[0]
        except (OSError, subprocess.TimeoutExpired):
            process.kill()
            return None
    return output if process.returncode in (0, 1) else None  # 1: check-ignore names nothing


def _command(root: str, words: list[str], project: str) -> list[str] | None:
    git = program(project or root)
    return None if git is None else [git, "-C", root, *_QUIET, *words]


def beginning(
    root: str, words: list[str], variables: dict[str, str], most: int, seconds: float = TIMEOUT, project: str = ""
) -> bytes | None:
    """The first `most` bytes of git's output; git is stopped there. None when it fails before or times out."""
    command, quiet = _command(root, words, project), subprocess.DEVNULL
    if command is None:
        return None
    try:
        process = subprocess.Popen(command, env=variables, stdin=quiet, stdout=subprocess.PIPE, stderr=quiet)
    except OSError:
        return None
    watch = threading.Timer(seconds, process.kill)
    watch.start()
    with process:
        assert process.stdout is not None
        output = process.stdout.read(most)
        if len(output) == most:
            process.kill()
        process.stdout.close()
        failed = process.wait() != 0
        watch.cancel()
    return None if failed and len(output) < most else output


def committed(root: str, relative: str) -> bytes | None:
    """A file's bytes in the last commit, or None when it is not in it."""
    return run(root, ["show", f"HEAD:./{relative}"], environment())


def remembered(root: str, relative: str) -> bool:
    """Whether any commit of the repository has touched a file."""
    return bool(run(root, ["rev-list", "--all", "-1", "--", relative], environment()))


def merging(root: str) -> bool:
    """Whether git is in the middle of a merge, rebase or pick, so that a changed file is an expected change."""
    marks = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply")
    words = [word for mark in marks for word in ("--git-path", mark)]
    paths = run(root, ["rev-parse", "--path-format=absolute", *words], environment()) or b""
    return any(os.path.exists(path) for path in paths.splitlines())


class Place(NamedTuple):
    """Where a repository is: the top of its work tree, its own git folder, and the one that its work trees share."""

    top: str
    own: str
    common: str

    @property
    def objects(self) -> str:
        return os.path.join(self.common, "objects")

    @property
    def index_file(self) -> str:
        return os.path.join(self.own, "index")


def place(root: str) -> Place | None:
    """Where the repository is that holds a folder, as its files say and not its settings; None outside a repository."""
    folder = os.path.realpath(root)
    device = _device(folder)
    while True:
        if os.path.lexists(os.path.join(folder, ".git")) and (found := at(folder)) is not None:
            return found
        above = os.path.dirname(folder)
        if above == folder or _device(above) != device:  # git stops at the border of a file system, too
            return None
        folder = above


def _device(folder: str) -> int:
    try:
        return os.stat(folder).st_dev
    except OSError:
        return -1


def at(folder: str) -> Place | None:
    """The repository whose work tree begins at a folder: its git folder is `.git`, or where a `.git` file points."""
    own = os.path.join(folder, ".git")
    if os.path.isfile(own):
        pointer = _line(own)
        if not pointer.startswith("gitdir: "):
            return None
        own = os.path.normpath(os.path.join(folder, pointer[8:]))
    other = _line(os.path.join(own, "commondir"))
    common = os.path.normpath(os.path.join(own, other)) if other else own
    if not all(os.path.isdir(os.path.join(common, name)) for name in ("objects", "refs")):
        return None
    head = _line(os.path.join(own, "HEAD"))
    if not (head.startswith("ref: refs/") or (len(head) in (40, 64) and not head.strip("0123456789abcdef"))):
        return None
    return Place(folder, own, common)


def has_commit(place: Place) -> bool:
    """Whether a commit is checked out in a repository."""
    head = _line(os.path.join(place.own, "HEAD"))
    if not head.startswith("ref: "):
        return bool(head)
    name = head[5:]
    if any(_line(os.path.join(folder, name)) for folder in (place.own, place.common)):
        return True
    try:
        with open(os.path.join(place.common, "packed-refs"), "rb") as file:
            return any(line.rstrip(b"\n").endswith(b" " + os.fsencode(name)) for line in file)
    except OSError:
        return False


def _line(path: str) -> str:
    """A small file's only line, "" when there is none."""
    try:
        with open(path, "rb") as file:
            return os.fsdecode(file.read(4096)).rstrip("\n")
    except OSError:
        return ""
