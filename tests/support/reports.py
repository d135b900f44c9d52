"""The reports with which agents end: good ones, and verdicts that fail."""

from collections.abc import Iterable
from typing import Any

from assembly_line.core.run import Run
from assembly_line.yamlio import writer

COMMAND = "python3 -m unittest -q"
CRITERIA = ("AC-1", "AC-2")


def fenced(key: str, body: dict[str, Any]) -> str:
    """A last message that ends with a report."""
    return f"This is what I did.\n\n```yaml\n{writer.dump({key: body})}```"


def report(kind: str = "development", **members: Any) -> dict[str, Any]:
    """The report of a station that did its work."""
    body: dict[str, Any] = {"status": "done", "summary": "done as asked"}
    if kind == "review":
        body["review"] = {"checks": [{"name": "names", "result": "pass"}], "issues": []}
    if kind == "test":
        counts = {"total": 3, "passed": 3, "failed": 0, "skipped": 0}
        body["tests"] = {"framework": "unittest", "command": COMMAND, **counts, "breakdown": {"unit": 3}}
    return {**body, **members}


def verdict(failed: dict[str, str] | None = None, of: Iterable[str] = CRITERIA, **members: Any) -> dict[str, Any]:
    """A verdict in which the given criteria fail, each with its recommended agent."""
    judged = []
    for name in of:
        if failed and name in failed:
            gap = {"gap": f"{name} lacks", "recommended_agent": failed[name]}
            judged.append({"id": name, "result": "FAIL", "evidence": "", **gap})
        else:
            judged.append({"id": name, "result": "PASS", "evidence": "src/app.py:1"})
    runtime = {"status": "PASS", "commands": [{"command": COMMAND, "exit_code": 0}]}
    return {"result": "FAIL" if failed else "PASS", "criteria": judged, "runtime_verification": runtime, **members}


def good(run: Run, kind: str) -> dict[str, Any]:
    """The report of a station of this kind that found nothing wrong."""
    if kind == "validation":
        return verdict(of=[item.id for item in run.criteria])
    return {"result": "PASS", "violations": []} if kind == "compliance" else report(kind)


def failing(run: Run) -> dict[str, Any]:
    """A verdict in which the first criterion fails and nobody is named to close the gap."""
    names = [item.id for item in run.criteria]
    return verdict({names[0]: ""}, names)
