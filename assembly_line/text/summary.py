"""The task's summary, rendered from the records; what nobody reported is marked as such."""

from assembly_line.core import times
from assembly_line.core.machine import ABORTED, COMPLETED, TERMINAL
from assembly_line.core.run import Run
from assembly_line.core.summary_form import HEADINGS, title
from assembly_line.core.timeline import Story
from assembly_line.sources.tree import Change
from assembly_line.text import crew, quality, review, testing
from assembly_line.text.markdown import bullets, cell, code
from assembly_line.text.points import points
from assembly_line.text.tree_changes import told


def render(run: Run, story: Story, changes: tuple[Change, ...] | None, seconds: float) -> str:
    """The whole document; `changes` is None outside a git repository; `seconds` is the time of work."""
    parts = {
        "### What Was Needed": quality.needed(run),
        "### Requirements Met": quality.met(story),
        "### Workflow": _workflow(run),
        "### Agents Used": crew.agents(run, story),
        "### Code Changes": told(run, changes),
        "### Checks Performed": review.checks(story),
        "### Issues Found": review.issues(run, story),
        "### How Issues Were Addressed": review.addressed(run, story),
        "### Final Review": review.final_review(run, story),
        "### Test Coverage": testing.coverage(run, story),
        "### Test Results": testing.results(run, story),
        "### Test Breakdown": testing.breakdown(run, story),
        "## Requirements Validation": quality.validator(story),
        "### Final Validation Report": quality.final(run, story),
        "## Summary": _closing(run, story),
        "### Ready for Integration": _ready(run, story),
    }
    body = "\n\n".join(f"{heading}\n\n{parts[heading]}" if heading in parts else heading for heading in HEADINGS)
    head = bullets(f"**{name}:** {value}" for name, value in _head(run, seconds) if value)
    return f"{title(run.task)}\n\n{head}\n\n{body}\n"


def _head(run: Run, seconds: float) -> list[tuple[str, str]]:
    tiers = dict.fromkeys((run.tier, run.settings.tier(1)))
    used = ", before that ".join(f"{tier} ({run.settings.model(tier)})" for tier in tiers)
    ended = f" to {times.day(run.ended_at)}" if run.ended_at else ""
    return [
        ("Task", f"{run.task}: {cell(run.title)}"),
        ("Status", run.stage if run.ended_at else "validated; compliance check pending"),
        ("Duration", f"{times.duration(seconds)}{' of work' if run.has_checks else ''}"),
        ("Tier Used", used),
        ("Iterations", str(run.iteration)),
        ("Date", f"{times.day(run.started_at)}{ended}"),
        ("Base Commit", code(run.head)),
        ("Branch", _branch(run)),
        ("Task File", code(run.blueprint)),
    ]


def _branch(run: Run) -> str:
    named = f" (the task names {code(run.wanted_branch)})" if run.wanted_branch not in ("", run.branch) else ""
    return f"{code(run.branch)}{named}"


def _workflow(run: Run) -> str:
    names = " → ".join(item.name for item in run.stations if item.name not in run.skipped)
    skipped = f" Skipped, because the blueprint does not call for it: {', '.join(run.skipped)}." if run.skipped else ""
    return f"{run.workflow}: {names}.{skipped}"


def _closing(run: Run, story: Story) -> str:
    text = crew.dispatches(story)
    for head, lines in (
        ("Concerns raised by the agents", crew.concerns(story)),
        ("What went otherwise than planned, and what the engine noted", crew.otherwise(story)),
        ("When the run stood still", crew.holds(story)),
    ):
        text += f"\n\n{head}:\n\n{bullets(lines)}" if lines else ""
    return text


def _ready(run: Run, story: Story) -> str:
    found = points(run, story)
    if run.stage in TERMINAL and run.stage != COMPLETED:
        was = "was aborted" if run.stage == ABORTED else run.stage
        words = f"No: the run {was} in {run.error.stage}: {cell(run.error.message)}."
    elif not story.rounds or story.rounds[-1]["result"] != "PASS":
        words = "No: the last validation did not pass."
    else:
        met = f"all {len(run.criteria)} criteria are met by the validated sources"
        pending = "" if run.stage == COMPLETED else "; the compliance check is pending"
        words = f"Yes{', with open points' if any(item.grave for item in found) else ''}: {met}{pending}."
    known = bullets(item.text for item in found)
    return f"{words}\n\n{known}" if known else words
