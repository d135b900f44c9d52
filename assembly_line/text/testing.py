"""The summary's section on tests: the figures that were reported, and the run that they come from."""

from assembly_line.core import runs_of_tests
from assembly_line.core.run import Run
from assembly_line.core.runs_of_tests import Figures
from assembly_line.core.timeline import Story
from assembly_line.text.markdown import UNREPORTED, cell, code, table

_COUNTS = {"total": "run", "passed": "passed", "failed": "failed", "skipped": "skipped"}


def coverage(run: Run, story: Story) -> str:
    """The coverage that the tester reported."""
    found = runs_of_tests.figures(run, story)
    percent = found.tests.get("coverage_percent") if found else None
    if found is None or percent is None:
        return UNREPORTED
    return f"{percent} % (reported by {found.item.station} in {found.item.dispatch}{_age(found)})."


def _age(found: Figures) -> str:
    return "; stale: the sources changed after it" if found.stale else ""


def results(run: Run, story: Story) -> str:
    """The figures of the last test report, the run that they come from, and whether they are of the last sources."""
    found = runs_of_tests.figures(run, story)
    if found is None:
        return UNREPORTED
    tests, item = found.tests, found.item
    counts = ", ".join(f"{tests[name]} {word}" for name, word in _COUNTS.items() if tests.get(name) is not None)
    what = f"{cell(tests['framework'])}: {counts or 'no figures'}, reported by {item.station} in {item.dispatch}"
    lines = [
        f"{what}, iteration {item.iteration}. Command {code(tests['command'])}, {runs_of_tests.words(found.seen)}.",
        *_remarks(found),
    ]
    if found.stale:
        lines.append(f"These figures are stale: the sources changed after them ({'; '.join(found.stale)}).")
    for later, ran in found.again[-1:]:
        changed = runs_of_tests.stale(run, story, later)
        age = f"; the sources changed after it ({'; '.join(changed)})" if changed else ""
        lines.append(f"Run again by {later.station} in {later.dispatch}: {runs_of_tests.words(ran)}{age}.")
    return "\n\n".join(lines)


def _remarks(found: Figures) -> list[str]:
    """What of the figures contradicts itself or the hooks."""
    tests, remarks = found.tests, []
    parts = [tests.get(name) for name in ("passed", "failed", "skipped")]
    total = tests.get("total")
    if total is not None and None not in parts[:2] and (summed := sum(part or 0 for part in parts)) != total:
        remarks.append(f"Passed, failed and skipped add up to {summed}, not to {total}.")
    if found.seen is not None and not found.seen["ok"] and tests.get("failed") == 0:
        remarks.append("The report counts no failed test, but the command was seen to fail.")
    return remarks


def breakdown(run: Run, story: Story) -> str:
    """The tests by kind, with a remark when they are not the total."""
    found = runs_of_tests.figures(run, story)
    kinds = (found.tests.get("breakdown") or {}) if found else {}
    rows = [[name, count] for name, count in kinds.items() if count is not None]
    if found is None or not rows:
        return UNREPORTED
    total, summed = found.tests.get("total"), sum(count for _, count in rows)
    remark = ""
    if total is not None and summed != total:
        remark = f"\n\nThe parts add up to {summed}, not to the total of {total}."
    return table(["Kind", "Tests"], rows) + remark
