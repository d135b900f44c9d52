"""The task commands: start or resume a run, pause it, abort it."""

import hashlib
import os
from typing import Any, NamedTuple

from assembly_line import paths
from assembly_line.client import lease, marker, transcript
from assembly_line.core import decide, identity, machine, moving, policy
from assembly_line.core.blueprint import Blueprint
from assembly_line.core.run import RULES, Event
from assembly_line.engine import (
    ahead,
    drive,
    drivers,
    neighbours,
    provenance,
    retention,
    run_files,
    salvage,
    state_sync,
    work_tree,
)
from assembly_line.engine.request import NOTHING_ASKED, Request, parse
from assembly_line.engine.store import Store, opened
from assembly_line.errors import LineError
from assembly_line.intake import lookup, reader
from assembly_line.project import config, demand
from assembly_line.sources import line_ends, repository
from assembly_line.sources.tree import Sources
from assembly_line.statefile import document, union
from assembly_line.storage import attributes, follow
from assembly_line.storage.journal import Damaged
from assembly_line.storage.vault import Vault
from assembly_line.system import disk
from assembly_line.text import directive, elsewhere, messages
from assembly_line.untrusted import inputs


class Answer(NamedTuple):
    """The answer to the person or the relay."""

    text: str
    has_work: bool = False  # text is a directive for the relay
    shown: str = ""  # the line for the person's screen

    def after(self, line: str) -> "Answer":
        """The answer after another line, if there is one."""
        return self._replace(text=f"{line}\n{self.text}", shown=f"{line} {self.shown}".strip()) if line else self


class Holder(NamedTuple):
    """Who takes the lease."""

    session: str
    relay: str
    transcript: str


def run(root: str, session: str, arguments: str, relay: str = "", transcript_path: str = "") -> Answer:
    """Start or resume a run for a session; LineError, with nothing written, when it is refused.

    `relay` is PENDING when an agent will relay; the session's transcript shows the calls that no hook saw.
    """
    request = parse(arguments)
    vault, task = Vault(root), request.task
    _refuse_second_run(vault, session, task)
    options = config.load(root)
    united = state_sync.unite(root, vault)
    is_new = work_tree.is_other(root, vault)
    has_journal = (vault.knows(task) and not is_new) or os.path.exists(os.path.join(root, paths.journal(task)))
    blueprint = None
    if not has_journal or request.restart:
        blueprint = _read_blueprint(root, task, options)
        document.check(root, request.state or options.state_file, vault, task)
    holder = Holder(session, relay, transcript_path)
    key = f"run:{session}:{transcript.size(transcript_path)}:{' '.join(arguments.split())}"
    if blueprint is not None:
        retention.tidy(vault)
    if is_new and not has_journal:  # what is remembered of another work tree is put away before anything is noted
        with opened(root, task, vault, driven=False):
            is_new = False
    sources = ahead.examined(Sources(root, vault)) if blueprint is not None and not is_new else None
    with opened(root, task, vault, driven=False, sources=sources) as store:
        drive.record_repairs(store, files=False)
        if relay and store.repairs.how == identity.TAKE and store.run.stage == machine.NEW:
            raise LineError(elsewhere.run_before(task))
        saved = _claim(store)
        other = None if request.together else neighbours.run_of(store, session)
        if other is not None:
            raise LineError(elsewhere.neighbour(task, *other))
        ask = policy.Ask(session, key, request.restart, request.state, saved.get("session", ""), lease.alive(saved))
        match policy.begin(store.run, ask._replace(by_model=bool(relay))):
            case policy.ASKS_A_PERSON:
                raise LineError(messages.asks_a_person(store.run))
            case policy.LEASED:
                raise LineError(elsewhere.leased(task, saved))
            case policy.OTHER_STATE_FILE:
                raise LineError(messages.state_kept(store.run))
            case policy.START | policy.ENDED if request.words:
                raise LineError(NOTHING_ASKED.format(task=task))
            case policy.ENDED:
                if store.run.stage == machine.COMPLETED and (files := salvage.missing_work(root, store.run)):
                    raise LineError(elsewhere.not_here(store.run, files))
                return Answer(messages.ended(drive.proceed(store))).after(united)
            case policy.START:
                blueprint = blueprint or _read_blueprint(root, task, options)
                return _start(store, blueprint, options, request, holder, key).after(united)
        if store.run.stage in machine.TERMINAL:
            drive.proceed(store)  # a run that failed: its files come into their final form first
        return _resume(store, options, holder, request.words).after(united)


def _claim(store: Store) -> dict[str, Any]:
    """The lease of a run; that of one that ended is dropped, unless its session still has to let go."""
    saved = store.vault.lease(store.task)
    if saved and store.run.stage in (machine.NEW, *machine.TERMINAL) and not lease.alive(saved):
        store.vault.save_lease(store.task, {})
    return saved


def _read_blueprint(root: str, task: str, options: config.Config) -> Blueprint:
    return reader.read(root, lookup.find(root, task, options.task_folders), task)


