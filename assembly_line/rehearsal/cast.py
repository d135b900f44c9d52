"""Routes each request to a station, the relay or the side answer, and applies the plan's faults."""

import threading
from collections import Counter
from collections.abc import Callable

from assembly_line.rehearsal import brief as briefs
from assembly_line.rehearsal import conversation, relay, reports, station
from assembly_line.rehearsal.artefacts import Ground
from assembly_line.rehearsal.brief import Brief
from assembly_line.rehearsal.plan import Fault, Plan
from assembly_line.rehearsal.server import Script
from assembly_line.rehearsal.wire import Json, Reply

SUMMARY = "<analysis>A rehearsal.</analysis>\n<summary>A task is driven through the assembly line.</summary>"


def script(plan: Plan, ground: Ground, relayed: Callable[[Json], Reply] = relay.answer) -> Script:
    """The whole cast as one script; `relayed` replaces the obedient relay."""
    lock = threading.Lock()
    used: Counter[Fault] = Counter()
    judged: dict[str, list[str]] = {}  # task: its compliance dispatches, oldest first

    def answer(body: Json) -> Reply:
        if conversation.is_side(body):
            return Reply(SUMMARY)
        prompt = conversation.brief(body)
        if prompt is None:
            return relayed(body)._replace(delay=plan.pace)
        asked = briefs.read(prompt.text)
        with lock:
            dispatches = judged.setdefault(asked.task, [])
            if asked.role == "workflow-compliance" and asked.dispatch not in dispatches:
                dispatches.append(asked.dispatch)
            judgement = len(dispatches)
        reply = station.answer(body, prompt, asked, plan, ground, judgement)._replace(delay=plan.pace)
        with lock:
            fault = _due(plan, asked, reply, used)
        return reply if fault is None else _faulty(reply, fault)

    return answer


def _due(plan: Plan, asked: Brief, reply: Reply, used: Counter[Fault]) -> Fault | None:
    """The fault due for this answer; `malformed` waits for the report, the others strike at once."""
    for fault in plan.faults:
        matches = (asked.station, asked.iteration) == (fault.station, fault.iteration)
        if matches and used[fault] < fault.times and not (fault.kind == "malformed" and reply.tools):
            used[fault] += 1
            return fault
    return None


def _faulty(reply: Reply, fault: Fault) -> Reply:
    match fault.kind:
        case "status":
            return reply._replace(status=fault.status)
        case "hang":
            return reply._replace(hang=True)
        case "garbage":
            return reply._replace(garbage=True)
        case "empty":
            return reply._replace(text="", tools=())
        case "malformed":
            return reply._replace(text=reports.malformed())
    return reply._replace(delay=reply.delay + fault.seconds)
