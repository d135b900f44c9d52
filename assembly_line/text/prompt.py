"""The prompt of a station's agent: everything that its dispatch needs, stated once."""

from typing import NamedTuple

from assembly_line import paths
from assembly_line.core.checks import checks
from assembly_line.core.kinds import COMPLIANCE, DEVELOPMENT, KINDS, VALIDATION
from assembly_line.core.run import Dispatch, Run, Station
from assembly_line.project import bundle
from assembly_line.text import brief, forms


class Extra(NamedTuple):
    """What the engine knows besides the run."""

    audit: tuple[dict[str, str], ...] = ()  # its findings, for the compliance judge
    changed: str = ""  # the files that the task changed, and their differences if they are few
    log: str = ""  # path of the journal as text, for the compliance judge


NOTHING = Extra()


def render(run: Run, dispatch: Dispatch, extra: Extra = NOTHING) -> str:
    """The whole prompt of a dispatch; the header lines come first."""
    station = run.station(dispatch.station)
    parts = [_header(run, dispatch, station), _task(run, station), _criteria(run), brief.followers(run, station)]
    parts += [
        brief.to_mend(run, station),
        brief.since(run, station),
        brief.gaps(run, station),
        brief.issues(run, station),
    ]
    parts += [brief.violations(run, station), brief.answers(run, station), brief.past(run, station)]
    parts += [_earlier(run, station), brief.changed(run, extra.changed), _checks(run, station)]
    parts += [brief.left(run, station), _files(run, station)]
    if station.kind == COMPLIANCE:
        parts += [brief.judged_before(run), _audit(run, extra)]
    parts.append(_report(station))
    return "\n\n".join(part for part in parts if part)


def _header(run: Run, dispatch: Dispatch, station: Station) -> str:
    members = {"dispatch": dispatch.id, "task": run.task, "station": station.name}
    if station.role != station.name:
        members["role"] = station.role
    members |= {"iteration": str(dispatch.iteration), "bundle": paths.bundle(run.task)}
    return "\n".join(f"{name}: {value}" for name, value in members.items())


def _task(run: Run, station: Station) -> str:
    lines = [f"# {run.title}"]
    if KINDS[station.kind].description:
        lines.append(brief.quoted(run.description))
    lines.append(f"The whole blueprint: {bundle.blueprint_copy(run)}")
    if run.wanted_branch not in ("", run.branch) and station.kind == DEVELOPMENT:
        lines.append(f"The task names the branch {run.wanted_branch}; the work tree is on {run.branch}. Do not switch.")
    if KINDS[station.kind].description and run.constraints:
        lines += ["", "## What else the task says", brief.quoted(run.constraints)]
    return "\n".join(line for number, line in enumerate(lines) if line or number > 1)


def _criteria(run: Run) -> str:
    lines = []
    context = ""
    for item in run.criteria:
        if item.context and item.context != context:
            lines.append(f"> {item.context}:")
        context = item.context
        lines.append(f"- {item.id}: {item.text}")
    return "## Criteria\n" + "\n".join(lines)


def _earlier(run: Run, station: Station) -> str:
    names = tuple(name for name, _, _ in run.reports) if KINDS[station.kind].all_reports else station.needs
    reports = [(name, run.report_of(name)) for name in names if run.report_of(name)]
    if not reports:
        return ""
    files = (bundle.report_path(run.task, dispatch, name) for name, dispatch in reports)
    return f"## Earlier reports\n{brief.bullets(files)}"


def _checks(run: Run, station: Station) -> str:
    commands = checks(run) if station.kind == VALIDATION else ()
    return f"## Checks that a PASS needs seen to succeed\n{brief.bullets(commands)}" if commands else ""


def _files(run: Run, station: Station) -> str:
    files = bundle.owed(run.task, station)
    why = "Input files for other agents, not reports: they must be written."
    return f"## Files to write\n{why}\n{brief.bullets(files)}" if files else ""


def _audit(run: Run, extra: Extra) -> str:
    lines = [f"{item['category']} ({item['severity']}): {item['item']}" for item in extra.audit] or ["nothing found"]
    read = [extra.log or paths.journal(run.task), run.summary, run.state_file]
    return f"## Audit by the engine\n{brief.bullets(lines)}\n\n## To read\n{brief.bullets(read)}"


def _report(station: Station) -> str:
    return f"## Report\n{forms.render(station)}"
