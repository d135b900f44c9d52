"""What may happen to a run from outside, apart from agents and their ends: commands, tool calls, turns, sessions."""

from typing import NamedTuple

from assembly_line.core import decide, machine
from assembly_line.core.decide import Decision
from assembly_line.core.evolve import evolve
from assembly_line.core.recovery import resumable
from assembly_line.core.run import Event, Run, Settings

Events = tuple[Event, ...]

# What /task-run comes to.
START, RESUME, ENDED, LEASED, OTHER_STATE_FILE = "start", "resume", "ended", "leased", "other_state_file"

# Tools that write a file, each with the member of its input that names it; and tools that talk to others.
WRITERS = {"Write": "file_path", "Edit": "file_path", "MultiEdit": "file_path", "NotebookEdit": "notebook_path"}
TALKERS = ("SendMessage", "AskUserQuestion", "Workflow")


class Ask(NamedTuple):
    """A /task-run as it was typed, and who holds the lease meanwhile."""

    session: str
    key: str  # names the command; the same one delivered again starts no second run
    restart: bool = False
    state_file: str = ""  # "" when the default is meant
    holder: str = ""  # the session that holds the lease
    holder_alive: bool = False


class ToolCall(NamedTuple):
    """A tool call, other than of an agent, that the client wants to make."""

    id: str
    tool: str
    caller: str  # agent id; "" for the main session
    who: str  # the caller's agent type; "" for the main session
    skill: str = ""
    protected: str = ""  # the file that it would write, as a person may read it, if only the engine writes that


class Returned(NamedTuple):
    """An Agent call that is over, as the client tells its caller."""

    id: str
    agent: str
    error: str = ""


def begin(run: Run, ask: Ask) -> str:
    """What a /task-run comes to: START, RESUME, ENDED (nothing to do), LEASED or OTHER_STATE_FILE (refused)."""
    held = ask.holder not in ("", ask.session) and ask.holder == run.session
    if held and ask.holder_alive and run.stage in machine.ACTIVE:
        return LEASED
    if run.stage == machine.NEW or (ask.restart and ask.key not in run.keys):
        return START
    if run.stage in machine.TERMINAL and not resumable(run):
        return ENDED
    return OTHER_STATE_FILE if ask.state_file not in ("", run.state_file) else RESUME


def start_over(run: Run) -> Events:
    """What ends the present run before a new one of its task is started."""
    if run.stage in (machine.NEW, *machine.TERMINAL):
        return ()
    return (Event("aborted", {"reason": "restart", "message": "a human started the task anew"}),)


def resume(run: Run, session: str, waits: bool, unseen: dict[str, str], limits: Settings) -> Events:
    """What a session records when it resumes a run.

    `waits` says that the session still waits for the agent at work; `unseen` are agent calls that no hook saw, by id.
    """
    events: Events = ()
    if run.stage not in machine.ACTIVE:
        budget = {"budget_tokens": limits.budget_tokens, "budget_minutes": limits.budget_minutes}
        events = (Event("resumed", {"by": session, **budget}),)
    if run.open is not None and run.session != session and not waits:
        lost = f"the session that ran it ended while {run.open.station} was at work"
        events += decide.died(run, lost, "interrupted").events
    if unseen:
        events += (Event("unwatched", {"calls": list(unseen), "agents": list(unseen.values())}),)
    return events


def end(run: Run, kind: str, session: str, holder: str, holder_alive: bool) -> Events:
    """What a pause or an abort (`kind` is the event) by a session records; () when there is nothing to end."""
    if kind not in machine.TRANSITIONS[run.stage]:
        return ()
    events: Events = ()
    if holder and not holder_alive:
        events = decide.died(run, "the session that ran it ended", "interrupted").events
    events += (Event(kind, {"reason": "human", "message": f"{kind} by a human"}),)
    return (*events, Event("lease_released", {"session": holder or session, "why": kind})) if run.session else events


def drives(run: Run, session: str) -> bool:
    """Whether hooks of a session that was in this run still speak for it: a live run may have passed to another."""
    return run.number > 0 and (run.session == session or run.stage not in machine.ACTIVE)


