"""The lines of .gitattributes that keep git from changing the bytes of the engine's records."""

import os

from assembly_line import paths
from assembly_line.system import disk, git

FILE = ".gitattributes"
LINES = (
    f"{paths.JOURNALS}/*.jsonl -text",
    f"{paths.PLANNING}/.*-state.yaml -text merge=union",  # whose layout keeps a union of two sides valid
    f"{paths.SUMMARIES}/*-summary.md -text",
    f"{paths.SUMMARIES}/*-failure.md -text",
)
_AGAIN = f"{paths.JOURNALS} {paths.SUMMARIES}"
REMEDY = (
    f"add these lines to {FILE}: {'; '.join(LINES)}; then check the files out again: "
    f"git rm -r -q --cached {_AGAIN} && git checkout HEAD -- {_AGAIN}"
)
_PROBE = paths.journal("TASK-000")


def changes_bytes(root: str) -> bool:
    """Whether git, as it is configured here, would write records with other line ends than they were committed with."""
    settings = _said(root, "config", "--get-regexp", r"^core\.(autocrlf|eol)$").lower().splitlines()
    is_set = any(line in ("core.autocrlf true", "core.eol crlf") for line in settings)
    return (is_set or os.name == "nt") and not _is_kept(root)


def is_missing(root: str) -> bool:
    """Whether a project in a repository leaves it to each machine's git what its records look like."""
    return bool(_said(root, "rev-parse", "--is-inside-work-tree")) and not _is_kept(root)


def write(root: str) -> None:
    """Append the missing lines to the project's .gitattributes."""
    path = disk.inside(root, FILE)
    data = disk.read(path) or b""
    known = {" ".join(line.split()) for line in data.decode("utf-8", "replace").splitlines()}
    end = b"\r\n" if b"\r\n" in data else b"\n"
    more = end.join(line.encode() for line in LINES if line not in known)
    if more:
        disk.write(path, data + (end if data and not data.endswith(b"\n") else b"") + more + end)


def _is_kept(root: str) -> bool:
    return _said(root, "check-attr", "text", "--", _PROBE).endswith(": unset")


def _said(root: str, *words: str) -> str:
    return (git.run(root, list(words), git.environment()) or b"").decode("utf-8", "replace").strip()
