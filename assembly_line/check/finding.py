"""What the check found, as data; rendering is another module's."""

from typing import NamedTuple

from assembly_line.errors import LineError


class Finding(NamedTuple):
    """One thing that is wrong, or, in a list of notes, one thing to know."""

    file: str  # from the project's root
    line: int  # from 1; 0 is the whole file
    code: str  # a fixed word for programs
    message: str


class Result(NamedTuple):
    """A whole check."""

    findings: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    journals: int  # how many were read
    states: int


def refused(file: str, code: str, error: Exception) -> Finding:
    """The finding for a file that could not be read; the place is taken from a LineError's message."""
    if not isinstance(error, LineError):
        return Finding(file, 0, code, f"cannot be understood ({type(error).__name__})")
    rest = str(error).removeprefix(f"{file}:")
    number, colon, what = rest.partition(":")
    if colon and number.isdigit():
        return Finding(file, int(number), code, what.strip())
    return Finding(file, 0, code, rest.strip())
