"""The engine's own audit: whether a run's records show every step that its workflow requires."""

from collections.abc import Iterable

from assembly_line.core import kinds
from assembly_line.core.events import KINDS, line
from assembly_line.core.routing import blocking_issues, work_stations
from assembly_line.core.run import Run
from assembly_line.core.timeline import Entry, Story

Finding = dict[str, str]


def findings(run: Run, story: Story, entries: tuple[Entry, ...]) -> tuple[Finding, ...]:
    """Departures from the process, each with category, severity, item and action."""
    return (*_agents(run, story), *_validation(run, entries), *_tiers(run, story), *_review(run))


def notes(story: Story) -> tuple[str, ...]:
    """Remarks that are not findings: a model other than the one asked for, tampering that was undone."""
    remarks = [
        f"{item.dispatch} {item.station} asked for {item.model} and was served by {item.served}"
        for item in story.worked
        if item.served and item.model not in item.served
    ]
    remarks += [line(item.kind, item.data, Run()) for item in story.incidents if KINDS[item.kind].remark(item.data)]
    return tuple(remarks)


def _finding(category: str, item: str, action: str) -> Finding:
    return {"category": category, "severity": "blocking", "item": item, "action": action}


def _agents(run: Run, story: Story) -> Iterable[Finding]:
    held = "blocked" if run.has_checks else ""  # in earlier releases a blocked report led on
    done = {item.station for item in story.worked if item.ok and item.report.get("status") != held}
    for station in (run.of_kind(kinds.BUNDLING), *work_stations(run), run.of_kind(kinds.VALIDATION)):
        if station.name not in done:
            yield _finding("missing_agent", f"station {station.name} never reported", "run it")


def _validation(run: Run, entries: tuple[Entry, ...]) -> Iterable[Finding]:
    last_work = last_verdict = -1
    result = passed = ""
    for number, entry in enumerate(entries):
        if entry.kind in ("reported", "agent_failed") and run.kind_of(entry.data["station"]).works:
            last_work = number
        if entry.kind == "verdict_given":
            last_verdict, result = number, entry.data["result"]
            passed = entry.data["tree"] if result == "PASS" else ""
        if entry.kind == "unchanged" and passed and entry.data["tree"] == passed:
            last_verdict = number
    if last_verdict < last_work:
        yield _finding("missing_validation", "no verdict follows the last work", "validate again")
    elif result != "PASS":
        yield _finding("missing_validation", "the last verdict is not PASS", "close its gaps and validate again")
    if len(run.met) != len(run.criteria):
        yield _finding("missing_validation", f"{len(run.met)} of {len(run.criteria)} criteria met", "validate again")


def _tiers(run: Run, story: Story) -> Iterable[Finding]:
    for item in story.worked:
        station = run.station(item.station)
        tier = run.settings.tier(item.iteration)
        model = run.settings.model(tier) if station.model == "tiered" else station.model
        if (item.tier, item.model) != (tier, model):
            what = f"{item.dispatch} {item.station} ran at {item.tier} ({item.model}) instead of {tier} ({model})"
            yield _finding("wrong_tier", what, "run it at its tier")
    if run.iteration > run.settings.max_iterations:
        yield _finding("other", f"{run.iteration} iterations, at most {run.settings.max_iterations} allowed", "stop")


def _review(run: Run) -> Iterable[Finding]:
    for issue in blocking_issues(run):
        yield _finding("missing_review", f"{issue.station} left {issue.id} open: {issue.title}", "fix and review again")