def tool_call(run: Run, call: ToolCall) -> Decision:
    """Refuse what the relay and the station at work may not do; others and other times are none of our business."""
    why = _forbidden(run, call) if run.stage in machine.ACTIVE or is_at_work(run, call.caller) else ""
    if not why or call.id in run.keys:  # the same call, delivered again
        return Decision((), why)
    data = {"what": f"{call.tool} by {call.who or 'relay'}", "why": why}
    return Decision((Event("refused", data, key=call.id),), why)


def _forbidden(run: Run, call: ToolCall) -> str:
    if call.caller == run.relay:
        return "the relay does no work of its own"
    if call.tool in TALKERS or (call.tool == "Skill" and "task-" in call.skill):
        return "agents of the line work alone"
    if call.protected:
        return f"only the engine writes {call.protected}"
    if call.tool in WRITERS and is_at_work(run, call.caller) and run.worker is not None and run.worker.judges:
        return "this station only reads"
    return ""


def is_at_work(run: Run, agent: str) -> bool:
    """Whether an agent is the one of the open dispatch; it may go on when its run is paused or stalled."""
    return bool(agent) and run.open is not None and run.open.agent_id == agent


def stray_dispatch(run: Run, prompt: str) -> bool:
    """Whether an Agent call repeats a directive (its prompt is a dispatch's name) of a run that is not going."""
    mark, _, number = prompt.strip().partition("-")
    return run.stage not in machine.ACTIVE and mark == "d" and len(number) >= 4 and number.isdigit()


def agent_started(run: Run, agent: str, name: str) -> Decision:
    """An agent started: an orchestrator that was called becomes the relay, any other may be the one that is due."""
    if run.relay == machine.PENDING and name.endswith(":orchestrator"):
        return Decision((Event("lease_taken", {"session": run.session, "relay": agent}),))
    return decide.agent_started(run, agent, name)


def call_returned(run: Run, call: Returned) -> Decision:
    """The relay's Agent call is over: its agent may have left no report, or no hook may have seen the call."""
    if run.open is not None and run.open.call == call.id:
        return decide.died(run, call.error or "it ended without a report (turn limit or API error)")
    if call.id in run.keys or (run.last is not None and run.last.call == call.id):
        return Decision()
    return Decision((Event("unwatched", {"calls": [call.id], "agents": [call.agent]}, key=call.id),))


def relay_ended(run: Run) -> Events:
    """The nested relay is gone: the main session relays, and whoever was at work is lost with it."""
    lost: Events = ()
    if run.open is not None:
        lost = decide.died(run, "the relay ended while it was at work", "interrupted").events
    return (*lost, Event("lease_taken", {"session": run.session, "relay": ""}))


def end_of_turn(run: Run, key: str) -> Decision:
    """Block the end of the relay's turn, with no agent running any more, while there is work that nobody does."""
    if run.stage not in machine.ACTIVE:
        return Decision()
    lost: Events = ()
    if run.open is not None:
        lost = decide.died(run, f"{run.open.station} is no longer running and left no report").events
    stop = decide.stop(_after(run, lost), key)
    return Decision((*lost, *stop.events), stop.refusal)


def is_let_go(run: Run) -> bool:
    """Whether a session whose turn ends is done with its run: it is over, or held with nobody at work."""
    return run.stage in machine.TERMINAL or (run.stage in machine.HELD and run.open is None)


def session_started(run: Run, source: str) -> Decision:
    """A session that drives a run begins again: after the client ended, the agent at work ended with it."""
    if run.stage not in machine.ACTIVE or run.open is None or source not in ("resume", "startup"):
        return Decision()
    return decide.died(run, f"the client ended while {run.open.station} was at work", "interrupted")


def release(run: Run, session: str, why: str) -> Events:
    """A session gives the lease back; the run stays where it is."""
    return (Event("lease_released", {"session": session, "why": why}),) if run.session == session else ()


def _after(run: Run, events: Events) -> Run:
    for event in events:
        run = evolve(run, event, run.started_at)
    return run
