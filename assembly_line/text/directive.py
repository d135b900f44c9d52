"""The directive: at most three sentences, then one fenced block that says what to do next."""

import json
from typing import Any

from assembly_line.core import machine
from assembly_line.core.events import line
from assembly_line.core.next_step import Due, expected, is_again
from assembly_line.core.run import Dispatch, Run
from assembly_line.storage.journal import Record
from assembly_line.text.messages import REASON, WORDS, cut, outcome

MAX_BYTES = 900
MAX_TOLD = 2400  # of a directive that ends the turn with a message for a person
TOOL = "Agent"


def render(run: Run) -> str:
    """The directive of a run, under `most` bytes: long reasons and lists are cut first, remedies never."""
    text = ""
    for limit in (WORDS, REASON, 60, 0, -1):
        text = _render(run, limit)
        if len(text.encode()) < most(run):
            break
    return text


def most(run: Run) -> int:
    """The size that the directive of a run stays under, in bytes."""
    return MAX_TOLD if run.stage in (*machine.TERMINAL, *machine.HELD) else MAX_BYTES


def _render(run: Run, limit: int) -> str:
    action, rest, instruction = _action(run, limit)
    tier = run.settings.tier(max(run.iteration, 1))
    block = {"task": run.task, "stage": run.stage, "iteration": run.iteration, "tier": tier, "action": action, **rest}
    if "input" in rest:
        block = {"task": run.task, "dispatch": rest["input"]["prompt"], **block}
    body = json.dumps(block, separators=(",", ":"), ensure_ascii=False)
    return f"{where(run)} {instruction}\n\n```directive\n{body}\n```"


def where(run: Run) -> str:
    """One sentence: where the run stands."""
    if run.stage == machine.IMPLEMENTATION:
        number = len(run.planned) - len(run.plan) + 1
        station = f", station {min(number, len(run.planned))} of {len(run.planned)}"
    else:
        station = ""
    iteration = f", iteration {run.iteration} of {run.settings.max_iterations} ({run.tier})" if run.iteration else ""
    return f"{run.task}: {run.stage}{iteration}{station}."


def progress(run: Run, ended: Record | None = None) -> str:
    """One line for the screen: the stage, the result of the dispatch that ended, and who is at work or due."""
    due = expected(run)
    parts = [where(run)]
    if ended is not None:
        parts.append(f"{ended.data['station']}: {cut(line(ended.kind, ended.data, run), REASON)}.")
    if run.open is not None:
        parts.append(f"{run.open.station} is at work ({run.open.model}).")
    elif due is not None:
        parts.append(f"Next: {due.station} ({due.model}).")
    return " ".join(parts)


def _action(run: Run, limit: int) -> tuple[str, dict[str, Any], str]:
    due = expected(run)
    if due is not None:
        short = due.id if limit <= 0 else description(run, due)
        call = {"subagent_type": due.agent, "description": short, "prompt": due.id}
        return "dispatch", {"tool": TOOL, "input": call}, "Make exactly the call below."
    if run.stage == machine.COMPLETED:
        return "finish", {"message": outcome(run, limit)}, "Tell the human the message below, and end."
    if run.stage in (*machine.TERMINAL, *machine.HELD):
        return "halt", {"message": outcome(run, limit)}, "Tell the human the message below, and end."
    return "wait", {}, "An agent is at work; end the turn, its end will wake you."


def description(run: Run, call: Due | Dispatch) -> str:
    """What the client shows of an Agent call while its agent works."""
    again = ", again" if is_again(run, call.station) else ""
    return f"{run.task} {call.station}, iteration {call.iteration} ({call.tier}){again}"
