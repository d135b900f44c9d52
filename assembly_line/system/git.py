"""Runs git, found outside the project and kept from running its hooks, and asks it about the history."""

import os
import subprocess
from collections.abc import Iterable

TIMEOUT = 60  # seconds for one call
# Neither hooks nor file monitors of the repository may run.
_QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "advice.addEmbeddedRepo=false")


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


def run(root: str, words: list[str], variables: dict[str, str], seconds: float = TIMEOUT) -> bytes | None:
    """git's output in the folder, or None when it fails or times out; its stderr is discarded."""
    git = program(root)
    if git is None:
        return None
    command = [git, "-C", root, *_QUIET, *words]
    try:
        done = subprocess.run(command, env=variables, input=b"", capture_output=True, timeout=seconds)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def patterns(magic: str, names: Iterable[str]) -> list[str]:
    """Git patterns for names and everything below; the brackets keep git from refusing ignored names and links."""
    return [f"{magic}[{name[0]}]{name[1:]}{end}" for name in names for end in ("", "/**")]


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


def places(root: str, variables: dict[str, str]) -> tuple[str, str] | None:
    """The paths of the repository's objects folder and its index; None outside a repository."""
    own = os.path.join(os.path.abspath(root), ".git")
    if _is_plain(own):
        return os.path.join(own, "objects"), os.path.join(own, "index")
    words = ["rev-parse", "--path-format=absolute", "--git-path", "objects", "--git-path", "index"]
    output = run(root, words, variables)
    if output is None:
        return None
    objects, index = output.splitlines()
    return os.fsdecode(objects), os.fsdecode(index)


def _is_plain(folder: str) -> bool:
    """Whether the folder is a git repository that keeps everything in itself."""
    if os.path.lexists(os.path.join(folder, "commondir")):
        return False
    if not all(os.path.isdir(os.path.join(folder, name)) for name in ("objects", "refs")):
        return False
    try:
        with open(os.path.join(folder, "HEAD"), "rb") as file:
            head = file.read(100)
    except OSError:
        return False
    return head.startswith(b"ref: refs/") or (len(head.strip()) in (40, 64) and not head.strip(b"0123456789abcdef\n"))
