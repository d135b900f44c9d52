"""The failure report: what was tried, what is still missing, and how to continue."""

from assembly_line import paths
from assembly_line.core.recovery import remedy
from assembly_line.core.run import Run
from assembly_line.core.timeline import Story, Worked
from assembly_line.text.markdown import bullets, cell, code, table
from assembly_line.text.quality import served


def render(run: Run, story: Story, journal: str) -> str:
    """The whole document."""
    tried = [
        [
            item["iteration"],
            item["tier"],
            item["result"],
            "; ".join(f"{gap[0]}: {cell(gap[1])}" for gap in item["gaps"]) or "-",
        ]
        for item in story.rounds
    ]
    worked = [
        [item.dispatch, item.station, item.iteration, cell(served(item)), "ok" if item.ok else "lost", _result(item)]
        for item in story.worked
    ]
    fixes = [
        f"Fix round {item['round']}, {', '.join(item['stations']) or 'validation only'}: "
        + cell("; ".join(violation["item"] for violation in item["violations"]))
        for item in story.fixes
    ]
    head = ["Dispatch", "Station", "Iteration", "Served by", "End", "Reported"]
    unmet = [item for item in run.criteria if item.id not in run.met]
    last = {gap.criterion: gap.gap for gap in run.gaps}
    missing = [f"{item.id}: {cell(item.text)} (last gap: {cell(last.get(item.id, 'none named'))})" for item in unmet]
    violations = [f"{item['category']}: {cell(item['item'])}; {cell(item['action'])}" for item in run.violations]
    errors = [f"{entry.ts} {entry.kind}: {cell(_reason(entry.data))}" for entry in story.incidents][-20:]
    advice = remedy(run)
    parts = [
        f"# Task Failure: {run.task}",
        f"- **Task:** {run.task}: {cell(run.title)}\n- **Failed in:** {run.error.stage}, iteration {run.iteration}\n"
        f"- **Kind:** {run.error.kind}\n- **Reason:** {cell(run.error.message)}",
        "## What Was Tried\n\n"
        + (table(["Iteration", "Tier", "Result", "Gaps"], tried) if tried else "No validation took place.")
        + (f"\n\n{bullets(fixes)}" if fixes else ""),
        "## Agents\n\n" + (table(head, worked) if worked else "None ran."),
        "## Unmet Criteria\n\n" + (bullets(missing) or "None."),
        "## Compliance Violations\n\n" + (bullets(violations) or "None."),
        "## Last Errors\n\n" + (bullets(errors) or "None."),
        f"## Where Things Are\n\n- Bundle: {code(paths.bundle(run.task))}\n- Journal: {code(journal)}\n"
        f"- State: {code(run.state_file)}",
        f"## How to Continue\n\n{advice[0].upper()}{advice[1:]}. The work tree is as the agents left it.",
    ]
    return "\n\n".join(parts) + "\n"


def _result(item: Worked) -> str:
    if "violations" in item.report:
        return "; ".join(cell(violation["item"]) for violation in item.report["violations"]) or "PASS"
    return cell(item.report.get("summary") or item.report.get("result") or "-")


def _reason(data: dict[str, object]) -> str:
    for name in ("message", "why", "errors", "files"):
        if data.get(name):
            value = data[name]
            return "; ".join(str(item) for item in value) if isinstance(value, list | tuple) else str(value)
    return ""
