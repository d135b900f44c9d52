"""Refusals of /task-run for work that another session drives, or that is not in this work tree."""

from typing import Any

from assembly_line.core.run import Run
from assembly_line.text.messages import cut

_FILES, _NAME = 3, 120  # files named in an answer, and bytes of each


def not_here(run: Run, files: tuple[str, ...]) -> str:
    """A completed run of which nothing is in the work tree."""
    branch = f" on branch {run.branch}" if run.branch else ""
    named = ", ".join(cut(path, _NAME) for path in files[:_FILES])
    return (
        f"{run.task} was completed{branch}, but nothing that it changed is in this work tree ({named}); check out what "
        f"holds it, or type /task-run {run.task} --restart"
    )


def run_before(task: str) -> str:
    """An agent is to start a task that was run on this machine, though not in the files that are here now."""
    return f"{task} was run here before, and its records are gone; a person starts it again with /task-run {task}"


def leased(task: str, lease: dict[str, Any]) -> str:
    """Another live session drives the task."""
    doubt = "" if lease.get("started") else f"; this system does not tell whether process {lease['pid']} is still it"
    return (
        f"{task} is being run by session {lease['session']} (process {lease['pid']} on {lease['host']}, since "
        f"{lease['taken_at']}{doubt}). To take it over, type /task-pause {task} here, then /task-run {task}"
    )


def neighbour(task: str, other: str, lease: dict[str, Any], folder: str = "") -> str:
    """Another live session drives another task in the same work tree; `folder` is its project, if another."""
    where = f"in {folder}" if folder else "here"
    return (
        f"{other} is being run {where} by session {lease['session']} (process {lease['pid']} on {lease['host']}, since "
        f"{lease['taken_at']}), and two runs in one work tree change each other's sources. Let it end, type "
        f"/task-pause {other}, or run {task} in a work tree of its own: git worktree add ../{task} and a session "
        f"there; /task-run {task} --together runs it here all the same"
    )
