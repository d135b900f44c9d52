"""Routes gaps, open review issues, failing tests and violations to the stations that own the place."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from assembly_line.core import kinds
from assembly_line.core.kinds import KINDS, MENDERS, PAPERS
from assembly_line.core.run import Gap, Issue, Run, Station

REOPENING = ("blocking", "major")  # severities for which a reviewer looks again
TREE = "tree"  # stands for a criterion in the gap of a file that the judges' commands keep changing
_LINE = re.compile(r"[:#]L?\d[\d:-]*$")


class Mend(NamedTuple):
    """What is mended before the next stations begin."""

    finder: str  # the reviewer or tester who found it, and looks again
    menders: tuple[str, ...]


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


def tree_gaps(run: Run, paths: Iterable[str]) -> tuple[Gap, ...]:
    """A gap for each file that judges' commands changed more than once, for whoever owns the file."""
    what = "it changes while the task is validated, which makes verdicts void"
    remedy = "if a command does it, let git ignore the file, or make the command write elsewhere"
    return tuple(Gap(TREE, f"{path}: {what}; {remedy}", "", _owner(run, path).name) for path in paths)


def blocking_issues(run: Run) -> tuple[Issue, ...]:
    """The review issues that keep a run from passing."""
    return tuple(item for item in run.issues if item.severity == "blocking" and item.status == "open")


def review_gaps(run: Run) -> tuple[Gap, ...]:
    """The blocking review issues as gaps for those who own the place."""
    return tuple(
        Gap(f"{item.station}:{item.id}", item.title, "", owner_of(run, item).name) for item in blocking_issues(run)
    )


def owner_of(run: Run, issue: Issue) -> Station:
    """The station that must mend an issue: by file, else a developer whose work the review looks at."""
    needs = run.station(issue.station).needs
    seen = [item for item in work_stations(run) if item.name in needs]
    by_file = _changed_by(run, _LINE.sub("", issue.place.strip()))
    if by_file is not None:
        return by_file
    developers = [item for item in seen if item.kind == kinds.DEVELOPMENT]
    return next((item for item in developers if item.default), developers[-1] if developers else default_station(run))


def issues_for(run: Run, station: Station) -> tuple[Issue, ...]:
    """The review issues that a station is given."""
    scope = KINDS[station.kind].issues
    still_open = tuple(item for item in run.issues if item.status == "open")
    if scope == kinds.OWNED:
        return tuple(item for item in still_open if owner_of(run, item) == station)
    if scope == kinds.FOUND:
        return tuple(item for item in run.issues if item.station == station.name)
    return still_open if scope == kinds.OPEN else ()


def responsible(run: Run, gaps: Iterable[Gap]) -> tuple[str, ...]:
    """The stations to run again, in the workflow's order: those of the gaps; owner and reviewer of open issues."""
    names = {gap.station for gap in gaps}
    for issue in run.issues:
        if issue.status == "open" and issue.severity in REOPENING:
            names |= {issue.station, owner_of(run, issue).name}
    return _in_order(run, names)


def to_mend(run: Run) -> Mend | None:
    """The blocking issues or failing tests that are mended before the next stations begin, once in an iteration."""
    for station in work_stations(run):
        if station.name not in run.planned or station.name in (*run.plan, *run.mended):
            continue
        owners = {owner_of(run, item).name for item in blocking_issues(run) if item.station == station.name}
        if station.name in run.failing:
            owners.add(_owner_of_failure(run, station).name)
        if menders := _in_order(run, owners - {station.name}):
            return Mend(station.name, menders)
    return None


def is_about_papers(run: Run, violation: dict[str, str]) -> bool:
    """Whether a violation is about a paper that the engine writes: summary, state entry or journal."""
    if violation["category"] in PAPERS:
        return True
    papers = (run.summary, run.state_file, f"{run.task}.jsonl")
    text = f"{violation['item']} {violation['action']}"
    return violation["category"] == "other" and any(paper and paper in text for paper in papers)


def mending(run: Run, violations: Iterable[dict[str, str]]) -> tuple[str, ...]:
    """The stations that must fix compliance violations, in the workflow's order; a missing validation needs none."""
    stations = work_stations(run)
    names = set()
    for violation in violations:
        if violation["category"] == "missing_validation":
            continue
        kind = MENDERS.get(violation["category"])
        named = [item for item in stations if item.name in violation.get("item", "").split()]
        named.sort(key=lambda item: item.kind != kind)
        by_kind = [item for item in reversed(stations) if item.kind == kind]
        names.add([*named, *by_kind, default_station(run)][0].name)
    return _in_order(run, names)


def _in_order(run: Run, names: Iterable[str]) -> tuple[str, ...]:
    wanted = set(names)
    return tuple(item.name for item in work_stations(run) if item.name in wanted)


def _recommended(run: Run, criterion: dict[str, Any]) -> Station:
    """The station that a verdict names for a gap, else the one that changed a file the gap names."""
    agent = str(criterion.get("recommended_agent", "")).strip().lower()
    name = agent.rsplit(":", 1)[-1]
    makers = [item for item in work_stations(run) if KINDS[item.kind].makes]
    for member in ("name", "role"):
        for station in makers:
            if name and getattr(station, member) == name:
                return station
    by_agent = next((item for item in makers if agent and item.agent.lower() == agent), None)
    return by_agent or _mentioned(run, str(criterion.get("gap", ""))) or default_station(run)


def _owner(run: Run, path: str) -> Station:
    return _changed_by(run, path) or default_station(run)


def _owner_of_failure(run: Run, tester: Station) -> Station:
    """The developer whose file a tester names beside failing tests, else the default one."""
    said = next((item.said for item in reversed(run.past) if item.station == tester.name), "")
    station = _mentioned(run, said)
    return station if station is not None and station.kind == kinds.DEVELOPMENT else default_station(run)


def _changed_by(run: Run, place: str) -> Station | None:
    """The maker that changed a file last; an agent may name the file by an absolute path."""
    path = place.removeprefix("./")
    known = dict(run.owners).get(path, "")
    if not known and path.startswith("/"):
        known = next((name for file, name in run.owners if path.endswith(f"/{file}")), "")
    return next((item for item in work_stations(run) if item.name == known and KINDS[item.kind].makes), None)


def _mentioned(run: Run, text: str) -> Station | None:
    """The maker of the first file that a text names."""
    words = (_LINE.sub("", word.strip("`'\"()[],;.")) for word in text.split())
    return next((station for word in words if "." in word and (station := _changed_by(run, word))), None)
