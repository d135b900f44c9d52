"""Who works next: the stations that a gap, an open review issue or a compliance violation leads back to."""

from collections.abc import Iterable
from typing import Any

from assembly_line.core.kinds import KINDS, MENDERS
from assembly_line.core.run import Gap, Issue, Run, Station

REOPENING = ("blocking", "major")  # severities for which a reviewer looks again


def work_stations(run: Run) -> tuple[Station, ...]:
    """The workflow's stations between bundler and validator, in order, without the skipped ones."""
    return tuple(item for item in run.stations if KINDS[item.kind].works and item.name not in run.skipped)


def default_station(run: Run) -> Station:
    """The developer who gets what names nobody."""
    stations = work_stations(run)
    return next((item for item in stations if item.default), stations[0])


def gaps_of(run: Run, criteria: Iterable[dict[str, Any]]) -> tuple[Gap, ...]:
    """The gaps of a verdict's criteria, each with the station that shall close it."""
    return tuple(
        Gap(item["id"], item.get("gap", ""), item.get("recommended_agent", ""), _named(run, item).name)
        for item in criteria
        if item["result"] != "PASS"
    )


def blocking_issues(run: Run) -> tuple[Issue, ...]:
    """Review issues that keep a run from passing."""
    return tuple(item for item in run.issues if item.severity == "blocking" and item.status == "open")


def review_gaps(run: Run) -> tuple[Gap, ...]:
    """Open blocking review issues as gaps for the default developer."""
    name = default_station(run).name
    return tuple(Gap(f"{item.station}:{item.id}", item.title, "", name) for item in blocking_issues(run))


def responsible(run: Run, gaps: Iterable[Gap]) -> tuple[str, ...]:
    """Stations to run again, in the workflow's order: those of the gaps; developer and reviewer of open issues."""
    names = {gap.station for gap in gaps}
    reviewers = {item.station for item in run.issues if item.status == "open" and item.severity in REOPENING}
    if reviewers:
        names |= {*reviewers, default_station(run).name}
    return tuple(item.name for item in work_stations(run) if item.name in names)


def mending(run: Run, violations: Iterable[dict[str, str]]) -> tuple[str, ...]:
    """Stations that mend compliance violations, in the workflow's order; a missing validation needs none."""
    stations = work_stations(run)
    names = set()
    for violation in violations:
        if violation["category"] == "missing_validation":
            continue
        named = next((item for item in stations if item.name in violation.get("item", "").split()), None)
        kind = MENDERS.get(violation["category"])
        by_kind = next((item for item in reversed(stations) if item.kind == kind), None)
        names.add((named or by_kind or default_station(run)).name)
    return tuple(item.name for item in stations if item.name in names)


def _named(run: Run, criterion: dict[str, Any]) -> Station:
    wanted = str(criterion.get("recommended_agent", "")).strip().lower()
    bare = wanted.rsplit(":", 1)[-1]
    stations = work_stations(run)
    for names in ("name", "role"):
        for station in stations:
            if bare and getattr(station, names) == bare:
                return station
    return next((item for item in stations if wanted and item.agent.lower() == wanted), default_station(run))
