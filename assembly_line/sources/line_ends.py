"""What git, as it is set up here, does to the line ends of the engine's records."""

import os

from assembly_line import paths
from assembly_line.system import git

_PROBE = paths.journal("TASK-000")


def changes_bytes(root: str) -> bool:
    """Whether git, as it is configured here, would write records with other line ends than they were committed with."""
    settings = _said(root, "config", "--get-regexp", r"^core\.(autocrlf|eol)$").lower().splitlines()
    is_set = any(line in ("core.autocrlf true", "core.eol crlf") for line in settings)
    return (is_set or os.name == "nt") and not _is_kept(root)


def is_missing(root: str) -> bool:
    """Whether a project in a repository leaves it to each machine's git what its records look like."""
    return bool(_said(root, "rev-parse", "--is-inside-work-tree")) and not _is_kept(root)


def _is_kept(root: str) -> bool:
    return _said(root, "check-attr", "text", "--", _PROBE).endswith(": unset")


def _said(root: str, *words: str) -> str:
    return (git.run(root, list(words), git.environment()) or b"").decode("utf-8", "replace").strip()
