"""The line: takes decisions to the journal, and lets a run take the steps that wait for nobody."""

from assembly_line.client import marker
from assembly_line.core import machine, policy
from assembly_line.core.decide import Decision
from assembly_line.core.next_step import advance
from assembly_line.core.run import Event, Run
from assembly_line.engine import run_files, state_sync
from assembly_line.engine.store import Store


def take(store: Store, decision: Decision) -> Run:
    """Record a decision and everything that follows from it by itself; the run after that."""
    if decision.events:
        store.record(*decision.events)
        for event in decision.events:
            run_files.keep_report(store, event)
    return proceed(store)


def proceed(store: Store) -> Run:
    """Let the run take every step that waits for nobody."""
    before = store.run.stage
    while (step := advance(store.run)) is not None:
        store.record(*([step] if isinstance(step, Event) else _outside(store, step)))
    if store.run.stage != before and not store.run.closed:
        run_files.show_bundle(store)
    return store.run


def _outside(store: Store, step: str) -> list[Event]:
    from assembly_line.engine import effects  # late, as few hooks come to a step

    return effects.STEPS[step](store)


def record_repairs(store: Store, *, files: bool = True) -> tuple[str, ...]:
    """Record what opening the store mended, and undo what anybody else did to the run's files; those concerned.

    Once for each opening. Without `files` only journal and state file: a person may edit a blueprint between sessions.
    """
    cut_at = store.repairs.cut_at
    undone = guard(store, store.repairs.restored, files=files)
    if cut_at is not None:
        store.record(Event("repaired", {"what": f"the last line was cut off at byte {cut_at} and set aside"}))
    return undone


def guard(store: Store, restored: tuple[str, ...] = (), *, files: bool = True) -> tuple[str, ...]:
    """Undo what anybody but the engine did to the run's own files, and record it; the files concerned."""
    undone = list(restored)
    if files and store.run.stage in machine.ACTIVE:
        undone += store.vault.restore(store.task, store.root)
    if store.run.number and not state_sync.check(store):
        undone.append(store.run.state_file)
    if undone:
        store.record(Event("tampered", {"files": undone, "action": "put back"}))
    return tuple(undone)


def finish(store: Store) -> None:
    """Do what a hook that died left undone: markers, reports, steps of the run's own, the bundle's status."""
    if store.repairs.crashed:
        if store.run.session:
            marker.take(store.vault.data, store.run.session)
            marker.put(store.vault.data, store.run.session, store.root, store.run)
        run_files.mend(store)
    proceed(store)
    if store.repairs.crashed and not store.run.closed:
        run_files.show_bundle(store)


def release(store: Store, session: str, why: str) -> None:
    """Give the lease back; the run stays where it is."""
    if events := policy.release(store.run, session, why):
        store.record(*events)
        store.vault.save_lease(store.task, {})
    marker.take(store.vault.data, session)
