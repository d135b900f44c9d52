"""Carries out what a person types: start or resume a run, pause it, abort it."""

import hashlib
import os
from typing import NamedTuple

from assembly_line import paths
from assembly_line.client import lease, marker, transcript
from assembly_line.core import machine, policy
from assembly_line.core.blueprint import Blueprint
from assembly_line.core.run import Event
from assembly_line.engine import drive, run_files, state_sync
from assembly_line.engine.request import Request, parse
from assembly_line.engine.store import Store, opened
from assembly_line.errors import LineError
from assembly_line.intake import lookup, reader
from assembly_line.project import config, workflow
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
    has_work: bool = False  # the relay has work: text is a directive
    shown: str = ""  # the line for the person's screen


class Holder(NamedTuple):
    """Who takes the lease."""

    session: str
    relay: str
    transcript: str


def run(root: str, session: str, arguments: str, relay: str = "", transcript_path: str = "") -> Answer:
    """Start or resume a run for a session; LineError, with nothing written, when that cannot be.

    `relay` is PENDING when an agent is to relay; the session's transcript tells what no hook saw.
    """
    request = parse(arguments)
    vault, task = Vault(root), request.task
    _check_other(vault, session, task)
    chosen = config.load(root)
    has_journal = os.path.exists(os.path.join(root, paths.journal(task))) or os.path.exists(vault.mirror(task))
    blueprint = None
    if not has_journal or request.restart:
        blueprint = _read(root, task, chosen)
        document.check(root, request.state or chosen.state_file, vault, task)
    holder = Holder(session, relay, transcript_path)
    key = f"run:{session}:{transcript.size(transcript_path)}:{' '.join(arguments.split())}"
    with opened(root, task, vault) as store:
        drive.record_repairs(store, files=False)
        kept = vault.lease(task)
        ask = policy.Ask(
            session, key, request.restart, request.state, kept.get("session", ""), bool(kept) and lease.alive(kept)
        )
        match policy.begin(store.run, ask):
            case policy.LEASED:
                raise LineError(messages.leased(task, kept))
            case policy.OTHER_STATE_FILE:
                raise LineError(messages.state_kept(store.run))
            case policy.ENDED:
                return Answer(messages.ended(drive.proceed(store)))
            case policy.START:
                return _start(store, blueprint or _read(root, task, chosen), chosen, request, holder, key)
        drive.proceed(store)
        return _resume(store, chosen, holder)


def _read(root: str, task: str, chosen: config.Config) -> Blueprint:
    return reader.read(root, lookup.find(root, task, chosen.task_folders), task)


def _check_other(vault: Vault, session: str, task: str) -> None:
    """LineError when the session drives a live run of another task."""
    marked = marker.read(vault.data, session)
    if marked is None or marked[1] == task:
        return
    try:
        other = follow.peek(*marked)[0]
    except Damaged:
        return  # a run that cannot be read drives nothing
    if other.stage in machine.ACTIVE and other.session == session:
        raise LineError(f"this session drives {marked[1]}; let it end, or type /task-pause {marked[1]} first")


def _start(
    store: Store, blueprint: Blueprint, chosen: config.Config, request: Request, holder: Holder, key: str
) -> Answer:
    name, stations, skipped = workflow.resolve(blueprint, chosen)
    store.record(*policy.start_over(store.run))
    baseline = store.sources.digest
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
    _take_lease(store, holder, Event("run_started", data, key=key))
    drive.proceed(store)
    return Answer(directive.render(store.run), True, directive.progress(store.run))


def _resume(store: Store, chosen: config.Config, holder: Holder) -> Answer:
    blueprint = disk.read(disk.inside(store.root, store.run.blueprint))
    if blueprint is None or hashlib.sha256(blueprint).hexdigest() != store.run.blueprint_sha:
        raise LineError(messages.blueprint_changed(store.run))
    before = store.run
    # A session that paused the run keeps its marker while its agent is at work: that agent is waited for, not lost.
    waits = marker.read(store.vault.data, holder.session) == (store.root, store.task)
    _take_lease(store, holder, *policy.resume(before, holder.session, waits, _unseen(store), chosen.settings))
    run_files.mend(store)
    drive.guard(store)
    run_files.protect(store)
    drive.finish(store)
    run_files.show_bundle(store)
    where = messages.resumed(before, store.run)
    return Answer(f"{where}\n{directive.render(store.run)}", True, f"{where} {directive.progress(store.run)}")


def _unseen(store: Store) -> dict[str, str]:
    """Calls of the line's agents that the last session made while its hooks were off, by id."""
    path = store.vault.lease(store.task).get("transcript", "")
    calls = transcript.line_calls(path, store.run.started_at) if path else {}
    records = store.records() if calls else []
    known = {record.key for record in records} | {record.data.get("call") for record in records}
    return {call: agent for call, agent in calls.items() if call not in known}


def _take_lease(store: Store, holder: Holder, *events: Event) -> None:
    session = holder.session
    kept = store.vault.lease(store.task)
    for other in {kept.get("session", ""), store.run.session} - {session, ""}:
        marker.take(store.vault.data, other)
    store.record(*events, Event("lease_taken", {"session": session, "relay": holder.relay}))
    store.show()  # before lease and marker: where it cannot be written, nobody is bound
    state_sync.keep(store)
    store.vault.save_lease(store.task, {**lease.own(session), "transcript": holder.transcript})
    marker.put(store.vault.data, session, store.root, store.run)


def end(root: str, session: str, arguments: str, kind: str) -> Answer:
    """Pause or abort (`kind` is the event) the named task, or the session's own; works in every stage."""
    vault = Vault(root)
    words = arguments.split()
    marked = marker.read(vault.data, session)
    if not words and not marked:
        verb = "pause" if kind == "paused" else "abort"
        raise LineError(f"no run in this session; name the task: /task-{verb} TASK-XXX")
    task = words[0] if words else marked[1] if marked else ""
    inputs.check_id(task)
    if task not in follow.known(root) and not vault.lease(task):
        raise LineError(f"no run of {task} in this project; see /task-status")
    with opened(root, task, vault) as store:
        drive.record_repairs(store, files=False)
        kept = vault.lease(task)
        events = policy.end(store.run, kind, session, kept.get("session", ""), bool(kept) and lease.alive(kept))
        if not events:
            drive.finish(store)
            return Answer(messages.nothing_to_end(store.run, kind))
        store.record(*events)
        vault.save_lease(task, {})
        run_files.show_bundle(store)
        drive.proceed(store)  # the holder's marker goes when its turn ends: until then its agent may report
        return Answer(messages.stopped(store.run))