def _refuse_second_run(vault: Vault, session: str, task: str) -> None:
    """LineError when the session drives a live run of another task."""
    marked = marker.read(vault.data, session)
    if marked is None or marked[1] == task:
        return
    try:
        other = follow.peek(*marked)[0]
    except Damaged:
        return  # a run that cannot be read is not driven
    if other.stage in machine.ACTIVE and other.session == session:
        raise LineError(f"this session drives {marked[1]}; let it end, or type /task-pause {marked[1]} first")


def _start(
    store: Store, blueprint: Blueprint, options: config.Config, request: Request, holder: Holder, key: str
) -> Answer:
    demands = demand.of(blueprint, options)
    store.record(*policy.start_over(store.run, holder.session))
    if line_ends.changes_bytes(store.root):
        attributes.write(store.root)
        store.look_again()  # as it is a source, too
    sources = store.sources_without((), ())
    baseline = sources.digest
    data = {
        **demands,
        "blueprint": blueprint.path,
        "blueprint_sha": blueprint.sha256,
        "state_file": request.state or options.state_file,
        "baseline": baseline if baseline.startswith("git:") else "",
        "rules": RULES,
        "head": repository.head(store.root),
        "work_tree": store.tree,
        "branch": repository.branch(store.root),
        "dirty": list(sources.dirty()[: decide.FILES]),
        "lists": {"left": list(sources.caches[: decide.FILES])},
        **provenance.members(store.root, options, demands["stations"], demands["skipped"]),
    }
    union.prepare(store.root)
    take_lease(store, holder, Event("run_started", data, key=key))
    drive.proceed(store)
    return Answer(directive.render(store.run), True, directive.progress(store.run))


def _resume(store: Store, options: config.Config, holder: Holder, words: str) -> Answer:
    blueprint = disk.read(disk.inside(store.root, store.run.blueprint))
    if blueprint is None or hashlib.sha256(blueprint).hexdigest() != store.run.blueprint_sha:
        raise LineError(messages.blueprint_changed(store.run))
    before = store.run
    # A session that paused the run keeps its marker while its agent is at work; that agent is not lost.
    is_waiting = marker.read(store.vault.data, holder.session) == (store.root, store.task)
    store.record(*moving.work_tree(before, store.tree))
    drive.note_branch(store)
    events = policy.resume(store.run, holder.session, is_waiting, unseen(store), options.settings, words)
    take_lease(store, holder, *events)
    drive.guard(store, between=True)
    run_files.bundle_again(store)
    run_files.restore_reports(store)
    run_files.protect(store)
    drive.recover(store)
    run_files.update_status(store)
    where = messages.resumed(before, store.run)
    return Answer(f"{where}\n{directive.render(store.run)}", True, f"{where} {directive.progress(store.run)}")


def unseen(store: Store) -> dict[str, str]:
    """The agents that the last session called while its hooks were off, by call id."""
    path = store.vault.lease(store.task).get("transcript", "")
    calls = transcript.agent_calls(path, store.run.started_at) if path else {}
    records = store.records() if calls else []
    known = {record.key for record in records} | {record.data.get("call") for record in records}
    return {call: agent for call, agent in calls.items() if call not in known}


def take_lease(store: Store, holder: Holder, *events: Event) -> None:
    """Record events, and give the run to its holder: lease, marker, the state file's backup."""
    session = holder.session
    former = store.vault.lease(store.task).get("session", "")
    for other in {former, store.run.session} - {session, ""}:
        marker.remove(store.vault.data, other)
    store.record(*events, Event("lease_taken", {"session": session, "relay": holder.relay}))
    store.show()  # before lease and marker: if this fails, no session is bound
    state_sync.back_up(store)
    taken = {**lease.own(session), "transcript": holder.transcript}
    store.vault.save_lease(store.task, taken)
    drivers.take(store, taken)
    marker.write(store.vault.data, session, store.root, store.run)


def end(root: str, session: str, arguments: str, kind: str) -> Answer:
    """Pause or abort (`kind`) the named task, or the session's own; works in every stage."""
    vault = Vault(root)
    words = arguments.split()
    marked = marker.read(vault.data, session)
    if not words and not marked:
        verb = "pause" if kind == "paused" else "abort"
        raise LineError(f"no run in this session; name the task: /task-{verb} TASK-XXX")
    task = words[0] if words else marked[1] if marked else ""
    inputs.check_id(task)
    is_held = bool(vault.lease(task)) and not work_tree.is_other(root, vault)
    if task not in follow.known(root) and not is_held:
        raise LineError(f"no run of {task} in this project; see /task-status")
    with opened(root, task, vault, driven=False) as store:
        drive.record_repairs(store, files=False)
        saved = _claim(store)
        events = policy.end(store.run, kind, session, saved.get("session", ""), lease.alive(saved))
        if not events:
            drive.recover(store)
            return Answer(messages.nothing_to_end(store.run, kind))
        store.record(*events)
        vault.save_lease(task, {})
        run_files.update_status(store)
        drive.proceed(store)  # the holder's marker stays until its turn ends, so that its agent can still report
        return Answer(messages.stopped(store.run))
