"""The blueprint: a task's definition as every reader delivers it."""

from typing import NamedTuple


class Criterion(NamedTuple):
    """One acceptance criterion with its stable id and its place in the blueprint."""

    id: str  # AC-1, AC-2, … in the order of the file
    text: str  # the outcome, one line
    context: str = ""  # the behavior's name, Given and When; one line, may be empty
    place: str = ""  # "docs/planning/tasks/TASK-008.md:31"


class Blueprint(NamedTuple):
    """A checked task definition."""

    id: str
    title: str
    type: str  # as written, lower case; "" when absent
    description: str
    criteria: tuple[Criterion, ...]
    dependencies: tuple[str, ...]
    path: str  # relative to the project's root, with forward slashes
    sha256: str  # of the file's bytes
    track: str = ""
    constraints: str = ""  # what it says besides description and criteria
    branch: str = ""  # the branch that it names
