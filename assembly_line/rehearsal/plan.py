"""A rehearsal's plan: the verdicts, review issues, compliance judgements and faults, in order."""

from pathlib import Path
from typing import Any, NamedTuple

import yaml

from assembly_line.errors import LineError

FAULTS = ("status", "hang", "empty", "garbage", "malformed", "delay")


class Gap(NamedTuple):
    """A criterion that a verdict calls unmet; `*` means every criterion."""

    criterion: str
    gap: str
    recommended_agent: str = ""


class Issue(NamedTuple):
    """A review issue that is open while the plan lists it."""

    id: str
    title: str
    file: str
    line: int = 1
    severity: str = "major"
    station: str = ""  # the reviewer that raises it; empty: each


class Violation(NamedTuple):
    """One finding of the compliance judge."""

    category: str
    item: str
    action: str
    severity: str = "major"


class Fault(NamedTuple):
    """A failure of a station in an iteration, the first `times` times."""

    station: str
    kind: str  # one of FAULTS
    iteration: int = 1
    times: int = 1
    status: int = 500  # HTTP status of kind `status`
    seconds: float = 0.0  # of kind `delay`


class Plan(NamedTuple):
    """The course of a rehearsal; an empty plan passes at once."""

    verdicts: tuple[tuple[Gap, ...], ...] = ()  # by iteration; no gaps means PASS, as does an iteration beyond the end
    always: tuple[Gap, ...] = ()  # gaps of every iteration beyond the end: never PASS
    issues: tuple[tuple[Issue, ...], ...] = ()  # by iteration; beyond the end none
    compliance: tuple[tuple[Violation, ...], ...] = ()  # by compliance dispatch; no violations means PASS
    never_compliant: bool = False  # repeat the last of `compliance` forever
    faults: tuple[Fault, ...] = ()
    pace: float = 0.0  # seconds before every answer, so that a person can watch


_ROWS: dict[str, type[Any]] = {
    "verdicts": Gap,
    "always": Gap,
    "issues": Issue,
    "compliance": Violation,
    "faults": Fault,
}
_NESTED = ("verdicts", "issues", "compliance")  # a list of rows per turn


def failing(times: int, *gaps: Gap) -> Plan:
    """FAIL with these gaps in the first iterations, then PASS."""
    return Plan(verdicts=(gaps or (Gap("*", "the behavior is missing"),),) * times)


def gaps(plan: Plan, iteration: int) -> tuple[Gap, ...]:
    """The gaps of an iteration's verdict; none means PASS."""
    return plan.verdicts[iteration - 1] if 0 < iteration <= len(plan.verdicts) else plan.always


def issues(plan: Plan, iteration: int, station: str) -> tuple[Issue, ...]:
    """The issues that a reviewer has open in an iteration."""
    planned = plan.issues[iteration - 1] if 0 < iteration <= len(plan.issues) else ()
    return tuple(issue for issue in planned if issue.station in ("", station))


def violations(plan: Plan, judgement: int) -> tuple[Violation, ...]:
    """The violations that the judgement with this number, from 1, reports; none means PASS."""
    if plan.never_compliant and plan.compliance:
        judgement = min(judgement, len(plan.compliance))
    return plan.compliance[judgement - 1] if 0 < judgement <= len(plan.compliance) else ()


def load(path: Path) -> Plan:
    """Load a plan from YAML or JSON with the keys of `Plan`; LineError when it is not one."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        if not isinstance(data, dict):
            raise TypeError("the top level is not a mapping")
        members = {**data}
        for key, record in _ROWS.items():
            if key in members:
                rows = members[key] or ()
                nested = key in _NESTED
                members[key] = tuple(_records(record, row) for row in rows) if nested else _records(record, rows)
        plan = Plan(**members)
        for fault in plan.faults:
            if fault.kind not in FAULTS:
                raise TypeError(f"unknown fault kind {fault.kind!r}, expected one of {', '.join(FAULTS)}")
    except (OSError, TypeError, ValueError, yaml.YAMLError) as problem:
        line = " ".join(str(problem).split())
        raise LineError(f"rehearsal plan cannot be read: {path}: {line}; keys: {', '.join(Plan._fields)}") from problem
    return plan


def _records(record: type[Any], rows: Any) -> tuple[Any, ...]:
    return tuple(record(**row) for row in rows or ())
