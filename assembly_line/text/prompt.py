"""The prompt of a station's agent: everything that its dispatch needs, stated once."""

from collections.abc import Iterable
from typing import NamedTuple

from assembly_line import paths
from assembly_line.core import routing
from assembly_line.core.kinds import BUNDLING, COMPLIANCE, KINDS
from assembly_line.core.run import Dispatch, Run, Station
from assembly_line.project import bundle
from assembly_line.text import forms


class Extra(NamedTuple):
    """Stub."""

    audit: tuple[dict[str, str], ...] = ()
    changed: str = ""
    log: str = ""


def render(run: Run, dispatch: Dispatch, extra: Extra = Extra()) -> str:
    """The whole prompt of a dispatch; the header lines come first."""
    station = run.station(dispatch.station)
    parts = [_header(run, dispatch, station), _task(run, station), _criteria(run)]
    parts += [_gaps(run, station), _issues(run, station), _violations(run, station), _earlier(run, station)]
    if station.kind == BUNDLING:
        parts.append(f"## Files to write\n{_lines(f'{paths.bundle(run.task)}/{name}' for name in bundle.CONTEXT)}")
    if station.kind == COMPLIANCE:
        parts.append(_audit(run, extra.audit))
    parts.append(_report(station))
    return "\n\n".join(part for part in parts if part)


def _header(run: Run, dispatch: Dispatch, station: Station) -> str:
    members = {"dispatch": dispatch.id, "task": run.task, "station": station.name}
    if station.role != station.name:
        members["role"] = station.role
    members |= {"iteration": str(dispatch.iteration), "bundle": paths.bundle(run.task)}
    return "\n".join(f"{name}: {value}" for name, value in members.items())


def _task(run: Run, station: Station) -> str:
    text = f"# {run.title}"
    if run.description and KINDS[station.kind].description:
        # Quoted line by line, so that no line can pass for a section of this prompt.
        text += "".join(f"\n> {line}" for line in run.description.splitlines() if line.strip())
    return f"{text}\nThe whole blueprint: {bundle.blueprint_copy(run)}"


def _criteria(run: Run) -> str:
    lines = []
    context = ""
    for item in run.criteria:
        if item.context and item.context != context:
            lines.append(f"{item.context}:")
        context = item.context
        lines.append(f"- {item.id}: {item.text}")
    return "## Criteria\n" + "\n".join(lines)


def _gaps(run: Run, station: Station) -> str:
    mine = [gap for gap in run.gaps if KINDS[station.kind].all_gaps or gap.station == station.name]
    if not mine or (run.iteration < 2 and not run.fix_round):
        return ""
    back = {name for item in run.history[-1:] for name in item.regressions}
    lines = (f"{gap.criterion}{' (was met before)' if gap.criterion in back else ''}: {gap.gap}" for gap in mine)
    return f"## Open gaps\n{_lines(lines)}"


def _issues(run: Run, station: Station) -> str:
    issues = routing.issues_for(run, station)
    lines = (
        f"{item.id} ({item.severity}, {item.status}, {item.station}) {item.title}{item.place and f', {item.place}'}"
        for item in issues
    )
    return f"## Review issues\n{_lines(lines)}" if issues else ""


def _violations(run: Run, station: Station) -> str:
    if not run.fix_round or not run.violations or station.kind == COMPLIANCE:
        return ""
    lines = (f"{item['category']}: {item['item']}; {item['action']}" for item in run.violations)
    return f"## Found by the compliance check, to be mended\n{_lines(lines)}"


def _earlier(run: Run, station: Station) -> str:
    names = tuple(name for name, _, _ in run.reports) if KINDS[station.kind].all_reports else station.needs
    reports = [(name, run.report_of(name)) for name in names if run.report_of(name)]
    if not reports:
        return ""
    return f"## Earlier reports\n{_lines(bundle.report_path(run.task, dispatch, name) for name, dispatch in reports)}"


def _audit(run: Run, findings: tuple[dict[str, str], ...]) -> str:
    lines = [f"{item['category']} ({item['severity']}): {item['item']}" for item in findings] or ["nothing found"]
    read = [paths.journal(run.task), run.summary, run.state_file]
    return f"## Audit by the engine\n{_lines(lines)}\n\n## To read\n{_lines(read)}"


def _report(station: Station) -> str:
    return f"## Report\n{forms.render(station)}"


def _lines(items: Iterable[str]) -> str:
    return "\n".join(f"- {' '.join(item.split())}" for item in items)
