"""The findings of a check, as data."""

from typing import NamedTuple

from assembly_line.errors import LineError


class Finding(NamedTuple):
    """One fault, or, in a list of notes, one thing worth knowing."""

    file: str  # relative to the project's root
    line: int  # from 1; 0 means the whole file
    code: str  # one of CODES, for programs
    message: str


Pair = tuple[list[Finding], list[Finding]]  # findings and notes

CODES = {  # each with its meaning
    "journal": "A journal cannot be read, its chain is broken, or the state machine does not allow what it says.",
    "history": "A journal was deleted or changed since the base commit instead of only growing.",
    "copied": "An agent appears in the journals of two tasks: records were copied from one to the other.",
    "state": "A state file cannot be read, or does not match the journal.",
    "schema": "A state file or an entry in it does not match the published schema.",
    "statistics": "The counts in a state file do not match its entries.",
    "unsupported": "A task is marked completed without any record of a run.",
    "process": "A step that the workflow demands is missing: an agent, a validation, a tier, PASS, compliance.",
    "evidence": "A report, verdict or judgement does not rest on what was recorded before it.",
    "demanded": "What the run had to do is not what definition, configuration, plugin and agents demand.",
    "rehearsal": "A run with a scripted model was put in the place of a real one.",
    "served": "An agent reported whose transcript showed no model that served it, or no tokens.",
    "times": "The times of the records cannot be true.",
    "sources": "The committed sources are not the ones that the verdict is about.",
    "foreign": "A file lies under the engine's paths that the engine did not write.",
    "summary": "A summary is missing, incomplete, or not as the engine wrote it.",
    "report": "The failure report of a failed task is missing.",
    "bundle": "The bundle of a completed task was left behind.",
    "unknown": "A task named on the command line has neither a journal nor an entry.",
    "blueprint": "The task's definition has changed since its run began.",
    "tampered": "During the run something else changed one of the engine's files, and the engine restored it.",
    "forged": "During the run an event reached the hooks that did not come from the client; it was not taken.",
    "settings_changed": "During the run the project's settings of the client changed beyond what they allow or deny.",
    "unwatched": "During the run the client made Agent calls that no hook saw.",
}


class Result(NamedTuple):
    """The result of a whole check."""

    findings: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    journals: int  # number read
    states: int  # number read


def refused(file: str, code: str, error: Exception) -> Finding:
    """The finding for a file that could not be read; a LineError's message gives the place."""
    if not isinstance(error, LineError):
        return Finding(file, 0, code, f"cannot be read ({type(error).__name__})")
    rest = str(error).removeprefix(f"{file}:")
    number, colon, what = rest.partition(":")
    if colon and number.isdigit():
        return Finding(file, int(number), code, what.strip())
    return Finding(file, 0, code, rest.strip())
