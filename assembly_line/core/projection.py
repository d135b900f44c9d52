"""A task's entry in the state file, as a function of its run."""

from typing import Any

from assembly_line.core.machine import ABORTED, ACTIVE, COMPLETED, FAILED, PAUSED, STALLED
from assembly_line.core.recovery import remedy
from assembly_line.core.run import Round, Run
from assembly_line.core.times import duration_of

STATUSES = ("pending", "in_progress", COMPLETED, FAILED, PAUSED, ABORTED, STALLED)


def status(run: Run) -> str:
    """The run's status in the state file."""
    return "in_progress" if run.stage in ACTIVE else run.stage


def project(run: Run) -> dict[str, Any]:
    """The entry without its journal member."""
    entry: dict[str, Any] = {
        "status": status(run),
        "stage": run.stage,
        "title": run.title,
        "workflow": run.workflow,
        "run": run.number,
        "started_at": run.started_at,
        "completed_at": run.ended_at or None,
        "duration_minutes": round(duration_of(run) / 60, 2) if run.ended_at else None,
        "tier_used": run.tier if run.iteration else None,
        "iterations": run.iteration,
        "validation_result": run.verdict or (run.history[-1].result if run.history else None),
        "acceptance_criteria_met": len(run.met),
        "acceptance_criteria_total": len(run.criteria),
        "compliance_result": run.compliance or None,
        "summary": run.summary or None,
        "last_error": _error(run),
        "history": [_round(item) for item in run.history],
    }
    if run.track:
        entry["track"] = run.track
    if run.open is not None:
        entry["working"] = {"dispatch": run.open.id, "station": run.open.station, "model": run.open.model}
    return entry


def plain(value: Any) -> Any:
    """The value as YAML reads it back, with lists for tuples."""
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def worded_alike(value: Any) -> Any:
    """A member of an entry as YAML reads it back, without the wording of remedies, which differs between releases."""
    entry = plain(value)
    return {name: entry[name] for name in entry if name != "what_to_do"} if isinstance(entry, dict) else entry


def _round(item: Round) -> dict[str, Any]:
    gaps = [{"criterion": gap.criterion, "gap": gap.gap, "station": gap.station} for gap in item.gaps]
    return {
        "iteration": item.iteration,
        "tier": item.tier,
        "result": item.result,
        "criteria_met": item.met,
        "open_gaps": gaps,
        "regressions": list(item.regressions),
    }


def _error(run: Run) -> dict[str, str] | None:
    if not run.error.kind:
        return None
    return {
        "kind": run.error.kind,
        "stage": run.error.stage,
        "message": run.error.message,
        "what_to_do": remedy(run),
    }
