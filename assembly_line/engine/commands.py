"""What a person asks of a run: start or resume it, pause it, abort it, and who holds it meanwhile."""

import contextlib
import hashlib
import os
from typing import NamedTuple

from assembly_line import paths
from assembly_line.client import lease, marker, transcript
from assembly_line.core import decide, machine, recovery
from assembly_line.core.blueprint import Blueprint
from assembly_line.core.run import Event
from assembly_line.engine import drive, run_files, state_sync, store
from assembly_line.engine.request import Request, parse
from assembly_line.engine.store import Store
from assembly_line.errors import LineError
from assembly_line.intake import lookup, reader
from assembly_line.project import config, workflow
from assembly_line.sources import tree
from assembly_line.statefile import document
from assembly_line.storage import follow
from assembly_line.storage.journal import Damaged
from assembly_line.storage.vault import Vault
from assembly_line.system import disk
from assembly_line.text import directive, messages
from assembly_line.untrusted import inputs


class Answer(NamedTuple):
    """What the person or the relay is told."""

    text: str
    goes_on: bool = False  # the relay has work: text is a directive
    shown: str = ""  # the line for the person's screen


class Holder(NamedTuple):
    """Who takes the lease."""

    session: str
    relay: str
    transcript: str
    key: str  # names the command as it was typed; the same one delivered again starts no second run


def run(root: str, session: str, arguments: str, relay: str = "", transcript: str = "") -> Answer:
    """Start or resume a run for a session; LineError, with nothing written, when that cannot be.

    `relay` is PENDING when an agent is to relay; `transcript` is the session's, to find what no hook saw.
    """
    request = parse(arguments)
    vault = Vault(root)
    task = request.task
    _check_other(vault, session, task)
    chosen = config.load(root)
    has_journal = os.path.exists(os.path.join(root, paths.journal(task))) or os.path.exists(vault.mirror(task))
    blueprint = None
    if not has_journal or request.restart:
        blueprint = _read(root, task, chosen)
        document.check(root, request.state or chosen.state_file, vault, task)
    holder = Holder(session, relay, transcript, _typed(session, transcript, arguments))
    with store.opened(root, task, vault) as held:
        drive.guard(held, files=False)
        _check_lease(held, session)
        if held.run.stage == machine.NEW or (request.restart and holder.key not in held.run.keys):
            fresh = blueprint or _read(root, task, chosen)
            return _start(held, fresh, chosen, request, holder)
        if held.run.stage in machine.TERMINAL:
            drive.proceed(held)
            if not recovery.resumable(held.run):
                return Answer(messages.ended(held.run))
        if request.state and request.state != held.run.state_file:
            raise LineError(messages.state_kept(held.run))
        return _resume(held, chosen, holder)


def _typed(session: str, path: str, arguments: str) -> str:
    return f"run:{session}:{transcript.size(path)}:{' '.join(arguments.split())}"


def _read(root: str, task: str, chosen: config.Config) -> Blueprint:
    return reader.read(root, lookup.find(root, task, chosen.task_folders), task)


def _check_other(vault: Vault, session: str, task: str) -> None:
    marked = marker.read(vault.data, session)
    if marked is None or marked[1] == task:
        return
    with contextlib.suppress(Damaged):  # a run that cannot be read drives nothing
        other = follow.peek(*marked)[0]
        if other.stage in machine.ACTIVE and other.session == session:
            raise LineError(f"this session drives {marked[1]}; let it end, or type /task-pause {marked[1]} first")


def _check_lease(held: Store, session: str) -> None:
    kept = held.vault.lease(held.task)
    if (
        kept
        and kept["session"] != session
        and kept["session"] == held.run.session
        and held.run.stage in machine.ACTIVE
        and lease.alive(kept)
    ):
        raise LineError(messages.leased(held.task, kept))


def _start(held: Store, blueprint: Blueprint, chosen: config.Config, request: Request, holder: Holder) -> Answer:
    name, stations, skipped = workflow.resolve(blueprint, chosen)
    if held.run.stage not in (machine.NEW, *machine.TERMINAL):
        held.record(Event("aborted", {"reason": "restart", "message": "a human started the task anew"}))
    baseline = tree.digest(held.root, held.vault)
    data = {
        "task": blueprint.id,
        "title": blueprint.title,
        "type": blueprint.type,
        "workflow": name,
        "track": blueprint.track,
        "description": blueprint.description,
        "blueprint": blueprint.path,
        "blueprint_sha": blueprint.sha256,
        "state_file": request.state or chosen.state_file,
        "baseline": baseline if baseline.startswith("git:") else "",
        "criteria": blueprint.criteria,
        "stations": stations,
        "skipped": list(skipped),
        "settings": chosen.settings._asdict(),
    }
    _hold(held, holder, Event("run_started", data, key=holder.key))
    drive.proceed(held)
    return Answer(directive.render(held.run), True, directive.progress(held.run))


