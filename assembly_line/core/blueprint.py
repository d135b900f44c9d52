"""What a task asks for: the blueprint as every reader delivers it."""

from typing import NamedTuple


class Criterion(NamedTuple):
    """One acceptance criterion with its stable id and its place in the blueprint."""

    id: str  # AC-1, AC-2, … in the order of the file
    text: str  # the outcome, one line
    context: str = ""  # behavior name, Given and When that the outcome belongs to; one line, may be empty
    place: str = ""  # "docs/planning/tasks/TASK-008.md:31"


class Blueprint(NamedTuple):
    """A task's definition, read and checked."""

    id: str
    title: str
    type: str  # as written, lower case; "" when absent
    description: str
    criteria: tuple[Criterion, ...]
    dependencies: tuple[str, ...]
    path: str  # relative to the project's root, with forward slashes
    sha256: str  # of the file's bytes
    track: str = ""
