"""The report blocks that end the scripted agents' last messages."""

import re
from typing import Any

import yaml

from assembly_line.rehearsal import artefacts
from assembly_line.rehearsal.artefacts import Ground
from assembly_line.rehearsal.brief import Brief, Item, slug
from assembly_line.rehearsal.conversation import Result
from assembly_line.rehearsal.plan import Gap, Issue, Violation

_RAN = re.compile(r"^Ran (\d+) tests?", re.MULTILINE)
_COUNTS = re.compile(r"\b(failures|errors|skipped)=(\d+)")


def message(text: str, key: str, value: dict[str, Any]) -> str:
    """A last message: a sentence, then the fenced block with one top-level key."""
    block = yaml.safe_dump({key: value}, sort_keys=False, allow_unicode=True, width=1000)
    return f"{text}\n\n```yaml\n{block}```"


def malformed() -> str:
    """A last message whose block does not match the schema."""
    return message("The work is finished.", "report", {"state": "finished"})


def work(summary: str, **parts: Any) -> str:
    """The report of a station that is neither validator nor compliance."""
    return message(summary, "report", {"status": "done", "summary": summary, **parts})


def testing(brief: Brief, command: str, result: Result) -> str:
    """The test writer's report, with the figures that the test run printed."""
    ran = _RAN.search(result.text)
    counts = {name: int(number) for name, number in _COUNTS.findall(result.text)}
    total = int(ran[1]) if ran else 0
    skipped = counts.get("skipped", 0)
    failed = counts.get("failures", 0) + counts.get("errors", 0)
    tests = {
        "framework": "unittest",
        "command": command,
        "total": total,
        "passed": max(0, total - failed - skipped),
        "failed": failed,
        "skipped": skipped,
        "breakdown": {"unit": total, "integration": 0, "edge": 0},
    }
    summary = f"Wrote one test for each of the {len(brief.criteria)} criteria and ran the suite: {total} tests."
    return work(summary, tests=tests)


def review(brief: Brief, issues: tuple[Issue, ...]) -> str:
    """A reviewer's report: the plan's issues are open, the prompt's other issues are fixed."""
    opened = [
        {"id": it.id, "severity": it.severity, "title": it.title, "file": it.file, "line": it.line, "status": "open"}
        for it in issues
    ]
    known = {issue.id for issue in issues}
    fixed = [_fixed(item) for item in brief.issues if item.id not in known]
    checks = [
        {"name": name, "result": "issue" if issues and name == "correctness" else "pass"}
        for name in ("correctness", "contract", "conventions")
    ]
    count = f"{len(opened)} open issues" if opened else "no open issues"
    summary = f"Reviewed the change of {brief.task}: {count}, {len(fixed)} fixed."
    return work(summary, review={"checks": checks, "issues": opened + fixed})


def verdict(brief: Brief, ground: Ground, gaps: tuple[Gap, ...], ran: tuple[tuple[str, Result], ...]) -> str:
    """The validator's verdict: the plan's gaps, or every criterion when no command succeeded."""
    good = [command for command, result in ran if not result.is_error]
    if not good:
        gaps = (Gap("*", f"the tests do not run: {ran[-1][0]}" if ran else "nothing was run", "test-writer"),)
    unmet = {item.id: gap for gap in reversed(gaps) for item in brief.criteria if gap.criterion in (item.id, "*")}
    tests = artefacts.tests(ground, brief).splitlines()
    criteria: list[dict[str, str]] = []
    for item in brief.criteria:
        gap = unmet.get(item.id)
        if gap is None:
            name = f"test_{slug(item.id)}_"
            line = next((number for number, text in enumerate(tests, 1) if name in text), 1)
            evidence = f"{artefacts.test_path(ground, brief)}:{line} passed in `{good[-1]}`"
            criteria.append({"id": item.id, "result": "PASS", "evidence": evidence})
        else:
            row = {"id": item.id, "result": "FAIL", "evidence": f"not shown: {item.text}", "gap": gap.gap}
            criteria.append(row | ({"recommended_agent": gap.recommended_agent} if gap.recommended_agent else {}))
    commands = [{"command": command, "exit_code": 0} for command in good]
    runtime: dict[str, Any] = {"status": "PASS", "commands": commands} if good else {}
    runtime = runtime or {"status": "FAIL", "commands": [], "reason": "no test command succeeded"}
    result = "FAIL" if unmet else "PASS"
    text = f"{len(criteria) - len(unmet)} of {len(criteria)} criteria are met: {result}."
    return message(text, "verdict", {"result": result, "criteria": criteria, "runtime_verification": runtime})


def compliance(violations: tuple[Violation, ...]) -> str:
    """The compliance judgement: PASS unless the plan names violations."""
    rows = [
        {"category": it.category, "severity": it.severity, "item": it.item, "action": it.action} for it in violations
    ]
    result = "FAIL" if rows else "PASS"
    text = f"The record of the run was read: {result}."
    return message(text, "compliance", {"result": result, "violations": rows})


def _fixed(item: Item) -> dict[str, Any]:
    title, _, place = item.text.rpartition(" ")
    file, _, line = place.rpartition(":")
    return {
        "id": item.id,
        "severity": item.note.partition(",")[0] or "major",
        "title": title.rstrip(",") or item.text,
        "file": file or place,
        "line": int(line) if line.isdigit() else 1,
        "status": "fixed",
        "resolution": "mended at the named place",
    }
