"""What became of what was found: issues, concerns, changes after a review, gaps that came back."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from assembly_line.core.kinds import KINDS
from assembly_line.core.run import Issue, Round, Run
from assembly_line.core.timeline import Story, Worked

_SEVERITIES = ("blocking", "major", "minor")


class Life(NamedTuple):
    """A review issue from the report that found it to the last one that named it."""

    station: str
    id: str
    issue: dict[str, Any]  # as last reported
    found: str  # the dispatch
    opened: str = ""  # the dispatch that last called it open; "" for never
    closed: str = ""  # the dispatch that called it fixed; "" while open
    after: tuple[str, ...] = ()  # "api-developer d-0010": who worked in between, or on its file while it is open
    reopened: str = ""  # the dispatch that called it open again

    @property
    def open(self) -> bool:
        """Whether the last report that named it called it open."""
        return not self.closed


class Concern(NamedTuple):
    """A concern and the reports that named it."""

    station: str
    text: str
    first: str  # the dispatch
    last: str
    silent: str = ""  # the first later report of the station that does not repeat it; "" while it stands


class Unreviewed(NamedTuple):
    """A file that no review saw in its last form."""

    file: str  # "" for files that were not recorded
    station: str  # who changed it last
    dispatch: str


class Returned(NamedTuple):
    """A gap that came back in the same words."""

    criterion: str
    gap: str
    times: int


def normal(text: str) -> str:
    """A text for comparison: without case, blanks and closing points."""
    return " ".join(text.lower().split()).rstrip(".!;: ")


def issues(run: Run, story: Story) -> tuple[Life, ...]:
    """Every issue of every reviewer, in the order in which they were found."""
    lives: dict[tuple[str, str], Life] = {}
    done: list[Life] = []
    for item, review in story.reports("review"):
        for issue in review.get("issues", ()):
            key = (item.station, issue["id"])
            life = lives.get(key)
            if life and life.closed and issue["status"] == "open" and normal(issue["title"]) != _title(life):
                done.append(life)  # a used id for another issue
                life = None
            lives[key] = _named(run, story, item, issue, life)
    order = {item.dispatch: number for number, item in enumerate(story.worked)}
    told = (_touched(run, story, life) if life.open else life for life in (*done, *lives.values()))
    return tuple(sorted(told, key=lambda life: order[life.found]))


def _touched(run: Run, story: Story, life: Life) -> Life:
    """An open issue with those who changed its file after the last report that named it."""
    begin = next(number for number, item in enumerate(story.worked) if item.dispatch == (life.opened or life.found))
    file = _file(life.issue)
    later = (item for item in story.worked[begin + 1 :] if file and item.files and file in item.files)
    return life._replace(after=tuple(f"{item.station} {item.dispatch}" for item in later))


def _title(life: Life) -> str:
    return normal(life.issue["title"])


def _file(issue: dict[str, Any]) -> str:
    return str(issue.get("file", "")).removeprefix("./")


def _named(run: Run, story: Story, item: Worked, issue: dict[str, Any], life: Life | None) -> Life:
    """The issue's life after a report that names it."""
    life = life or Life(item.station, issue["id"], issue, item.dispatch)
    if issue["status"] == "open":
        reopened = item.dispatch if life.closed else life.reopened
        return life._replace(issue=issue, opened=item.dispatch, closed="", after=(), reopened=reopened)
    if life.closed:
        return life._replace(issue={**issue, "resolution": issue.get("resolution") or life.issue.get("resolution", "")})
    after = _between(run, story, life.opened, item.dispatch, _file(life.issue))
    return life._replace(issue=issue, closed=item.dispatch, after=after)


def _between(run: Run, story: Story, start: str, end: str, file: str) -> tuple[str, ...]:
    """Who changed a file between two dispatches, else who changed anything, or did so for all that is known."""
    names = [item.dispatch for item in story.worked]
    if start not in names:
        return ()
    between = [
        item
        for item in story.worked[names.index(start) + 1 : names.index(end)]
        if item.files or (item.files is None and item.ok and run.station(item.station).kind == "development")
    ]
    on_file = [item for item in between if file and file in (item.files or ())]
    return tuple(f"{item.station} {item.dispatch}" for item in on_file or between)


def weight(severity: str) -> int:
    """The place of a severity in lists; the gravest first."""
    return _SEVERITIES.index(severity) if severity in _SEVERITIES else len(_SEVERITIES)


def open_issues(run: Run) -> list[Issue]:
    """The issues that the newest reviews left open, gravest first."""
    return sorted((item for item in run.issues if item.status == "open"), key=lambda item: weight(item.severity))


def concerns(story: Story) -> tuple[Concern, ...]:
    """Every concern of every report, oldest first, each once."""
    found: dict[tuple[str, str], Concern] = {}
    for item in story.worked:
        if not item.ok:
            continue
        named = {normal(text): text for text in item.report.get("concerns", ())}
        for (station, text), concern in found.items():
            if station == item.station and text not in named and not concern.silent:
                found[station, text] = concern._replace(silent=item.dispatch)
        for key, text in named.items():
            known = found.get((item.station, key))
            first = known.first if known else item.dispatch
            found[item.station, key] = Concern(item.station, text, first, item.dispatch)
    return tuple(found.values())


def unreviewed(run: Run, story: Story) -> tuple[Unreviewed, ...]:
    """What was changed after the last review that looks at its station, also by a judge; by-products need none."""
    seen: dict[str, int] = {}
    for number, item in enumerate(story.worked):
        if item.ok and "review" in item.report:
            needs = run.station(item.station).needs or tuple(other.name for other in run.stations)
            seen |= dict.fromkeys(needs, number)
    found: dict[str, Unreviewed] = {}
    for number, item in enumerate(story.worked):
        kind = run.station(item.station).kind
        last = max(seen.values(), default=-1) if KINDS[kind].judges else seen.get(item.station, -1)
        if number < last:
            continue
        changes = KINDS[kind].makes or KINDS[kind].judges
        for file in item.files or ():
            if file not in run.left and changes:
                found[file] = Unreviewed(file, item.station, item.dispatch)
        if item.files is None and KINDS[kind].makes and kind != "design":
            found[item.dispatch] = Unreviewed("", item.station, item.dispatch)
    return tuple(found.values())


def returned(history: Iterable[Round]) -> tuple[Returned, ...]:
    """The gaps that validations named more than once in the same words, most frequent first."""
    counts: dict[tuple[str, str], Returned] = {}
    for item in history:
        for gap in item.gaps:
            key = (gap.criterion, normal(gap.gap))
            if key[1]:
                counts[key] = Returned(gap.criterion, gap.gap, counts[key].times + 1 if key in counts else 1)
    return tuple(sorted((item for item in counts.values() if item.times > 1), key=lambda item: -item.times))
