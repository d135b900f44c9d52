"""Expected values for whole runs: stages, state entries, and stations on the wire."""

from assembly_line.project import workflow

OPENING = ["bundle_creation", "agent_preparation", "ready_for_bundler", "bundling"]
WORK = ["implementation", "validation"]
CLOSING = ["summary", "compliance"]


def passed(title: str, workflow: str, task: str, criteria: int, **changes: object) -> dict[str, object]:
    """The state entry of a task that passed in its first iteration."""
    first = {
        "iteration": 1,
        "tier": "T1",
        "result": "PASS",
        "criteria_met": criteria,
        "open_gaps": [],
        "regressions": [],
    }
    return {
        "status": "completed",
        "stage": "completed",
        "title": title,
        "workflow": workflow,
        "run": 1,
        "tier_used": "T1",
        "iterations": 1,
        "validation_result": "PASS",
        "acceptance_criteria_met": criteria,
        "acceptance_criteria_total": criteria,
        "compliance_result": "PASS",
        "summary": f"docs/tasks/{task}-summary.md",
        "last_error": None,
        "history": [first],
        **changes,
    }


MODELS = {station.name: station.model for name in workflow.names() for station in workflow.load(name)[1]}


def at(tiered: str, *stations: str) -> list[tuple[str, str]]:
    """Stations with their models, those that follow the tiers with this one."""
    return [(station, tiered if MODELS[station] == workflow.TIERED else MODELS[station]) for station in stations]
