"""What is open at the end of a run, told by its records."""

from collections.abc import Iterable
from typing import NamedTuple

from assembly_line.core import lives, runs_of_tests
from assembly_line.core.kinds import DEVELOPMENT, KINDS
from assembly_line.core.run import Run
from assembly_line.core.timeline import Story
from assembly_line.text.markdown import cell, code
from assembly_line.text.review import life, place, unseen


class Point(NamedTuple):
    """Something that a person must know before the change is merged."""

    text: str
    grave: bool = True  # the change is not simply ready


def points(run: Run, story: Story) -> tuple[Point, ...]:
    """Everything that is open, gravest kind first."""
    return (*_issues(run, story), *_concerns(story), *_unseen(run, story), *_tests(run, story), *_rest(run, story))


def _issues(run: Run, story: Story) -> Iterable[Point]:
    still = sorted((item for item in lives.issues(run, story) if item.open), key=_weight)
    for item in still:
        where = place(item.issue)
        what = f"{item.issue['severity']} issue {cell(item.id)} of {item.station}: {cell(item.issue['title'])}"
        yield Point(f"Open {what}{f', {where}' if where != '-' else ''} ({life(item)})")


def _weight(item: lives.Life) -> int:
    return lives.weight(item.issue["severity"])


def _concerns(story: Story) -> Iterable[Point]:
    for item in lives.concerns(story):
        if not item.silent:
            yield Point(f"Concern of {item.station} ({item.last}): {cell(item.text)}")


def _unseen(run: Run, story: Story) -> Iterable[Point]:
    found = lives.unreviewed(run, story)
    if found:
        kinds = {run.station(item.station).kind for item in found}
        yield Point(unseen(found), any(kind == DEVELOPMENT or KINDS[kind].judges for kind in kinds))


def _tests(run: Run, story: Story) -> Iterable[Point]:
    found = runs_of_tests.figures(run, story)
    if found is not None:
        again = any(
            runs_of_tests.is_good(ran) and not runs_of_tests.stale(run, story, later) for later, ran in found.again[-1:]
        )
        if found.stale:
            since = ", though the same command succeeded later" if again else ""
            text = f"The test figures are stale: the sources changed after {found.item.dispatch}{since}"
            yield Point(text, not again)
        failed = found.tests.get("failed") or 0
        if failed:
            yield Point(f"The last test report ({found.item.dispatch}) counts {failed} failed", not again)
    elif any(item.kind == "test" and item.name not in run.skipped for item in run.stations):
        yield Point("No tests were reported")
    if not _checked(story):
        where = "with the last verdict" if story.commands else "in this project"
        yield Point(f"No executable check {where}: nothing that could fail was seen to run on the validated sources")


def _checked(story: Story) -> bool:
    """Whether the last verdict rests on something that was run."""
    if not story.rounds:
        return True
    last = story.rounds[-1]
    return bool(last.get("checks")) or last["verdict"]["runtime_verification"]["status"] != "NOT_APPLICABLE"


def _rest(run: Run, story: Story) -> Iterable[Point]:
    for item in story.denied:
        yield Point(f"{item['station']} ({item['dispatch']}) was denied {cell(item['what'])}: {cell(item['why'])}")
    if run.left:
        files = ", ".join(map(code, run.left))
        yield Point(f"Left behind by commands, no part of the change: {files}", False)
