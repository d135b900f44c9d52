"""Questions that the shortcut tests ask about a finished run."""

from typing import Any

from tests.shortcuts.mischief import TASK
from tests.shortcuts.runs import Played
from tests.support.reading import entry, journal


def all_of(run: Played, kind: str) -> list[dict[str, Any]]:
    """The data of all records of a kind, oldest first."""
    return [record.data for record in journal(run.project, TASK) if record.kind == kind]


def refusals(run: Played) -> list[tuple[str, str]]:
    """Each refused action, and why."""
    return [(data["what"], data["why"]) for data in all_of(run, "refused")]


def dispatched(run: Played) -> list[tuple[str, str]]:
    """Dispatch and station of each agent that the gate allowed."""
    return [(data["dispatch"], data["station"]) for data in all_of(run, "dispatched")]


def tampered(run: Played) -> list[set[str]]:
    """The restored files, each time."""
    return [set(data["files"]) for data in all_of(run, "tampered")]


def stops(run: Played, before: str) -> int:
    """How often the end of a turn was blocked while this dispatch was due."""
    count = 0
    for record in journal(run.project, TASK):
        if record.kind == "dispatched":
            if record.data["dispatch"] == before:
                return count
            count = 0
        count += record.kind == "stop_blocked"
    return 0


def came_to_nothing(run: Played, *tricks: str, status: str = "in_progress") -> None:
    """No trick succeeded, and none changed the task's status."""
    stays_open(run, *tricks, status=status)
    for name in tricks:
        after = run.after[name]
        assert not after.results or after.refused, (name, after.results)


def stays_open(run: Played, *tricks: str, status: str = "in_progress") -> None:
    """No trick changed the task's status, whatever its tool calls did."""
    for name in tricks:
        after = run.after[name]
        assert (after.status, after.completed) == (status, False), name


def completed_honestly(run: Played) -> None:
    """The task is completed once: a PASS after the last work, then the summary, then compliance."""
    records = journal(run.project, TASK)
    at = {record.kind: number for number, record in enumerate(records)}  # of the last of each kind
    assert [record.kind for record in records].count("completed") == 1
    assert at["reported"] < at["verdict_given"] < at["passed"] < at["summary_written"] < at["compliance_judged"]
    assert at["compliance_judged"] < at["completed"] < at["closed"]
    assert records[at["verdict_given"]].data["result"] == records[at["compliance_judged"]].data["result"] == "PASS"
    shown = entry(run.project, TASK)
    assert (shown["status"], shown["validation_result"], shown["compliance_result"]) == ("completed", "PASS", "PASS")
    assert shown["acceptance_criteria_met"] == shown["acceptance_criteria_total"] == 2
    assert run.runs[-1].code == 0
    assert not run.left
