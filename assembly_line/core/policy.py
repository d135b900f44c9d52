"""Decides what the session around a run may do: commands, tool calls, turns, sessions; decide.py has the agents."""

from typing import NamedTuple

from assembly_line.core import decide, ends, machine, next_step
from assembly_line.core.decide import Decision
from assembly_line.core.evolve import evolve
from assembly_line.core.recovery import resumable
from assembly_line.core.run import Event, Run
from assembly_line.core.settings import Settings

Events = tuple[Event, ...]

# Outcomes of /task-run.
START, RESUME, ENDED, LEASED, OTHER_STATE_FILE = "start", "resume", "ended", "leased", "other_state_file"
ASKS_A_PERSON = "asks_a_person"

# Tools that write a file, each with the input member that names it.
WRITERS = {"Write": "file_path", "Edit": "file_path", "MultiEdit": "file_path", "NotebookEdit": "notebook_path"}
# Tools that only read the project, for every caller; the launcher knows them too, and starts no Python for an agent's.
READERS = frozenset({"Read", "Grep", "Glob", "LS", "NotebookRead"})
# Tools with which a session or agent keeps its own notes, finds its own tools, or hands over its own words.
_NOTES = {"ToolSearch", "TodoWrite", "TodoRead", "TaskCreate", "TaskUpdate", "TaskList", "TaskGet", "ListAgents"}
_WORDS = {"StructuredOutput", "ReportFindings"}
_SHELL = {"Bash", "BashOutput", "TaskOutput", "TaskStop", "KillShell", "KillBash"}
_WEB = {"WebFetch", "WebSearch"}
# What is on no list is refused: a tool of a later client, of an MCP server or for worktrees may write anything.
RELAY = READERS | _NOTES | _WORDS
LOOKERS = RELAY | _SHELL | _WEB | {"Skill", "LSP"}  # of the stations that only look
# Tools that reach beyond the agent or lead out of the project, for no station.
TALKERS = ("SendMessage", "AskUserQuestion", "Workflow", "TeamCreate", "RemoteTrigger", "CronCreate", "ScheduleWakeup")
NEW_CLIENT = ("resume", "startup")  # how a session starts in a client of its own
CALLERS = ("Agent", "Task")  # of other agents
LEADERS = ("EnterWorktree", "ExitWorktree")


# Why an agent that was stopped may do nothing more: by whether its run was aborted.
STOPPED = (
    "nothing that you do here counts for the run any more; change nothing, and end now",
    "the run was aborted; change nothing more, and end now",
)


class Ask(NamedTuple):
    """A /task-run as typed, and who holds the lease."""

    session: str
    key: str  # identifies the command, so that a repeated delivery starts no second run
    restart: bool = False
    state_file: str = ""  # "" for the default
    holder: str = ""  # the session that holds the lease
    holder_alive: bool = False
    by_model: bool = False  # not typed: an Agent call to the orchestrator


class ToolCall(NamedTuple):
    """A tool call other than an Agent call that the client wants to make."""

    id: str
    tool: str
    caller: str  # agent id; "" for the main session
    who: str  # the caller's agent type; "" for the main session
    skill: str = ""
    protected: str = ""  # the protected file that it would write, as shown to a person


class Returned(NamedTuple):
    """An Agent call that is over, as the client reports it."""

    id: str
    agent: str
    error: str = ""
    kind: str = ""  # of the agent that the client started
    said: str = ""  # what the agent gave back


def begin(run: Run, ask: Ask) -> str:
    """The outcome of a /task-run: START, RESUME or ENDED (nothing to do); the others are refused.

    A model may begin a task that was never run, and resume a run that was interrupted; all else is a person's word.
    """
    if ask.by_model and run.stage != machine.NEW and (ask.restart or run.stage not in machine.ACTIVE):
        return ASKS_A_PERSON
    is_leased = ask.holder not in ("", ask.session) and ask.holder == run.session
    if is_leased and ask.holder_alive and run.stage in machine.ACTIVE:
        return LEASED
    if run.stage == machine.NEW or (ask.restart and ask.key not in run.keys):
        return START
    if run.stage in machine.TERMINAL and not resumable(run):
        return ENDED
    return OTHER_STATE_FILE if ask.state_file not in ("", run.state_file) else RESUME


def start_over(run: Run, session: str) -> Events:
    """The events that end the present run before a new one of its task starts."""
    if run.stage in (machine.NEW, *machine.TERMINAL):
        return ()
    return (Event("aborted", {"reason": "restart", "message": f"restarted by a command in session {session}"}),)


def resume(
    run: Run, session: str, is_waiting: bool, unseen: dict[str, str], limits: Settings, words: str = ""
) -> Events:
    """The events of a session that resumes a run.

    `is_waiting`: the session still waits for the agent at work. `unseen`: agents by call id, for calls no hook saw.
    `words`: what the person says to the station that is due.
    """
    events: Events = ()
    if run.stage not in machine.ACTIVE:
        budget = {"budget_tokens": limits.budget_tokens, "budget_minutes": limits.budget_minutes}
        events = (Event("resumed", {"by": session, **budget}),)
    if run.open is not None and run.session != session and not is_waiting:
        message = f"its session ended while {run.open.station} was at work"
        events += ends.died(run, message, "interrupted").events
    if unseen:
        events += (Event("unwatched", {"calls": list(unseen), "agents": list(unseen.values())}),)
    return (*events, *_answer(run, _after(run, events), words))


