"""What is in the work tree but not a source: the engine's own files, and what test runs and builds leave behind."""

import functools
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase as fnmatch

from assembly_line import paths

_ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}"
_END = r"(?:\.\d+\.tmp|\.aside-\d+)?"  # what a killed writer left, and what stood in a file's place
# Written by the engine, or by the client itself; never sources. Any other file beside them is one.
_OWN = (
    rf"{paths.JOURNALS}/{_ID}\.jsonl{_END}",
    rf"{paths.PLANNING}/\.[A-Za-z0-9._-]+-state\.yaml(?:{_END}|\.unreadable[A-Za-z0-9._-]*)",
    rf"{paths.SUMMARIES}/{_ID}-(?:summary|failure)\.md{_END}",
    rf"{re.escape(paths.BUNDLES)}/\.(?:lock|tree|gitignore){_END}",
    rf"{re.escape(paths.BUNDLES)}/\.?{_ID}(?:/[^/]+)*/[^/]+\.(?:md|markdown|yaml|yml|json|txt|log|diff|tmp)",
    r"\.claude/settings\.local\.json",
    r"\.claude/worktrees/.*",
)
FOLDERS = (paths.PLANNING, paths.SUMMARIES, paths.BUNDLES, ".claude")  # that hold all of them
# Left behind by test runs and builds, and called so by nothing else: no source while git does not track it and no
# station wrote it on purpose.
# fmt: off
CACHES = (
    "__pycache__", "*.pyc", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".tox", ".nox",
    ".venv", ".eggs", "*.egg-info", ".benchmarks", ".coverage", ".coverage.*", "htmlcov",
    "lcov.info", ".nyc_output", ".cache", "node_modules", "*.tsbuildinfo", ".next", ".turbo",
    ".parcel-cache", ".phpunit.result.cache", ".rspec_status", ".gradle", ".DS_Store",
)
# fmt: on


def is_own(path: str) -> bool:
    """Whether a path from the project's root is one of the engine's own files."""
    return _own().fullmatch(path) is not None


@functools.cache
def _own() -> re.Pattern[str]:
    return re.compile("|".join(_OWN), re.DOTALL)


def is_cached(path: str) -> bool:
    """Whether a path or a folder above it has the name of a cache."""
    return _cached().search(path) is not None


def cache_of(path: str) -> str:
    """The topmost file or folder of a path that has the name of a cache, "" when there is none."""
    found = _cached().search(path)
    return path[: found.end()].rstrip("/") if found else ""


def names_left(line: str, folder: str, left: Iterable[str]) -> bool:
    """Whether a line of a folder's .gitignore names a cache or what commands left behind, or nothing at all."""
    name = line.strip().strip("/")
    if not name or name.startswith("#") or cache_of(name) == name:
        return True
    below = (path[len(folder) :].lstrip("/") for path in left if f"{path}/".startswith(f"{folder}/" if folder else ""))
    return any(fnmatch(place, name) for path in below for place in _places(path, "/" in line.strip().rstrip("/")))


def _places(path: str, anchored: bool) -> Iterable[str]:
    """What a pattern of git may match to take a path: the path and the folders above it, or each of their names."""
    names = path.split("/")
    return ("/".join(names[: end + 1]) for end in range(len(names))) if anchored else names


@functools.cache
def _cached() -> re.Pattern[str]:
    names = "|".join(re.escape(name).replace(r"\*", "[^/]*") for name in CACHES)
    return re.compile(rf"(?:\A|/)(?:{names})(?:/|\Z)")
