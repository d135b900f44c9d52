"""The work tree's sources: their digest, and what changed between two moments; by git in a repository."""

import os
import shutil
import subprocess
import time

from assembly_line import disk, lean, paths
from assembly_line.core.named import NamedTuple
from assembly_line.vault import Vault

# Written by this tool or left behind by test runs; never sources.
OWN = (
    paths.BUNDLES,
    paths.JOURNALS,
    f"{paths.PLANNING}/.*-state.yaml*",  # with what a killed writer left
    f"{paths.SUMMARIES}/*-summary.md*",
    f"{paths.SUMMARIES}/*-failure.md*",
)
# What test runs and builds leave behind; no change while git does not track it.
# fmt: off
CACHES = (
    "__pycache__", "*.pyc", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".tox", ".nox",
    ".venv", ".eggs", "*.egg-info", ".benchmarks", ".coverage", ".coverage.*", "coverage.xml", "htmlcov",
    "lcov.info", "coverage", ".nyc_output", ".cache", "node_modules", "*.tsbuildinfo", ".next", ".turbo",
    ".parcel-cache", "test-results", "playwright-report", ".phpunit.result.cache", ".rspec_status", ".gradle",
    ".DS_Store",
)
# fmt: on
_TIMEOUT = 60  # seconds for one git call


class Change(NamedTuple):
    """One file's change; line counts are None for binary files."""

    path: str
    status: str  # A created, M modified, D deleted
    added: int | None
    removed: int | None


def digest(root: str, vault: Vault) -> str:
    """git:<tree> or, outside a repository or where git fails, walk:<sha256>; git-ignored files do not count."""
    environment = _environment(root, vault)
    if environment is None:
        return "walk:" + _walk(root)
    own = [f":(exclude,glob){_open(name)}{end}" for name in OWN for end in ("", "/**")]
    caches = [f":(exclude,glob)**/{name}{end}" for name in CACHES for end in ("", "/**")]
    # First what git tracks, wherever it lies; then what is new and no cache.
    for words in (["add", "--update", "--", ".", *own], ["add", "--all", "--", ".", *own, *caches]):
        if _git(root, words, environment) is None:
            with lean.suppress(OSError):  # a git that was killed leaves its lock
                os.unlink(environment["GIT_INDEX_FILE"] + ".lock")
            if _git(root, words, environment) is None:
                return "walk:" + _walk(root)
    tree = _git(root, ["write-tree"], environment)
    return "walk:" + _walk(root) if tree is None else "git:" + tree.decode().strip()


def _open(name: str) -> str:
    """A path as a pattern: git refuses a literal one that the project's .gitignore names too."""
    return name if "*" in name else f"{name[:-1]}[{name[-1]}]"


def changes(root: str, vault: Vault, before: str, after: str) -> tuple[Change, ...] | None:
    """The files that differ between two git digests, sorted by path; None when either is not one."""
    if not (before.startswith("git:") and after.startswith("git:")):
        return None
    environment = _environment(root, vault)
    if environment is None:
        return None
    pair = [before[4:], after[4:]]
    base = ["diff-tree", "-r", "-z", "--no-renames", "--relative"]
    statuses = _git(root, [*base, "--name-status", *pair], environment)
    counts = _git(root, [*base, "--numstat", *pair], environment)
    if statuses is None or counts is None:
        return None
    fields = statuses.decode("utf-8", "replace").split("\0")[:-1]
    status = dict(zip(fields[1::2], fields[::2], strict=True))
    found = []
    for line in counts.decode("utf-8", "replace").split("\0")[:-1]:
        added, removed, path = line.split("\t", 2)
        found.append(Change(path, status.get(path, "M"), _number(added), _number(removed)))
    return tuple(sorted(found))


def committed(root: str, relative: str) -> bytes | None:
    """A file's bytes in the last commit, or None when it is not in one."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return _git(root, ["show", f"HEAD:./{relative}"], plain)


def remembered(root: str, relative: str) -> bool:
    """Whether any commit of the repository has touched a file."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return bool(_git(root, ["rev-list", "--all", "-1", "--", relative], plain))