def _answer(before: Run, run: Run, words: str) -> Events:
    """A person's words, for the station that asked for them or else is due next."""
    due = next_step.expected(run)
    station = before.open.station if before.open is not None else due.station if due is not None else ""
    return (Event("answered", {"station": station, "words": words}),) if words and station else ()


def end(run: Run, kind: str, session: str, holder: str, holder_alive: bool) -> Events:
    """The events of a pause or an abort (`kind`) by a session; () when there is nothing to end."""
    if kind not in machine.TRANSITIONS[run.stage]:
        return ()
    events: Events = ()
    if holder and not holder_alive:
        events = ends.died(run, "its session ended", "interrupted").events
    events += (Event(kind, {"reason": "human", "message": f"{kind} by a command in session {session}"}),)
    return (*events, Event("lease_released", {"session": holder or session, "why": kind})) if run.session else events


def drives(run: Run, session: str) -> bool:
    """Whether the session's hooks still act for this run; another session may have taken over a live run."""
    return run.number > 0 and (run.session == session or run.stage not in machine.ACTIVE)


def tool_call(run: Run, call: ToolCall) -> Decision:
    """Refuse what the relay or an agent may not do while the run is live or the agent is at work."""
    if is_stopped(run, call.caller):
        why = STOPPED[run.stage == machine.ABORTED]
    else:
        why = _forbidden(run, call) if run.stage in machine.ACTIVE or is_at_work(run, call.caller) else ""
    return decide.refused(run, f"{call.tool} by {call.who or 'relay'}", why, call.id) if why else Decision()


def _forbidden(run: Run, call: ToolCall) -> str:
    if call.caller == run.relay:
        return "" if call.tool in RELAY else "the relay does no work of its own"
    if call.tool in (*TALKERS, *CALLERS) or (call.tool == "Skill" and "task-" in call.skill):
        return "a station's agent works alone"
    if call.tool in LEADERS:
        return "a station's agent works in the project"
    if call.protected:
        return f"only the engine writes {call.protected}"
    if call.tool not in LOOKERS and is_at_work(run, call.caller) and decide.only_looks(run):
        return "this station only reads" if call.tool in WRITERS else "this station only looks, and runs commands"
    return ""


def is_at_work(run: Run, agent: str) -> bool:
    """Whether the agent works on the open dispatch; it may finish after its run is paused or stalled."""
    return bool(agent) and run.open is not None and run.open.agent_id == agent


def is_stopped(run: Run, agent: str) -> bool:
    """Whether the agent was at work when its run was aborted, so that it may change nothing more."""
    return bool(agent) and agent in run.stopped


def is_key(prompt: str) -> bool:
    """Whether the prompt of an Agent call is nothing but the key of a dispatch, as a directive has it."""
    prefix, _, number = prompt.strip().partition("-")
    return prefix == "d" and len(number) >= 4 and number.isdigit()


def agent_started(run: Run, agent: str, name: str, elsewhere: str = "") -> Decision:
    """An agent started: a pending orchestrator becomes the relay; any other may be the dispatch's agent.

    `elsewhere`: the folder that it works in when that is not the project.
    """
    if run.relay == machine.PENDING and name.endswith(":orchestrator"):
        return Decision((Event("lease_taken", {"session": run.session, "relay": agent}),))
    started = decide.agent_started(run, agent, name)
    if not started.events or not elsewhere:
        return started
    lost = ends.elsewhere(_after(run, started.events), elsewhere)
    return Decision((*started.events, *lost.events))


def call_returned(run: Run, call: Returned) -> Decision:
    """The relay's Agent call is over: record an agent that left no report, or a call that no hook saw."""
    if run.open is not None and run.open.call == call.id:
        return ends.died(run, ends.why_lost(run.open, call.error, call.kind, call.said))
    if call.id in run.keys or (run.last is not None and run.last.call == call.id):
        return Decision()
    return Decision((Event("unwatched", {"calls": [call.id], "agents": [call.agent]}, key=call.id),))


def relay_ended(run: Run) -> Events:
    """The nested relay is gone: the main session takes over, and the agent at work is lost."""
    lost: Events = ()
    if run.open is not None:
        lost = ends.died(run, "the relay ended while it was at work", "interrupted").events
    return (*lost, Event("lease_taken", {"session": run.session, "relay": ""}))


def end_of_turn(run: Run, key: str) -> Decision:
    """Block the end of the relay's turn, when no agent is running, while the run is active."""
    if run.stage not in machine.ACTIVE:
        return Decision()
    lost: Events = ()
    if run.open is not None:
        lost = ends.died(run, f"{run.open.station} is no longer running and left no report").events
    stop = decide.stop(_after(run, lost), key)
    return Decision((*lost, *stop.events), stop.refusal)


def may_release(run: Run) -> bool:
    """Whether a session may release its run at the end of a turn: it is over, or held with nobody at work."""
    return run.stage in machine.TERMINAL or (run.stage in machine.HELD and run.open is None)


def session_started(run: Run, source: str) -> Decision:
    """A session that drives a run started again: the agent at work ended with the earlier client."""
    if run.stage not in machine.ACTIVE or run.open is None or source not in NEW_CLIENT:
        return Decision()
    return ends.died(run, f"the client ended while {run.open.station} was at work", "interrupted")


def release(run: Run, session: str, why: str) -> Events:
    """A session returns the lease; the run stays where it is."""
    return (Event("lease_released", {"session": session, "why": why}),) if run.session == session else ()


def _after(run: Run, events: Events) -> Run:
    for event in events:
        run = evolve(run, event, run.started_at)
    return run
