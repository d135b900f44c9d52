"""The form of a summary: its headings in order, and the faults of a given one."""

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
    """What a summary lacks: the title, a heading in order, a criterion in the final report."""
    lines = text.splitlines()
    lacks = [] if lines[:1] == [title(task)] else [f"first line is not {title(task)!r}"]
    start = 0
    for heading in HEADINGS:
        if heading in lines[start:]:
            start = lines.index(heading, start) + 1
        else:
            lacks.append(f"section {heading!r} is missing or out of order")
    report = text.partition("### Final Validation Report")[2]
    lacks += [f"criterion {item} is not in the final report" for item in criteria if f"| {item} |" not in report]
    return tuple(lacks)