def _resume(held: Store, chosen: config.Config, holder: Holder) -> Answer:
    _check_blueprint(held)
    before, limits = held.run, chosen.settings
    events = []
    if before.stage not in machine.ACTIVE:
        budget = {"budget_tokens": limits.budget_tokens, "budget_minutes": limits.budget_minutes}
        events = [Event("resumed", {"by": holder.session, **budget})]
    # A session that paused the run keeps its marker while its agent is at work: that agent is waited for, not lost.
    own = marker.read(held.vault.data, holder.session) == (held.root, held.task)
    if before.open is not None and before.session != holder.session and not own:
        lost = f"the session that ran it ended while {before.open.station} was at work"
        events += decide.died(before, lost, "interrupted").events
    events += _unwatched(held)
    _hold(held, holder, *events)
    run_files.mend(held)
    drive.guard(held)
    run_files.protect(held)
    drive.finish(held)
    run_files.show_bundle(held)
    said = messages.resumed(before, held.run)
    return Answer(f"{said}\n{directive.render(held.run)}", True, f"{said} {directive.progress(held.run)}")


def _check_blueprint(held: Store) -> None:
    data = disk.read(disk.inside(held.root, held.run.blueprint))
    if data is None or hashlib.sha256(data).hexdigest() != held.run.blueprint_sha:
        raise LineError(messages.blueprint_changed(held.run))


def _unwatched(held: Store) -> list[Event]:
    """Calls of the line's agents that the last session made while its hooks were off."""
    path = held.vault.lease(held.task).get("transcript", "")
    calls = transcript.line_calls(path, held.run.started_at) if path else {}
    records = held.records() if calls else []
    known = {record.key for record in records} | {record.data.get("call") for record in records}
    unseen = {call: agent for call, agent in calls.items() if call not in known}
    if not unseen:
        return []
    return [Event("unwatched", {"calls": list(unseen), "agents": list(unseen.values())})]


def _hold(held: Store, holder: Holder, *events: Event) -> None:
    session = holder.session
    kept = held.vault.lease(held.task)
    for other in {kept.get("session", ""), held.run.session} - {session, ""}:
        marker.take(held.vault.data, other)
    held.record(*events, Event("lease_taken", {"session": session, "relay": holder.relay}))
    held.show()  # before lease and marker: where it cannot be written, nobody is bound
    state_sync.keep(held)
    held.vault.save_lease(held.task, {**lease.own(session), "transcript": holder.transcript})
    marker.put(held.vault.data, session, held.root, held.run)


def end(root: str, session: str, arguments: str, kind: str) -> Answer:
    """Pause or abort (`kind` is the event) the named task, or the session's own; works in every stage."""
    vault = Vault(root)
    words = arguments.split()
    marked = marker.read(vault.data, session)
    if not words and not marked:
        raise LineError(
            f"no run in this session; name the task: /task-{'pause' if kind == 'paused' else 'abort'} TASK-XXX"
        )
    task = words[0] if words else marked[1] if marked else ""
    inputs.check_id(task)
    if task not in follow.known(root) and not vault.lease(task):
        raise LineError(f"{task}: there is no run of it in this project; see /task-status")
    with store.opened(root, task, vault) as held:
        drive.guard(held, files=False)
        allowed = machine.TRANSITIONS[held.run.stage]
        if kind not in allowed:
            drive.finish(held)
            return Answer(messages.nothing_to_end(held.run, kind))
        kept = held.vault.lease(task)
        if kept and not lease.alive(kept):
            drive.take(held, decide.died(held.run, "the session that ran it ended", "interrupted"))
        held.record(Event(kind, {"reason": "human", "message": f"{kind} by a human"}))
        holder = kept.get("session", session)
        if held.run.session:
            held.record(Event("lease_released", {"session": holder, "why": kind}))
        held.vault.save_lease(task, {})
        run_files.show_bundle(held)
        drive.proceed(held)  # the holder's marker goes when its turn ends: until then its agent may report
        return Answer(messages.stopped(held.run))
