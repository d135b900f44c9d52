"""What a task's definition and the project's configuration demand of a run, for its first record and for CI."""

from typing import Any

from assembly_line.core.blueprint import Blueprint
from assembly_line.project import workflow
from assembly_line.project.config import Config


def of(blueprint: Blueprint, options: Config) -> dict[str, Any]:
    """The members of a run's first record that nobody may choose."""
    name, stations, skipped = workflow.resolve(blueprint, options)
    return {
        "task": blueprint.id,
        "title": blueprint.title,
        "type": blueprint.type,
        "workflow": name,
        "track": blueprint.track,
        "description": blueprint.description,
        "constraints": blueprint.constraints,
        "wanted_branch": blueprint.branch,
        "criteria": blueprint.criteria,
        "stations": stations,
        "skipped": list(skipped),
        "settings": options.settings._asdict(),
    }
