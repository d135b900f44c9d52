"""What the check found, as data; rendering is another module's."""

from typing import NamedTuple

from assembly_line.errors import LineError


class Finding(NamedTuple):
    """One thing that is wrong, or, in a list of notes, one thing to know."""

    file: str  # from the project's root
    line: int  # from 1; 0 is the whole file
    code: str  # a fixed word for programs
    message: str


# Every code, with what it means.
CODES = {
    "journal": "A journal cannot be read, its chain is broken, or the state machine does not allow what it says.",
    "history": "A journal was deleted or changed since the base commit instead of only growing.",
    "copied": "An agent appears in the journals of two tasks: records were copied from one to the other.",
    "state": "A state file cannot be read, or does not show what the journal gives.",
    "schema": "A state file or an entry in it does not have the published form.",
    "statistics": "The counts in a state file are not those of its entries.",
    "unsupported": "A task is called completed without any record of a run.",
    "process": "A step that the workflow demands is missing: an agent, a validation, a tier, PASS, compliance.",
    "evidence": "A report, verdict or judgement does not rest on what was recorded before it.",
    "sources": "The committed sources are not those that the verdict is about.",
    "summary": "A summary is missing, incomplete, or not as the engine wrote it.",
    "report": "The failure report of a failed task is missing.",
    "bundle": "The bundle of a completed task was left behind.",
    "unknown": "A task named on the command line has neither a journal nor an entry.",
    "blueprint": "The task's definition has changed since its run began.",
    "tampered": "During the run something else changed a file of the engine, and the engine put it back.",
    "unwatched": "During the run agents were called while the plugin's hooks were off.",
}


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