def merging(root: str) -> bool:
    """Whether git is in the middle of a merge, rebase or pick, so that what it left in a file is nobody's deed."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    marks = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply")
    words = [word for mark in marks for word in ("--git-path", mark)]
    found = _git(root, ["rev-parse", "--path-format=absolute", *words], plain) or b""
    return any(os.path.exists(path) for path in found.decode("utf-8", "surrogateescape").splitlines())


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def _environment(root: str, vault: Vault) -> dict[str, str] | None:
    """The environment in which git keeps index and objects of ours in the vault; None outside a repository."""
    if program(root) is None:
        return None
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    plain |= {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
    found = _git(root, ["rev-parse", "--path-format=absolute", "--git-path", "objects", "--git-path", "index"], plain)
    if found is None:
        return None
    objects, index = found.decode("utf-8", "surrogateescape").splitlines()
    ours = os.path.join(vault.folder, "git")
    os.makedirs(os.path.join(ours, "objects"), exist_ok=True)
    own_index = os.path.join(ours, "index")
    disk.sweep(ours)
    with lean.suppress(OSError):  # left by a git that died; a living one of ours ends within its time
        if time.time() - os.path.getmtime(f"{own_index}.lock") > _TIMEOUT:
            os.unlink(f"{own_index}.lock")
    fresh = False
    if not os.path.exists(own_index) and os.path.exists(index):
        seed = disk.read(index)
        disk.write(own_index, seed or b"", durable=False)
        fresh = True
    environment = plain | {
        "GIT_INDEX_FILE": own_index,
        "GIT_OBJECT_DIRECTORY": os.path.join(ours, "objects"),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": objects,
    }
    if fresh:
        own = [f":(glob){name}{end}" for name in OWN for end in ("", "/**")]
        _git(root, ["rm", "--cached", "-r", "-q", "--ignore-unmatch", "--", *own], environment)
    return environment


def program(root: str) -> str | None:
    """The path of git, which is never looked for in the project itself: what lies there is not to be run."""
    top = os.path.realpath(root) + os.sep
    folders = [name for name in os.environ.get("PATH", os.defpath).split(os.pathsep) if os.path.isabs(name)]
    outside = [name for name in folders if not (os.path.realpath(name) + os.sep).startswith(top)]
    return shutil.which("git", path=os.pathsep.join(outside)) if outside else None


def _git(root: str, arguments: list[str], environment: dict[str, str]) -> bytes | None:
    """What git prints, or None when it fails; no hook and no monitor of the repository is run."""
    quiet = ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "advice.addEmbeddedRepo=false"]
    try:
        done = subprocess.run(
            [program(root) or "git", "-C", root, *quiet, *arguments],
            env=environment,
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _walk(root: str) -> str:
    import fnmatch

    def cache(name: str) -> bool:
        return name == ".git" or any(fnmatch.fnmatch(name, pattern) for pattern in CACHES)

    whole = lean.sha256()
    for folder, folders, files in os.walk(root):
        here = os.path.relpath(folder, root).replace(os.sep, "/")
        prefix = "" if here == "." else f"{here}/"
        folders[:] = sorted(name for name in folders if not cache(name) and f"{prefix}{name}" not in OWN)
        for name in sorted(files):
            path = f"{prefix}{name}"
            if cache(name) or any(fnmatch.fnmatch(path, own) for own in OWN):
                continue
            whole.update(path.encode("utf-8", "surrogateescape") + b"\0" + _file_digest(os.path.join(folder, name)))
    return whole.hexdigest()


def _file_digest(path: str) -> bytes:
    try:
        if os.path.islink(path):
            return lean.sha256(os.readlink(path).encode("utf-8", "surrogateescape")).digest()
        if not os.path.isfile(path):
            return b"no file"  # a FIFO or a device is no source, and reading one may never end
        with open(path, "rb") as file:
            seen = lean.sha256()
            while part := file.read(1 << 20):
                seen.update(part)
            return seen.digest()
    except OSError:
        return b"unreadable"
