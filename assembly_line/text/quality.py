"""The summary's sections on review, tests and validation, rendered from what was recorded."""

from typing import Any

from assembly_line.core.run import Run
from assembly_line.core.timeline import Story, Worked
from assembly_line.text.markdown import bullets, cell, code, table

NOBODY = "Nobody reported this."


def served(item: Worked) -> str:
    """The model that answered, or that none was reported and which was asked for."""
    return item.served or f"not reported (asked for {item.model})"


def checks(story: Story) -> str:
    """What the reviewers checked, and with what result."""
    rows = [
        [item.station, item.iteration, cell(check["name"]), check["result"]]
        for item, review in story.reports("review")
        for check in review["checks"]
    ]
    return table(["Reviewer", "Iteration", "Check", "Result"], rows) if rows else NOBODY


def _all_issues(story: Story) -> dict[tuple[str, str], dict[str, Any]]:
    """Every issue by reviewer and id, as last reported."""
    return {
        (item.station, issue["id"]): issue for item, review in story.reports("review") for issue in review["issues"]
    }


def issues(story: Story) -> str:
    """Every issue that was found, as it stands now."""
    rows = [
        [station, name, issue["severity"], cell(issue["title"]), code(_place(issue)), issue["status"]]
        for (station, name), issue in _all_issues(story).items()
    ]
    if rows:
        return table(["Reviewer", "Id", "Severity", "Issue", "Place", "Status"], rows)
    return "None." if story.reports("review") else NOBODY


def _place(issue: dict[str, Any]) -> str:
    return issue.get("file", "") + (f":{issue['line']}" if issue.get("line") else "") or "-"


def addressed(story: Story) -> str:
    """How each issue was resolved."""
    issues = _all_issues(story)
    lines = [
        f"{name} of {station}: {cell(issue.get('resolution', '') or issue['status'])}"
        for (station, name), issue in issues.items()
    ]
    return bullets(lines) if lines else "There was nothing to address."


def final_review(run: Run, story: Story) -> str:
    """The issues that each reviewer's last report left open."""
    last = {item.station: review for item, review in story.reports("review")}
    if not last:
        return NOBODY
    still = {name: sum(issue["status"] == "open" for issue in review["issues"]) for name, review in last.items()}
    return bullets(f"{name}: {count or 'no'} open issue{'' if count == 1 else 's'}" for name, count in still.items())


def _tests(story: Story) -> tuple[Worked, dict[str, Any]] | None:
    found = story.reports("tests")
    return found[-1] if found else None


def coverage(story: Story) -> str:
    """The coverage that the tester reported."""
    found = _tests(story)
    percent = found[1].get("coverage_percent") if found else None
    return NOBODY if percent is None else f"{percent} % (as {found[0].station if found else ''} reported)."


def results(story: Story) -> str:
    """The test run that the tester reported, and whether the hooks saw its command succeed."""
    found = _tests(story)
    if found is None:
        return NOBODY
    tests = found[1]
    figures = {"total": "run", "passed": "passed", "failed": "failed", "skipped": "skipped"}
    counted = ", ".join(f"{tests[name]} {word}" for name, word in figures.items() if tests.get(name) is not None)
    seen = {item["command"]: item["ok"] for item in story.commands}
    said = {True: "seen to succeed", False: "seen to fail", None: "not seen by the hooks"}
    ran = said[seen.get(tests["command"])]
    return f"{cell(tests['framework'])}: {counted}. Command {code(tests['command'])}, {ran}."


def breakdown(story: Story) -> str:
    """The tests by kind."""
    found = _tests(story)
    parts = (found[1].get("breakdown") or {}) if found else {}
    return (
        table(["Kind", "Tests"], [[name, count] for name, count in parts.items() if count is not None])
        if parts
        else NOBODY
    )


def validator(story: Story) -> str:
    """Who validated, and the commands that support the verdict."""
    last = [item for item in story.worked if "runtime_verification" in item.report][-1:]
    if not last:
        return NOBODY
    runtime = last[0].report["runtime_verification"]
    lines = [f"{code(item['command'])} ended with {item['exit_code']}" for item in runtime.get("commands", ())]
    reason = f" ({cell(runtime['reason'])})" if runtime.get("reason") else ""
    said = f"Validator: {code(last[0].agent)}, served by {cell(served(last[0]))}."
    return f"{said} Runtime verification: {runtime['status']}{reason}." + (f"\n\n{bullets(lines)}" if lines else "")


def final(run: Run, story: Story) -> str:
    """Every criterion with its result and evidence in the last verdict."""
    if not story.rounds:
        return NOBODY
    last = story.rounds[-1]
    texts = {item.id: item.text for item in run.criteria}
    rows = [
        [item["id"], cell(texts.get(item["id"], "")), item["result"], cell(item["evidence"])]
        for item in last["verdict"]["criteria"]
    ]
    return f"{table(['Id', 'Criterion', 'Result', 'Evidence'], rows)}\n\nOverall: **{last['result']}**."
