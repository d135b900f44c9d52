"""The story of a run, told by its records: what was done, by whom and with what result."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from assembly_line.core.events import INCIDENTS, REPORTS, WORK
from assembly_line.core.times import took

Data = dict[str, Any]
TOLD = WORK | INCIDENTS | {"paused", "resumed"}  # the kinds that a whole story is told from
LOST, VOID = "lost", "void"  # ends without a report that counts


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
    end: str = ""  # done, done_with_concerns, blocked, PASS, FAIL, LOST or VOID
    said: str = ""  # why an agent was lost, with its last words; why a verdict is void; a verdict's gaps
    seconds: float | None = None  # from call to end; None when the session ended with it
    files: tuple[str, ...] | None = None  # changed meanwhile; None when that was not recorded
    tree: str = ""  # the sources at its end; "" when unknown
    outside: tuple[str, ...] = ()  # files that nobody of the run had changed before it began


class Story(NamedTuple):
    """A run in the order of its records."""

    worked: tuple[Worked, ...]
    rounds: tuple[Data, ...]  # verdict_given data
    fixes: tuple[Data, ...]  # fix_started data
    incidents: tuple[Entry, ...]
    commands: tuple[Data, ...]
    voids: tuple[Data, ...] = ()  # judgement_void data
    rejections: tuple[Data, ...] = ()  # report_rejected data
    objections: tuple[Data, ...] = ()  # papers_again data
    mending: tuple[Data, ...] = ()  # mending_started data
    denied: tuple[Data, ...] = ()
    unchanged: tuple[Data, ...] = ()
    holds: tuple[Entry, ...] = ()  # paused, stalled, resumed and answered

    def reports(self, member: str) -> list[tuple[Worked, Data]]:
        """The reports that have a member such as tests or review, oldest first."""
        return [(item, item.report[member]) for item in self.worked if item.ok and item.report.get(member)]

    def after(self, item: Worked) -> tuple[Worked, ...]:
        """The dispatches that ended after one."""
        return self.worked[self.worked.index(item) + 1 :]

    def sent_back(self, dispatch: str) -> int:
        """How many reports of a dispatch were sent back."""
        return sum(item["dispatch"] == dispatch for item in self.rejections)


# The kinds whose data is kept as it is, with the member of the story that keeps it.
_KEPT = {
    "fix_started": "fixes",
    "command_ran": "commands",
    "judgement_void": "voids",
    "report_rejected": "rejections",
    "papers_again": "objections",
    "mending_started": "mending",
    "denied": "denied",
    "unchanged": "unchanged",
}


def tell(entries: Iterable[Entry]) -> Story:
    """The story of the run that these records, from run_started on, belong to."""
    dispatches: dict[str, Entry] = {}
    worked: dict[str, Worked] = {}
    rounds: list[Data] = []
    incidents: list[Entry] = []
    holds: list[Entry] = []
    kept: dict[str, list[Data]] = {name: [] for name in _KEPT.values()}
    for entry in entries:
        data = entry.data
        if entry.kind == "dispatched":
            dispatches[data["dispatch"]] = entry
        elif entry.kind in REPORTS or entry.kind in ("agent_failed", "judgement_void"):
            worked.setdefault(data["dispatch"], _worked(dispatches[data["dispatch"]], entry))
        elif entry.kind == "served" and data["dispatch"] in worked and not worked[data["dispatch"]].served:
            worked[data["dispatch"]] = worked[data["dispatch"]]._replace(served=data["model"])
        elif entry.kind in ("paused", "stalled", "resumed", "answered"):
            holds.append(entry)
        if entry.kind == "verdict_given":
            begun = dispatches[data["dispatch"]].data
            rounds.append({**data, "iteration": begun["iteration"], "tier": begun["tier"]})
        elif entry.kind in _KEPT:
            kept[_KEPT[entry.kind]].append(data)
        if entry.kind in INCIDENTS:
            incidents.append(entry)
    lists = {name: tuple(values) for name, values in kept.items()}
    return Story(tuple(worked.values()), tuple(rounds), incidents=tuple(incidents), holds=tuple(holds), **lists)


def _worked(begin: Entry, end: Entry) -> Worked:
    dispatch, data = begin.data, end.data
    member = data.get("verdict" if end.kind == "judgement_void" else REPORTS.get(end.kind, ""), {})
    files = data.get("files")
    if files is None and data.get("tree") and data["tree"] == dispatch.get("tree"):
        files = ()
    return Worked(
        dispatch["dispatch"],
        dispatch["station"],
        dispatch["agent"],
        dispatch["iteration"],
        dispatch["tier"],
        dispatch["model"],
        data.get("served", ""),
        end.kind in REPORTS and end.kind != "judgement_void",
        dispatch["why"],
        data.get("tokens", {}),
        member if isinstance(member, dict) else {"violations": member},
        _end(end),
        _said(end),
        None if data.get("reason") == "interrupted" else took(begin.ts, end.ts),
        None if files is None else tuple(files),
        data.get("tree", ""),
        tuple(dispatch.get("outside", ())),
    )


def _said(end: Entry) -> str:
    if end.kind == "verdict_given":
        return "; ".join(f"{gap[0]}: {gap[1]}" for gap in end.data["gaps"])
    words = end.data.get("said", "")
    return f"{end.data.get('message', '')}{f'; its last words: {words}' if words else ''}"


def _end(end: Entry) -> str:
    if end.kind in ("agent_failed", "judgement_void"):
        return LOST if end.kind == "agent_failed" else VOID
    return str(end.data["result"] if "result" in end.data else end.data["report"]["status"])
