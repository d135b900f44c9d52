"""The prompt of a station's agent: everything that its dispatch needs, stated once."""

from typing import NamedTuple

from assembly_line import paths
from assembly_line.core.checks import checks
from assembly_line.core.kinds import BUNDLING, COMPLIANCE, KINDS, VALIDATION
from assembly_line.core.run import Dispatch, Run, Station
from assembly_line.project import bundle
from assembly_line.text import brief

_REPORT = """report:
  status: done            # done | done_with_concerns | blocked
  summary: |
    what you did and why, for the task's summary
  concerns: []            # optional, one line each"""
_TESTED = """
  tests:
    framework: unittest
    command: the command you ran
    total: 0
    passed: 0
    failed: 0
    skipped: 0
    coverage_percent: null
    breakdown: {unit: 0, integration: 0, edge: 0}"""
_REVIEWED = """
  review:
    checks:
      - {name: what you checked, result: pass}      # pass | issue
    issues:               # [] when there are none; repeat earlier ones with their status now
      # severity: blocking | major | minor; status: open | fixed
      - {id: R-1, severity: major, title: "…", file: src/x.py, line: 1, status: open, resolution: ""}"""
_VERDICT = """verdict:
  result: FAIL            # PASS | FAIL
  criteria:               # every criterion, each once
    - id: AC-1
      result: FAIL        # PASS | FAIL
      evidence: "file:line, or a command and what it printed"
      gap: "what is missing; only for FAIL"
      recommended_agent: "who shall close it; only for FAIL"
  runtime_verification:
    status: FAIL          # PASS | FAIL | NOT_APPLICABLE (then with a reason)
    commands:             # run by you in this dispatch, plainly: no pipe, no ||, no ;
      - {command: "…", exit_code: 0}
    reason: "" """.rstrip()
_COMPLIANCE = """compliance:
  result: FAIL            # PASS | FAIL
  violations:             # [] for PASS
    - {category: other, severity: major, item: "…", action: "what would mend it"}"""

_FORMS = {"report": _REPORT, "tests": _TESTED, "review": _REVIEWED, "verdict": _VERDICT, "compliance": _COMPLIANCE}


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
    parts += [brief.to_mend(run, station), brief.gaps(run, station), brief.issues(run, station)]
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
    if run.wanted_branch not in ("", run.branch) and station.kind == "development":
        lines.append(f"The task names the branch {run.wanted_branch}; the work tree is on {run.branch}. Do not switch.")
    if KINDS[station.kind].description and run.constraints:
        lines += ["", "## What else the task says", brief.quoted(run.constraints)]
    return "\n".join(line for number, line in enumerate(lines) if line or number > 1)


def _criteria(run: Run) -> str:
    lines = []
    context = ""
    for item in run.criteria:
        if item.context and item.context != context:
            lines.append(f"{item.context}:")
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
    folder = paths.bundle(run.task)
    if station.kind == BUNDLING:
        files = [f"{folder}/{name}" for name in bundle.CONTEXT]
    elif station.kind == "design":
        files = [f"{folder}/design/{station.role.removesuffix('-designer')}.md"]
    else:
        return ""
    why = "Input files for other agents, not reports: they must be written."
    return f"## Files to write\n{why}\n{brief.bullets(files)}"


def _audit(run: Run, extra: Extra) -> str:
    lines = [f"{item['category']} ({item['severity']}): {item['item']}" for item in extra.audit] or ["nothing found"]
    read = [extra.log or paths.journal(run.task), run.summary, run.state_file]
    return f"## Audit by the engine\n{brief.bullets(lines)}\n\n## To read\n{brief.bullets(read)}"


def _report(station: Station) -> str:
    kind = KINDS[station.kind]
    body = _FORMS[kind.report] + _FORMS.get(kind.form, "")
    return f"## Report\nEnd your last message with one block of this form, nothing after it:\n```yaml\n{body}\n```"
