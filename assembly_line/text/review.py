"""The summary's section on code review, rendered from what the reviewers reported."""

from collections.abc import Iterable
from typing import Any

from assembly_line.core import lives
from assembly_line.core.lives import Life, Unreviewed
from assembly_line.core.run import Run
from assembly_line.core.timeline import Story
from assembly_line.text.markdown import UNREPORTED, bullets, cell, code, many, table


def checks(story: Story) -> str:
    """What the reviewers checked, with the results."""
    rows = [
        [item.station, item.iteration, cell(check["name"]), check["result"]]
        for item, review in story.reports("review")
        for check in review["checks"]
    ]
    return table(["Reviewer", "Iteration", "Check", "Result"], rows) if rows else UNREPORTED


def issues(run: Run, story: Story) -> str:
    """Every issue that was found, with its latest status."""
    rows = []
    for item in lives.issues(run, story):
        what = (item.issue["severity"], cell(item.issue["title"]), place(item.issue))
        rows.append([item.station, cell(item.id), *what, _status(item)])
    if rows:
        return table(["Reviewer", "Id", "Severity", "Issue", "Place", "Status"], rows)
    return "None." if story.reports("review") else UNREPORTED


def place(issue: dict[str, Any]) -> str:
    """Where an issue is, as code."""
    return code(issue.get("file", "") + (f":{issue['line']}" if issue.get("line") else "")) or "-"


def _status(item: Life) -> str:
    return "open" if item.open else "fixed"


def addressed(run: Run, story: Story) -> str:
    """Which report found and which one closed each issue, who worked in between, and how it was resolved."""
    lines = []
    for item in lives.issues(run, story):
        resolution = f": {cell(item.issue['resolution'])}" if item.issue.get("resolution") else ""
        lines.append(f"{cell(item.id)} of {item.station}, {life(item)}{resolution}")
    return bullets(lines) if lines else "Nothing to address."


def life(item: Life) -> str:
    """What became of an issue, in words."""
    parts = [f"found by {item.found}"]
    if item.reopened:
        parts.append(f"called open again by {item.reopened}")
    if not item.closed:
        parts.append("still open")
        if item.after:
            parts.append(
                f"though its file was changed later by {', '.join(item.after)}; {item.station} did not look again"
            )
    elif not item.opened:
        parts = [f"found by {item.found}, which called it fixed at once"]
    else:
        worked = f" after {', '.join(item.after)}" if item.after else ", though no change is recorded in between"
        parts.append(f"closed by {item.closed}{worked}")
    return ", ".join(parts)


def final_review(run: Run, story: Story) -> str:
    """The issues that each reviewer's last report left open, and what was changed after it."""
    found = lives.issues(run, story)
    last = {item.station: item.dispatch for item, _ in story.reports("review")}
    lines = [] if last else [UNREPORTED]
    for name, dispatch in last.items():
        count = sum(item.open for item in found if item.station == name)
        lines.append(f"{name} ({dispatch}): {many(count, 'open issue') if count else 'no open issues'}")
    later = unseen(lives.unreviewed(run, story)) if last else ""
    return bullets([*lines, *([later] if later else [])])


def unseen(items: Iterable[Unreviewed]) -> str:
    """What no review has seen in its last form, in words; "" for nothing."""
    named = [f"{code(item.file) or 'files that were not recorded'} ({item.station} {item.dispatch})" for item in items]
    return f"Changed after the last review: {', '.join(named)}" if named else ""
