"""What the later checks of a task need of its journal: how its last run began, and what a completed one rests on."""

from typing import Any, NamedTuple


class Passed(NamedTuple):
    """The sources that a completed task rests on."""

    task: str
    judged: str  # digest of the sources that the verdict is about
    rest: str  # the same without the files that may change after a PASS; "" when none were named
    seen: frozenset[str]  # digests of the sources on which the run's agents began
    left: tuple[str, ...]  # what the judges' commands left behind
    size: int  # bytes of the journal up to the record that completed the task


class Began(NamedTuple):
    """How a task's last run began."""

    task: str
    line: int  # of the journal
    size: int  # bytes of the journal up to that line
    data: dict[str, Any]
