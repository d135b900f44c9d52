"""Throwaway projects: their task definitions and their git repository."""

import os
import subprocess
from pathlib import Path

BLUEPRINT = """id: {task}
title: Keep loans in the store
type: {type}
description: |
  Loans shall survive a restart.
acceptance_criteria:
  - A loan that was saved is read back with its due date
  - An unknown loan is refused with a message that names it
"""


def project(root: Path, *tasks: str, type: str = "database") -> Path:
    """A project with one definition for each task, and one source file."""
    for task in tasks:
        define(root, task, type)
    write(root, "src/app.py", "answer = 42\n")
    return root


def define(root: Path, task: str, type: str) -> None:
    """Put the definition of a task into a project."""
    write(root, f"docs/planning/tasks/{task}.yaml", BLUEPRINT.format(task=task, type=type))


def write(root: Path, relative: str, text: str) -> None:
    """Put a file into a project."""
    path = root / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def git(root: Path, *arguments: str) -> str:
    """What git prints in a folder, with no configuration but its own."""
    environment = {**os.environ, "HOME": str(root.parent), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    for name in ("GIT_AUTHOR", "GIT_COMMITTER"):
        environment |= {f"{name}_NAME": "somebody", f"{name}_EMAIL": "somebody@example.org"}
    done = subprocess.run(["git", "-C", str(root), *arguments], env=environment, capture_output=True, check=True)
    return os.fsdecode(done.stdout)


def repository(root: Path) -> None:
    """Make the folder a repository with everything in it committed."""
    git(root, "init", "-q", "--template=", "-b", "main")
    commit(root, "first")


def commit(root: Path, message: str) -> str:
    """Commit everything; the commit's id."""
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", message)
    return git(root, "rev-parse", "HEAD").strip()
