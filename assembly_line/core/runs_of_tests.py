"""The tests that were reported, with the run that the hooks saw and what changed after it."""

import re
from typing import Any, NamedTuple

from assembly_line.core import evidence
from assembly_line.core.hiding import hides
from assembly_line.core.kinds import VALIDATION
from assembly_line.core.run import Run
from assembly_line.core.timeline import Story, Worked

_DOCUMENTS = re.compile(r"(^|/)docs?/|\.(md|rst|adoc|txt)$", re.IGNORECASE)


class Figures(NamedTuple):
    """A test report, and how far it can be believed."""

    item: Worked
    tests: dict[str, Any]
    seen: dict[str, Any] | None  # command_ran data of the run that the figures come from
    stale: tuple[str, ...]  # what changed the sources after it, in words
    again: tuple[tuple[Worked, dict[str, Any]], ...] = ()  # later runs of the same command by the validator


def same_run(ran: str, told: str) -> bool:
    """Whether a recorded command line runs the tests that a report names, whatever else it does."""
    wanted, found = (evidence.proves(evidence.at_home(text)) for text in (told, ran))
    return set(wanted) <= set(found)


def figures(run: Run, story: Story) -> Figures | None:
    """The last test report, or None when nobody reported tests."""
    reports = story.reports("tests")
    if not reports:
        return None
    item, tests = reports[-1]
    again = tuple(
        (later, ran)
        for later in story.after(item)
        if run.station(later.station).kind == VALIDATION and (ran := seen(story, later.dispatch, tests["command"]))
    )
    return Figures(item, tests, seen(story, item.dispatch, tests["command"]), stale(run, story, item), again)


def seen(story: Story, dispatch: str, command: str) -> dict[str, Any] | None:
    """The last time that a dispatch ran a command, as the hooks recorded it."""
    ran = [item for item in story.commands if item["dispatch"] == dispatch and same_run(item["command"], command)]
    return ran[-1] if ran else None


def stale(run: Run, story: Story, item: Worked) -> tuple[str, ...]:
    """What changed the sources after a dispatch, in words; empty when its results are of the last sources."""
    found: list[str] = []
    for later in story.after(item):
        if later.outside:
            found.append(f"others, before {later.dispatch}")
        if (what := _changed(run, later, item)) is not None:
            found.append(f"{later.station} {later.dispatch}{what}")
    return tuple(found)


def _changed(run: Run, later: Worked, before: Worked) -> str | None:
    """How sure it is that a dispatch changed sources, in words; None when it did not."""
    kind = run.station(later.station).kind
    if later.files is not None:
        sources = [file for file in later.files if not (kind == "documentation" and _DOCUMENTS.search(file))]
        return "" if sources else None
    if kind != "development":
        return None
    if later.tree and before.tree:
        return "" if later.tree != before.tree else None
    return " (what it changed was not recorded)"


def words(ran: dict[str, Any] | None) -> str:
    """What the hooks saw of a run of tests."""
    if ran is None:
        return "not seen by the hooks"
    status = f" with status {ran['status']}" if ran.get("status") is not None else ""
    empty = ", though it ran no test" if ran.get("empty") else ""
    if sign := hides(ran["command"]):
        return f"seen to end{status} in a form that hides a failure ({sign}){empty}"
    return f"seen to {'succeed' if ran['ok'] else 'fail'}{status}{empty}"


def is_good(ran: dict[str, Any]) -> bool:
    """Whether a recorded run of tests shows that they pass."""
    return bool(ran["ok"]) and not ran.get("status") and not ran.get("empty") and not hides(ran["command"])
