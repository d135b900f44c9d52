"""Whether an event is the client's: how its hook was started, and what the client's transcripts show of the agent."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from assembly_line.core.events import REPORTS
from assembly_line.core.machine import ACTIVE
from assembly_line.core.run import Command, Dispatch, Event, Run

_NEAR = 2  # processes from a hook up to its client: itself, the launcher
_NAMED = 3  # dispatches in a message
_NOTED = 12  # events of a run that are noted as forged; the others are refused as well
# Events that only end what a session holds: a client that dies may leave them without a parent.
_FAREWELLS = ("SessionEnd", "StopFailure")


class Start(NamedTuple):
    """How a hook was started."""

    levels: int | None = None  # processes from the hook up to the client; None when it is not above, or not known
    heard: bool = False  # whether what the hook writes goes to the client itself


class Trace(NamedTuple):
    """What the client's transcripts show of an agent."""

    kept: bool = True  # whether the session has a transcript at all
    called: bool = True  # whether the relay's one holds the Agent call
    call: str = ""  # the Agent call that the agent was started by; "" when it is not told
    answered: bool = True  # whether a model answered in its own one, with a count of tokens
    busy: bool = False  # whether a tool call of its last message has no result yet


class Ended(NamedTuple):
    """A dispatch that ended with a report, and where its call and its agent must be found."""

    dispatch: str
    call: str
    session: str  # that drove the run
    relay: str  # the agent that relayed; "" for the session itself
    agent: str = ""


def stranger(event: str, taken: Start, now: Start, alive: bool) -> str:
    """Why an event is not the client's, by how its hook was started; "" when it is, or when that cannot be told.

    `taken`: how the hook was started with which the session took the run. `alive`: whether that client still runs.
    """
    if taken.levels is None or (not alive and event in _FAREWELLS):
        return ""
    if now.levels is None:
        return "the client that drives the run is not above its hook" if alive else "the client of the session is gone"
    if now.levels > max(taken.levels, _NEAR) or (taken.heard and not now.heard):
        return "a program below the client started its hook, not the client itself"
    return ""


def is_known(run: Run, session: str) -> bool:
    """Whether the client of a session must have been noted: when it took the run, or when it went on with it."""
    return run.has_witnesses and run.stage in ACTIVE and run.session == session


def doubt(run: Run, dispatch: Dispatch, trace: Trace) -> str:
    """Why the end of a dispatch's agent is not believed; "" when the transcripts show it, or for an earlier release."""
    if not run.has_witnesses:
        return ""
    if not trace.kept:
        return "the client keeps no transcript of this session"
    if not trace.called:
        return f"the session's transcript holds no Agent call {dispatch.call}"
    if trace.call not in ("", dispatch.call):
        return f"its transcript belongs to the Agent call {trace.call}, not to {dispatch.call}"
    if not trace.answered:
        return "its transcript shows no model that answered it"
    if trace.busy:
        return "its transcript shows a tool call that has no result yet"
    return ""


def unseen_commands(dispatch: Dispatch, results: Mapping[str, bool]) -> tuple[Event, ...]:
    """Take back the commands of a dispatch that its transcript does not show, or shows to have failed.

    `results`: of the agent's tool calls in its transcript, whether each failed.
    """
    return tuple(
        Event("forged", {"what": f"the command {item.text}", "why": why, "call": item.call})
        for item in dispatch.commands
        if item.call and (why := _unlike(item, results))
    )


def _unlike(command: Command, results: Mapping[str, bool]) -> str:
    if command.call not in results:
        return "the transcript of its agent does not show it"
    return "the transcript of its agent shows that it failed" if command.ok and results[command.call] else ""


def ended_calls(entries: Iterable[tuple[str, Mapping[str, Any]]]) -> tuple[Ended, ...]:
    """The dispatches of a run that ended with a report, by the kinds and data of its records."""
    session = relay = ""
    found: dict[str, Ended] = {}
    ended = []
    for kind, data in entries:
        if kind == "lease_taken":
            session, relay = data["session"], data.get("relay", "")
        elif kind == "dispatched":
            found[data["dispatch"]] = Ended(data["dispatch"], data["call"], session, relay)
        elif kind == "agent_started" and data["dispatch"] in found:
            found[data["dispatch"]] = found[data["dispatch"]]._replace(agent=data["agent_id"])
        elif kind in REPORTS and data["dispatch"] in found:
            ended.append(found[data["dispatch"]])
    return tuple(ended)


def unattested(run: Run, doubts: Mapping[str, str]) -> tuple[Event, ...]:
    """Hold a run instead of completing it, as the transcripts of its sessions do not show some of its dispatches."""
    if not doubts:
        return ()
    named = "; ".join(f"{dispatch}: {why}" for dispatch, why in list(doubts.items())[:_NAMED])
    noted = tuple(event for dispatch, why in doubts.items() for event in forged(run, f"the end of {dispatch}", why))
    return (*noted, Event("paused", {"reason": "forged", "message": f"not completed, as {named}"}))


def settings_changed(found: Mapping[str, list[str]]) -> Event:
    """The project's settings of the client changed while the run went on: by file, which members."""
    return Event("settings_changed", {"files": list(found), "members": dict(found)})


def forged(run: Run, what: str, why: str) -> tuple[Event, ...]:
    """Note an event that did not come from the client; of very many only the first ones."""
    return (Event("forged", {"what": what, "why": why}),) if run.forged < _NOTED else ()
