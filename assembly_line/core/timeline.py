"""The story of a run, told by its records: what was done, by whom and with what result."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from assembly_line.core.events import INCIDENTS, REPORTS

Data = dict[str, Any]


class Entry(NamedTuple):
    """A record's time, kind and data."""

    ts: str
    kind: str
    data: Data


class Worked(NamedTuple):
    """A dispatch that ended."""

    dispatch: str
    station: str
    agent: str
    iteration: int
    tier: str
    model: str  # asked for
    served: str  # answered; "" when unknown
    ok: bool
    why: str
    tokens: Data
    report: Data  # report, verdict or violations; {} for a lost agent


class Story(NamedTuple):
    """A run in the order of its records."""

    worked: tuple[Worked, ...]
    rounds: tuple[Data, ...]  # verdict_given data
    fixes: tuple[Data, ...]  # fix_started data
    incidents: tuple[Entry, ...]
    commands: tuple[Data, ...]

    def reports(self, member: str) -> list[tuple[Worked, Data]]:
        """The reports that have a member such as tests or review, oldest first."""
        return [(item, item.report[member]) for item in self.worked if item.report.get(member)]


def tell(entries: Iterable[Entry]) -> Story:
    """The story of the run that these records, from run_started on, belong to."""
    dispatches: dict[str, Data] = {}
    worked: list[Worked] = []
    rounds, fixes, incidents, commands = [], [], [], []
    for entry in entries:
        data = entry.data
        if entry.kind == "dispatched":
            dispatches[data["dispatch"]] = data
        elif entry.kind in REPORTS or entry.kind == "agent_failed":
            worked.append(_worked(dispatches[data["dispatch"]], entry))
        elif entry.kind == "served" and worked and not worked[-1].served:
            worked[-1] = worked[-1]._replace(served=data["model"])
        elif entry.kind == "command_ran":
            commands.append(data)
        if entry.kind == "verdict_given":
            rounds.append({**data, "iteration": dispatches[data["dispatch"]]["iteration"], "tier": worked[-1].tier})
        elif entry.kind == "fix_started":
            fixes.append(data)
        if entry.kind in INCIDENTS:
            incidents.append(entry)
    return Story(tuple(worked), tuple(rounds), tuple(fixes), tuple(incidents), tuple(commands))


def _worked(dispatch: Data, end: Entry) -> Worked:
    member = end.data.get(REPORTS.get(end.kind, ""), {})
    return Worked(
        dispatch["dispatch"],
        dispatch["station"],
        dispatch["agent"],
        dispatch["iteration"],
        dispatch["tier"],
        dispatch["model"],
        end.data.get("served", ""),
        end.kind in REPORTS,
        dispatch["why"],
        end.data.get("tokens", {}),
        member if isinstance(member, dict) else {"violations": member},
    )
