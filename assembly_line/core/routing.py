"""Routes gaps, open review issues and compliance violations back to the stations that must close them."""

from collections.abc import Iterable
from typing import Any

from assembly_line.core.kinds import KINDS, MENDERS
from assembly_line.core.run import Gap, Issue, Run, Station

REOPENING = ("blocking", "major")  # severities for which a reviewer looks again


def work_stations(run: Run) -> tuple[Station, ...]:
    """The workflow's stations between bundler and validator, in order, without the skipped ones."""
    return tuple(item for item in run.stations if KINDS[item.kind].works and item.name not in run.skipped)


def default_station(run: Run) -> Station:
    """The developer for whatever names no station."""
    stations = work_stations(run)
    return next((item for item in stations if item.default), stations[0])


def gaps_of(run: Run, criteria: Iterable[dict[str, Any]]) -> tuple[Gap, ...]:
    """The gaps of a verdict's criteria, each with the station that must close it."""
    return tuple(
        Gap(item["id"], item.get("gap", ""), item.get("recommended_agent", ""), _recommended(run, item).name)
        for item in criteria
        if item["result"] != "PASS"
    )


def blocking_issues(run: Run) -> tuple[Issue, ...]:
    """The review issues that keep a run from passing."""
    return tuple(item for item in run.issues if item.severity == "blocking" and item.status == "open")


def issues_for(run: Run, station: Station) -> tuple[Issue, ...]:
    """The review issues that a station is given."""
    scope = KINDS[station.kind].issues
    return tuple(
        item
        for item in run.issues
        if (scope == "open" and item.status == "open") or (scope == "own" and item.station == station.name)
    )


def review_gaps(run: Run) -> tuple[Gap, ...]:
    """The blocking review issues as gaps for the default developer."""
    name = default_station(run).name
    return tuple(Gap(f"{item.station}:{item.id}", item.title, "", name) for item in blocking_issues(run))


def responsible(run: Run, gaps: Iterable[Gap]) -> tuple[str, ...]:
    """The stations to run again, in the workflow's order: those of the gaps; developer and reviewer of open issues."""
    names = {gap.station for gap in gaps}
    reviewers = {item.station for item in run.issues if item.status == "open" and item.severity in REOPENING}
    if reviewers:
        names |= {*reviewers, default_station(run).name}
    return tuple(item.name for item in work_stations(run) if item.name in names)


def mending(run: Run, violations: Iterable[dict[str, str]]) -> tuple[str, ...]:
    """The stations that must fix compliance violations, in the workflow's order; a missing validation needs none."""
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


def _recommended(run: Run, criterion: dict[str, Any]) -> Station:
    agent = str(criterion.get("recommended_agent", "")).strip().lower()
    name = agent.rsplit(":", 1)[-1]
    stations = work_stations(run)
    for member in ("name", "role"):
        for station in stations:
            if name and getattr(station, member) == name:
                return station
    return next((item for item in stations if agent and item.agent.lower() == agent), default_station(run))
