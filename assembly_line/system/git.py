"""Questions to git: which program it is, what it may see and run, and what the project's history says."""

import os
import shutil
import subprocess
from collections.abc import Iterable

TIMEOUT = 60  # seconds for one call
# No hook and no monitor of the repository is run.
_QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "advice.addEmbeddedRepo=false")


def program(root: str) -> str | None:
    """The path of git, which is never looked for in the project itself: what lies there is not to be run."""
    folders = [name for name in os.environ.get("PATH", os.defpath).split(os.pathsep) if os.path.isabs(name)]
    top = os.path.realpath(root) + os.sep
    outside = [name for name in folders if _outside(name, top)]
    return shutil.which("git", path=os.pathsep.join(outside)) if outside else None


def _outside(folder: str, top: str) -> bool:
    return not (os.path.realpath(folder) + os.sep).startswith(top)


def environment() -> dict[str, str]:
    """The environment without what would lead git to another repository."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def run(root: str, words: list[str], variables: dict[str, str], seconds: float = TIMEOUT) -> bytes | None:
    """What git prints in the folder, or None when it fails or does not end in time. Its stderr is discarded."""
    git = program(root)
    if git is None:
        return None
    command, null = [git, "-C", root, *_QUIET, *words], subprocess.DEVNULL
    try:
        done = subprocess.run(command, env=variables, stdin=null, stdout=subprocess.PIPE, stderr=null, timeout=seconds)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def patterns(magic: str, names: Iterable[str]) -> list[str]:
    """Names as patterns for git, with all below them; git would refuse a plain beginning that is ignored or a link."""
    return [f"{magic}[{name[0]}]{name[1:]}{end}" for name in names for end in ("", "/**")]


def committed(root: str, relative: str) -> bytes | None:
    """A file's bytes in the last commit, or None when it is not in one."""
    return run(root, ["show", f"HEAD:./{relative}"], environment())


def remembered(root: str, relative: str) -> bool:
    """Whether any commit of the repository has touched a file."""
    return bool(run(root, ["rev-list", "--all", "-1", "--", relative], environment()))


def merging(root: str) -> bool:
    """Whether git is in the middle of a merge, rebase or pick, so that what it left in a file is nobody's deed."""
    marks = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply")
    words = [word for mark in marks for word in ("--git-path", mark)]
    found = run(root, ["rev-parse", "--path-format=absolute", *words], environment()) or b""
    return any(os.path.exists(path) for path in found.splitlines())


def places(root: str, variables: dict[str, str]) -> tuple[str, str] | None:
    """The folder of the repository's objects and its index; None outside a repository."""
    own = os.path.join(os.path.abspath(root), ".git")
    if _is_plain(own):
        return os.path.join(own, "objects"), os.path.join(own, "index")
    words = ["rev-parse", "--path-format=absolute", "--git-path", "objects", "--git-path", "index"]
    found = run(root, words, variables)
    if found is None:
        return None
    objects, index = found.splitlines()
    return os.fsdecode(objects), os.fsdecode(index)


def _is_plain(folder: str) -> bool:
    """Whether git would take the folder for a repository that keeps all that is its own in it."""
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
