"""The form of a summary: its headings in order, and what a written one lacks."""

# The headings that a summary must have, in this order; the check of a summary uses them too.
HEADINGS = (
    "## Requirements",
    "### What Was Needed",
    "### Requirements Met",
    "## Implementation",
    "### Workflow",
    "### Agents Used",
    "### Code Changes",
    "## Code Review",
    "### Checks Performed",
    "### Issues Found",
    "### How Issues Were Addressed",
    "### Final Review",
    "## Testing",
    "### Test Coverage",
    "### Test Results",
    "### Test Breakdown",
    "## Requirements Validation",
    "### Final Validation Report",
    "## Summary",
    "### Ready for Integration",
)


def title(task: str) -> str:
    """The summary's first line."""
    return f"# Task Summary: {task}"


def faults(text: str, task: str, criteria: tuple[str, ...]) -> tuple[str, ...]:
    """What a summary lacks: its title, a heading in its place, a criterion in the final report."""
    lines = text.splitlines()
    found = [] if lines[:1] == [title(task)] else [f"first line is not {title(task)!r}"]
    at = 0
    for heading in HEADINGS:
        if heading in lines[at:]:
            at += lines[at:].index(heading) + 1
        else:
            found.append(f"section {heading!r} is missing or out of order")
    report = text.partition("### Final Validation Report")[2]
    return (
        *found,
        *(f"criterion {item} is not in the final report" for item in criteria if f"| {item} |" not in report),
    )
