"""Questions that the tests of honest work ask about a run."""

import re
from typing import Any

from tests.honest.runs import TASK, Played
from tests.support.reading import journal, state

SUMMARY = f"docs/tasks/{TASK}-summary.md"


def all_of(run: Played, kind: str, **members: Any) -> list[dict[str, Any]]:
    """The data of all records of a kind that have these members, oldest first."""
    found = [record.data for record in journal(run.project, TASK) if record.kind == kind]
    return [data for data in found if all(data.get(name) == value for name, value in members.items())]


def status(run: Played) -> str:
    """The task's status in the state file."""
    return str(state(run.project)["tasks"][TASK]["status"])


def summary(run: Played, heading: str = "") -> str:
    """The summary, or the part under a heading."""
    text = (run.project / SUMMARY).read_text(encoding="utf-8")
    return re.split(r"\n#{2,3} ", text.partition(f"\n{heading}\n")[2])[0] if heading else text


def section(brief: str, heading: str) -> str:
    """A part of a brief; "" when there is none."""
    return brief.partition(f"\n## {heading}\n")[2].partition("\n\n## ")[0]


def faults(run: Played, station: str, number: int = 1) -> list[list[str]]:
    """What each report of a station's dispatch was sent back for."""
    return [data["errors"] for data in all_of(run, "report_rejected", dispatch=run.crew.stations[station][number - 1])]
