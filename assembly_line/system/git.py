"""Runs git, found outside the project and kept from running its hooks, and asks it about the history."""

import os
import subprocess
import threading
from collections.abc import Iterable
from typing import NamedTuple

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


def program(root: str) -> str | None:
    """The path of git, never one inside the project: programs there must not be run."""
    folders = [name for name in os.environ.get("PATH", os.defpath).split(os.pathsep) if os.path.isabs(name)]
    top = os.path.realpath(root) + os.sep
    outside = [name for name in folders if _outside(name, top)]
    if os.name == "nt":
        import shutil

        return shutil.which("git", path=os.pathsep.join(outside)) if outside else None
    paths = (os.path.join(folder, "git") for folder in outside)
    return next((path for path in paths if os.access(path, os.X_OK) and os.path.isfile(path)), None)


def _outside(folder: str, top: str) -> bool:
    return not (os.path.realpath(folder) + os.sep).startswith(top)


def environment() -> dict[str, str]:
    """The environment without variables that would point git at another repository."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


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
    git = program(project or root)
    if git is None:
        return None
    command = [git, "-C", root, *_QUIET, *words]
    try:
        done = subprocess.run(command, env=variables, input=data, capture_output=True, timeout=seconds)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def beginning(
    root: str, words: list[str], variables: dict[str, str], most: int, seconds: float = TIMEOUT, project: str = ""
) -> bytes | None:
    """The first `most` bytes of git's output; git is stopped there. None when it fails before or times out."""
    git = program(project or root)
    if git is None:
        return None
    command, quiet = [git, "-C", root, *_QUIET, *words], subprocess.DEVNULL
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


def patterns(magic: str, names: Iterable[str], prefix: str = "") -> list[str]:
    """Git patterns for names below a prefix and everything below them.

    A pattern that does not begin literally keeps git from refusing ignored names and links.
    """
    above = _literally(prefix)
    return [f"{magic}{above}[{name[0]}]{name[1:]}{end}" for name in names for end in ("", "/**")]


def literal_patterns(magic: str, names: Iterable[str]) -> list[str]:
    """Git patterns for paths as they are spelled and everything below them."""
    return [f"{magic}{_literally(name)}{end}" for name in names for end in ("", "/**")]


def _literally(path: str) -> str:
    """A pattern that matches a path only and does not begin literally."""
    signs = [f"[{sign}]" if sign in "*?[" else "\\\\" if sign == "\\" else sign for sign in path]
    if signs and len(signs[0]) == 1:
        signs[0] = f"[{path[0]}]" if path[0].isascii() and path[0] not in "^!" else f"\\{path[0]}"
    return "".join(signs)


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
    """Where a repository is: the top of its work tree, its objects and its index."""

    top: str
    objects: str
    index_file: str


def place(root: str, variables: dict[str, str]) -> Place | None:
    """Where the repository is that holds a folder; None outside a repository."""
    folder = os.path.realpath(root)
    device = _device(folder)
    while not os.path.lexists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder or _device(above) != device:  # git stops at the border of a file system, too
            return None
        folder = above
    found = _plain(folder)
    if found is not None:
        return found
    words = ["rev-parse", "--path-format=absolute", "--show-toplevel", "--git-path", "objects", "--git-path", "index"]
    output = run(root, words, variables)
    if output is None:
        return None
    lines = [os.fsdecode(line) for line in output.splitlines()]
    return Place(os.path.normpath(lines[0]), *lines[1:]) if len(lines) == 3 else None


def _device(folder: str) -> int:
    try:
        return os.stat(folder).st_dev
    except OSError:
        return -1


def _plain(folder: str) -> Place | None:
    """Where a repository is whose folder is read without git: in `.git`, or where a `.git` file points."""
    own = common = os.path.join(folder, ".git")
    if os.path.isfile(own):
        pointer = _line(own)
        if not pointer.startswith("gitdir: "):
            return None
        own = common = os.path.normpath(os.path.join(folder, pointer[8:]))
        if other := _line(os.path.join(own, "commondir")):
            common = os.path.normpath(os.path.join(own, other))
    elif os.path.lexists(os.path.join(own, "commondir")):
        return None
    if not all(os.path.isdir(os.path.join(common, name)) for name in ("objects", "refs")):
        return None
    head = _line(os.path.join(own, "HEAD"))
    if not (head.startswith("ref: refs/") or (len(head) in (40, 64) and not head.strip("0123456789abcdef"))):
        return None
    return Place(folder, os.path.join(common, "objects"), os.path.join(own, "index"))


def _line(path: str) -> str:
    """A small file's only line, "" when there is none."""
    try:
        with open(path, "rb") as file:
            return os.fsdecode(file.read(4096)).rstrip("\n")
    except OSError:
        return ""
