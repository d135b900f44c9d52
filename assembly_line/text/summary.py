"""The task's summary, rendered from the records; what nobody reported is marked as such."""

from assembly_line.core import times
from assembly_line.core.audit import notes
from assembly_line.core.machine import COMPLETED, TERMINAL
from assembly_line.core.run import Run
from assembly_line.core.summary_form import HEADINGS, title
from assembly_line.core.timeline import Story
from assembly_line.sources.tree import Change
from assembly_line.text import quality
from assembly_line.text.markdown import bullets, cell, code, table


def render(run: Run, story: Story, changes: tuple[Change, ...] | None, seconds: float) -> str:
    """The whole document; `changes` is None outside a git repository; `seconds` is the duration."""
    model = run.settings.model(run.tier)
    head = [
        ("Task", f"{run.task}: {cell(run.title)}"),
        ("Status", run.stage if run.ended_at else "validated; compliance check pending"),
        ("Duration", times.duration(seconds)),
        ("Tier Used", f"{run.tier} ({model})"),
        ("Iterations", str(run.iteration)),
    ]
    parts = {
        "### What Was Needed": _needed(run),
        "### Requirements Met": _met(story),
        "### Workflow": _workflow(run),
        "### Agents Used": _agents(story),
        "### Code Changes": _changes(changes),
        "### Checks Performed": quality.checks(story),
        "### Issues Found": quality.issues(story),
        "### How Issues Were Addressed": quality.addressed(story),
        "### Final Review": quality.final_review(run, story),
        "### Test Coverage": quality.coverage(story),
        "### Test Results": quality.results(story),
        "### Test Breakdown": quality.breakdown(story),
        "## Requirements Validation": quality.validator(story),
        "### Final Validation Report": quality.final(run, story),
        "## Summary": _closing(run, story),
        "### Ready for Integration": _ready(run, story),
    }
    body = "\n\n".join(f"{heading}\n\n{parts[heading]}" if heading in parts else heading for heading in HEADINGS)
    return f"{title(run.task)}\n\n" + "\n".join(f"- **{name}:** {value}" for name, value in head) + f"\n\n{body}\n"


def _needed(run: Run) -> str:
    lines = [f"In short: {cell(run.description)}", ""] if run.description else []
    return "\n".join([*lines, bullets(f"{item.id}: {cell(item.text)}" for item in run.criteria)])


def _met(story: Story) -> str:
    rows = []
    for number, item in enumerate(story.rounds, 1):
        criteria = item["verdict"]["criteria"]
        met = f"{sum(entry['result'] == 'PASS' for entry in criteria)}/{len(criteria)}"
        missing = "; ".join(f"{gap[0]}: {cell(gap[1])}" for gap in item["gaps"]) or "nothing"
        rows.append([number, item["iteration"], item["tier"], item["result"], met, missing])
    return table(["Validation", "Iteration", "Tier", "Result", "Met", "What was missing"], rows)


def _workflow(run: Run) -> str:
    names = " → ".join(item.name for item in run.stations if item.name not in run.skipped)
    skipped = f" Skipped, because the blueprint does not call for it: {', '.join(run.skipped)}." if run.skipped else ""
    return f"{run.workflow}: {names}.{skipped}"


def _agents(story: Story) -> str:
    rows: dict[tuple[str, str, str], list[str]] = {}
    for item in story.worked:
        rows.setdefault((item.agent, quality.served(item), item.station), []).append(
            f"{item.iteration}{'' if item.ok else ' (lost)'}"
        )
    listed = [
        [code(agent), cell(served), station, ", ".join(turns)] for (agent, served, station), turns in rows.items()
    ]
    return table(["Agent", "Served by", "For", "In iterations"], listed)


def _changes(changes: tuple[Change, ...] | None) -> str:
    if changes is None:
        return "Not a git repository; changes were not counted."
    if not changes:
        return "No files changed."
    added, removed = sum(item.added or 0 for item in changes), sum(item.removed or 0 for item in changes)
    words = {"A": "created", "D": "deleted"}
    rows = [
        [code(item.path), words.get(item.status, "modified"), _count(item.added), _count(item.removed)]
        for item in changes
    ]
    created = sum(item.status == "A" for item in changes)
    deleted = sum(item.status == "D" for item in changes)
    modified = len(changes) - created - deleted
    files = f"{created} {'file' if created == 1 else 'files'} created, {modified} modified, {deleted} deleted"
    listed = table(["File", "Change", "Added", "Removed"], rows)
    return f"{files}; {added} lines added, {removed} removed (counted by git).\n\n{listed}"


def _count(number: int | None) -> str:
    return "binary" if number is None else str(number)


def _closing(run: Run, story: Story) -> str:
    last = {item.station: item for item in story.worked if item.ok and item.report.get("summary")}
    lines = [f"{name}: {cell(item.report['summary'])}" for name, item in last.items()]
    concerns = [f"{name}: {cell(text)}" for name, item in last.items() for text in item.report.get("concerns", ())]
    text = bullets(lines) if lines else quality.UNREPORTED
    if concerns:
        text += f"\n\nConcerns raised by the agents:\n\n{bullets(concerns)}"
    if notes(story):
        text += f"\n\nNoted by the engine:\n\n{bullets(cell(item) for item in notes(story))}"
    return text


def _ready(run: Run, story: Story) -> str:
    if run.stage in TERMINAL and run.stage != COMPLETED:
        return f"No: the run {run.stage} in {run.error.stage}: {cell(run.error.message)}."
    if story.rounds and story.rounds[-1]["result"] == "PASS":
        return f"Yes: all {len(run.criteria)} criteria are met by the validated sources."
    return "No: the last validation did not pass."
