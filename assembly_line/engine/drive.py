"""The line: takes decisions to the journal, and lets a run take the steps that wait for nobody."""

from assembly_line.client import marker
from assembly_line.core import machine
from assembly_line.core.decide import Decision
from assembly_line.core.next_step import advance
from assembly_line.core.run import Event, Run
from assembly_line.engine import effects, run_files, state_sync
from assembly_line.engine.store import Store


def take(held: Store, decision: Decision) -> Run:
    """Record a decision and everything that follows from it by itself; the run after that."""
    if decision.events:
        held.record(*decision.events)
        for event in decision.events:
            run_files.keep_report(held, event)
    return proceed(held)


def proceed(held: Store) -> Run:
    """Let the run take every step that waits for nobody."""
    before = held.run.stage
    while (step := advance(held.run)) is not None:
        held.record(*([step] if isinstance(step, Event) else _outside(held, step)))
    if held.run.stage != before and not held.run.closed:
        run_files.show_bundle(held)
    return held.run


def _outside(held: Store, step: str) -> list[Event]:
    return effects.STEPS[step](held)


def guard(held: Store, *, files: bool = True) -> tuple[str, ...]:
    """Undo what anybody but the engine did to the run's own files, and record it; the files concerned.

    Without `files` only journal and state file: a person may edit a blueprint between two sessions.
    """
    undone = list(held.undone)
    if files and held.run.stage in machine.ACTIVE:
        undone += held.vault.restore(held.task, held.root)
    if held.run.number and not state_sync.check(held):
        undone.append(held.run.state_file)
    if undone:
        held.record(Event("tampered", {"files": undone, "action": "put back"}))
    if held.repaired:
        held.record(Event("repaired", {"what": held.repaired}))
    held.undone, held.repaired = (), ""
    return tuple(undone)


def finish(held: Store) -> None:
    """Do what a hook that died left undone: markers, reports, steps of the run's own, the bundle's status."""
    if held.unfinished:
        if held.run.session:
            marker.take(held.vault.data, held.run.session)
            marker.put(held.vault.data, held.run.session, held.root, held.run)
        run_files.mend(held)
    proceed(held)
    if held.unfinished and not held.run.closed:
        run_files.show_bundle(held)


def release(held: Store, session: str, why: str) -> None:
    """Give the lease back; the run stays where it is."""
    if held.run.session == session:
        held.record(Event("lease_released", {"session": session, "why": why}))
        held.vault.save_lease(held.task, {})
    marker.take(held.vault.data, session)
