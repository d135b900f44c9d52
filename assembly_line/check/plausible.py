"""Checks that a run's records could have come about: times, agents, who answered, and nobody beside them."""

from collections.abc import Iterable

from assembly_line import schemas
from assembly_line.check.course import FIRST_RULES
from assembly_line.core import times
from assembly_line.core.events import REPORTS
from assembly_line.core.machine import COMPLETED
from assembly_line.core.run import Run
from assembly_line.core.settings import Settings
from assembly_line.storage.journal import Record
from assembly_line.system import clock

AHEAD = 3600  # seconds that a machine's clock may be ahead of the checker's
Fault = tuple[int, str, str]  # line, code, message


def faults(run: Run, records: list[Record]) -> Iterable[Fault]:
    """What is wrong with the records of a task's last run; little is asked of runs of earlier releases."""
    yield from _future(records)
    yield from _settings(run, records)
    if run.rules < FIRST_RULES:
        return
    yield from _same_time(run, records)
    yield from _twice(records)
    yield from _unanswered(run, records)
    yield from _unwatched(run, records)
    if records[0].data.get("rehearsal") and run.stage == COMPLETED:
        what = f"a rehearsal with a scripted model never counts; run it in the project: /task-run {run.task} --restart"
        yield records[0].seq, "rehearsal", what


def _future(records: list[Record]) -> Iterable[Fault]:
    latest = times.seconds(clock.utc_now()) + AHEAD
    late = next((record for record in records if times.seconds(record.ts) > latest), None)
    if late is not None:
        what = f"{late.kind} at {late.ts}, which has not come yet; set the machine's clock and run the task again"
        yield late.seq, "times", what


def _settings(run: Run, records: list[Record]) -> Iterable[Fault]:
    """Limits that no configuration can set."""
    chosen, defaults = run.settings, Settings()
    limits = schemas.load("config")["properties"]["limits"]["properties"]
    told = {"iterations": chosen.max_iterations, **chosen._asdict()}
    outside = [name for name, rule in limits.items() if not rule["minimum"] <= told[name] <= rule["maximum"]]
    fixed = ("rejections", "stop_blocks", "revalidations")
    outside += [name for name in fixed if told[name] != getattr(defaults, name)]
    if outside:
        what = f"limits that no configuration can set: {', '.join(f'{name} {told[name]}' for name in outside)}"
        yield records[0].seq, "process", f"{what}; {_again(run)}"


def _same_time(run: Run, records: list[Record]) -> Iterable[Fault]:
    called = {record.data["dispatch"]: record.ts for record in records if record.kind == "dispatched"}
    for record in records:
        if record.kind in REPORTS and called.get(record.data["dispatch"]) == record.ts:
            what = f"{record.data['dispatch']} was called and had reported at the same moment; {_again(run)}"
            yield record.seq, "times", what
            return


def _twice(records: list[Record]) -> Iterable[Fault]:
    """An agent works for one dispatch, and a call makes one: what is used twice was copied."""
    for kind, member, named in (("agent_started", "agent_id", "agent"), ("dispatched", "call", "call")):
        seen: dict[str, str] = {}
        for record in records:
            if record.kind == kind and record.data[member]:
                other = seen.setdefault(record.data[member], record.data["dispatch"])
                if other != record.data["dispatch"]:
                    what = f"the {named} of {other} appears again in {record.data['dispatch']}"
                    yield record.seq, "copied", f"{what}; restore the file from git"


def _unanswered(run: Run, records: list[Record]) -> Iterable[Fault]:
    """A report of an agent that no model is known to have served, or that used no token."""
    later = {record.data["dispatch"] for record in records if record.kind == "served" and record.data["model"]}
    for record in records:
        if record.kind not in REPORTS:
            continue
        data = record.data
        missing = [] if data.get("served") or data["dispatch"] in later else ["the model that served it"]
        missing += [] if sum(data.get("tokens", {}).values()) > 0 else ["the tokens it used"]
        if missing:
            what = f"{data['dispatch']} {data['station']} reported, but its transcript did not show"
            yield record.seq, "served", f"{what} {' and '.join(missing)}; {_again(run)}"


def _unwatched(run: Run, records: list[Record]) -> Iterable[Fault]:
    stations = {station.agent for station in run.stations}
    for record in records:
        found = sorted(stations & set(record.data["agents"])) if record.kind == "unwatched" else []
        if found:
            what = f"{', '.join(found)} worked while no hook watched, so nobody knows what was done; {_again(run)}"
            yield record.seq, "unwatched", what


def _again(run: Run) -> str:
    return f"run it again: /task-run {run.task} --restart"
