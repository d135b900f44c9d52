"""Expected values for whole runs: stages, state entries, and stations on the wire."""

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


def at(model: str, *stations: str) -> list[tuple[str, str]]:
    """Stations, all served by one model."""
    return [(station, model) for station in stations]
