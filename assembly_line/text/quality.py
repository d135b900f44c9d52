"""The summary's sections on review, tests and validation, rendered from what was recorded."""

from typing import Any

from assembly_line.core.run import Run
from assembly_line.core.timeline import Story, Worked
from assembly_line.text.markdown import bullets, cell, code, table

UNREPORTED = "Not reported."


def served(item: Worked) -> str:
    """The model that answered, or, if none was reported, the one that was asked for."""
    return item.served or f"not reported (asked for {item.model})"


def checks(story: Story) -> str:
    """What the reviewers checked, with the results."""
    rows = [
        [item.station, item.iteration, cell(check["name"]), check["result"]]
        for item, review in story.reports("review")
        for check in review["checks"]
    ]
    return table(["Reviewer", "Iteration", "Check", "Result"], rows) if rows else UNREPORTED


def _all_issues(story: Story) -> dict[tuple[str, str], dict[str, Any]]:
    """Every issue by reviewer and id, as last reported."""
    return {
        (item.station, issue["id"]): issue for item, review in story.reports("review") for issue in review["issues"]
    }


def issues(story: Story) -> str:
    """Every issue that was found, with its latest status."""
    rows = [
        [station, name, issue["severity"], cell(issue["title"]), code(_place(issue)), issue["status"]]
        for (station, name), issue in _all_issues(story).items()
    ]
    if rows:
        return table(["Reviewer", "Id", "Severity", "Issue", "Place", "Status"], rows)
    return "None." if story.reports("review") else UNREPORTED


def _place(issue: dict[str, Any]) -> str:
    return issue.get("file", "") + (f":{issue['line']}" if issue.get("line") else "") or "-"


def addressed(story: Story) -> str:
    """How each issue was resolved."""
    lines = [
        f"{name} of {station}: {cell(issue.get('resolution', '') or issue['status'])}"
        for (station, name), issue in _all_issues(story).items()
    ]
    return bullets(lines) if lines else "Nothing to address."


def final_review(run: Run, story: Story) -> str:
    """The issues that each reviewer's last report left open."""
    last = {item.station: review for item, review in story.reports("review")}
    if not last:
        return UNREPORTED
    open_issues = {name: sum(issue["status"] == "open" for issue in review["issues"]) for name, review in last.items()}
    return bullets(
        f"{name}: {count or 'no'} open issue{'' if count == 1 else 's'}" for name, count in open_issues.items()
    )


def _tests(story: Story) -> tuple[Worked, dict[str, Any]] | None:
    tests = story.reports("tests")
    return tests[-1] if tests else None


def coverage(story: Story) -> str:
    """The coverage that the tester reported."""
    tests = _tests(story)
    percent = tests[1].get("coverage_percent") if tests else None
    return UNREPORTED if percent is None else f"{percent} % (reported by {tests[0].station if tests else ''})."


def results(story: Story) -> str:
    """The test run that the tester reported, and whether the hooks saw its command succeed."""
    reported = _tests(story)
    if reported is None:
        return UNREPORTED
    tests = reported[1]
    figures = {"total": "run", "passed": "passed", "failed": "failed", "skipped": "skipped"}
    counts = ", ".join(f"{tests[name]} {word}" for name, word in figures.items() if tests.get(name) is not None)
    seen = {item["command"]: item["ok"] for item in story.commands}
    words = {True: "seen to succeed", False: "seen to fail", None: "not seen by the hooks"}
    ran = words[seen.get(tests["command"])]
    return f"{cell(tests['framework'])}: {counts}. Command {code(tests['command'])}, {ran}."


def breakdown(story: Story) -> str:
    """The tests by kind."""
    tests = _tests(story)
    kinds = (tests[1].get("breakdown") or {}) if tests else {}
    rows = [[name, count] for name, count in kinds.items() if count is not None]
    return table(["Kind", "Tests"], rows) if kinds else UNREPORTED


def validator(story: Story) -> str:
    """Who validated, and the commands that support the verdict."""
    verdicts = [item for item in story.worked if "runtime_verification" in item.report]
    if not verdicts:
        return UNREPORTED
    last = verdicts[-1]
    runtime = last.report["runtime_verification"]
    lines = [f"{code(item['command'])} ended with {item['exit_code']}" for item in runtime.get("commands", ())]
    reason = f" ({cell(runtime['reason'])})" if runtime.get("reason") else ""
    text = f"Validator: {code(last.agent)}, served by {cell(served(last))}."
    text += f" Runtime verification: {runtime['status']}{reason}."
    return text + (f"\n\n{bullets(lines)}" if lines else "")


def final(run: Run, story: Story) -> str:
    """Every criterion with its result and evidence in the last verdict."""
    if not story.rounds:
        return UNREPORTED
    last = story.rounds[-1]
    texts = {item.id: item.text for item in run.criteria}
    rows = [
        [item["id"], cell(texts.get(item["id"], "")), item["result"], cell(item["evidence"])]
        for item in last["verdict"]["criteria"]
    ]
    return f"{table(['Id', 'Criterion', 'Result', 'Evidence'], rows)}\n\nOverall: **{last['result']}**."
