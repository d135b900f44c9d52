"""The directive: at most three sentences, then one fenced block that says what to do next."""

import json
from typing import Any

from assembly_line.core import machine
from assembly_line.core.events import line
from assembly_line.core.next_step import Due, expected
from assembly_line.core.run import Run
from assembly_line.storage.journal import Record
from assembly_line.text.messages import REASON, cut, outcome

MAX_BYTES = 900
TOOL = "Agent"


def render(run: Run) -> str:
    """The directive of a run, under MAX_BYTES bytes: long names and reasons give way."""
    said = ""
    for room in (REASON, 60, 0, -1):
        said = _render(run, room)
        if len(said.encode()) < MAX_BYTES:
            break
    return said


def _render(run: Run, room: int) -> str:
    action, rest, next_ = _action(run, room)
    tier = run.settings.tier(max(run.iteration, 1))
    block = {"task": run.task, "stage": run.stage, "iteration": run.iteration, "tier": tier, "action": action, **rest}
    if "input" in rest:
        block = {"task": run.task, "dispatch": rest["input"]["prompt"], **block}
    member = json.dumps(block, separators=(",", ":"), ensure_ascii=False)
    return f"{where(run)} {next_}\n\n```directive\n{member}\n```"


def where(run: Run) -> str:
    """One sentence: where the run stands."""
    if run.stage == machine.IMPLEMENTATION:
        number = len(run.planned) - len(run.plan) + 1
        of = f", station {min(number, len(run.planned))} of {len(run.planned)}"
    else:
        of = ""
    iteration = f", iteration {run.iteration} of {run.settings.max_iterations} ({run.tier})" if run.iteration else ""
    return f"{run.task}: {run.stage}{iteration}{of}."


def progress(run: Run, ended: Record | None = None) -> str:
    """One line for the screen: the stage, what came of the dispatch that ended, and who is at work or due."""
    due = expected(run)
    parts = [where(run)]
    if ended is not None:
        parts.append(f"{ended.data['station']}: {cut(line(ended.kind, ended.data, run), REASON)}.")
    if run.open is not None:
        parts.append(f"{run.open.station} is at work ({run.open.model}).")
    elif due is not None:
        parts.append(f"Next: {due.station} ({due.model}).")
    return " ".join(parts)


def _action(run: Run, room: int) -> tuple[str, dict[str, Any], str]:
    due = expected(run)
    if due is not None:
        call = {"subagent_type": due.agent, "description": _description(run, due, room), "prompt": due.id}
        return "dispatch", {"tool": TOOL, "input": call}, "Make exactly the call below."
    if run.stage == machine.COMPLETED:
        return "finish", {"message": outcome(run, room)}, "Tell the human the message below, and end."
    if run.stage in (*machine.TERMINAL, *machine.HELD):
        return "halt", {"message": outcome(run, room)}, "Tell the human the message below, and end."
    return "wait", {}, "An agent is at work; end the turn, its end will wake you."


def _description(run: Run, due: Due, room: int) -> str:
    if room <= 0:
        return due.id
    again = ", again" if due.why == "again" else ""
    return f"{run.task} {due.station}, iteration {due.iteration} ({due.tier}){again}"
