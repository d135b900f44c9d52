"""What a run of a task would do, for a person who has not started it yet."""

from collections.abc import Iterable

from assembly_line.core.blueprint import Blueprint
from assembly_line.core.run import Settings, Station


def render(
    blueprint: Blueprint, workflow: str, stations: Iterable[Station], skipped: Iterable[str], limits: Settings
) -> str:
    """The plan: the task, its stations in order with agent and model, the checks and the limits."""
    left_out = set(skipped)
    lines = [f"{blueprint.id}: {blueprint.title} ({blueprint.path}, {len(blueprint.criteria)} criteria)"]
    lines.append(f"Workflow {workflow}:")
    for station in stations:
        model = f"{limits.t1_model}, then {limits.t2_model}" if station.model == "tiered" else station.model
        note = "skipped, as the task does not call for it" if station.name in left_out else model
        lines.append(f"  {station.name:<24}{station.agent:<48}{note}")
    lines.append(f"Checks that a PASS needs: {', '.join(limits.checks) or 'what the tester runs'}")
    cheap = min(limits.cheap_iterations, limits.max_iterations)
    lines.append(
        f"At most {limits.max_iterations} iterations, developers on {limits.t1_model} in the first {cheap} and on "
        f"{limits.t2_model} after; {limits.fix_rounds} rounds for the compliance check"
    )
    return "\n".join(lines)
