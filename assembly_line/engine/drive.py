"""Drives a run: records decisions, and takes the steps that need no agent."""

import os

from assembly_line.client import marker
from assembly_line.core import identity, machine, moving, policy
from assembly_line.core.decide import Decision
from assembly_line.core.next_step import advance
from assembly_line.core.run import Event, Run
from assembly_line.engine import run_files, state_sync
from assembly_line.engine.store import Store


def apply(store: Store, decision: Decision) -> Run:
    """Record a decision and take the steps that follow from it; the run after that."""
    store.record(*decision.events)
    for event in decision.events:
        run_files.write_report(store, event)
    return proceed(store)


def proceed(store: Store) -> Run:
    """Take every step that needs no agent."""
    before = store.run.stage
    while (step := advance(store.run)) is not None:
        store.record(*([step] if isinstance(step, Event) else _outside(store, step)))
    if store.run.stage != before and not store.run.closed:
        run_files.update_status(store)
    return store.run


def _outside(store: Store, step: str) -> list[Event]:
    from assembly_line.engine import effects  # late, as few hooks take an outside step

    return effects.STEPS[step](store)


def record_repairs(store: Store, *, files: bool = True) -> tuple[str, ...]:
    """Record what opening the store repaired, and undo foreign changes; the files restored. Call once per opening.

    Without `files`, only journal and state file are checked: a person may edit a blueprint between sessions.
    """
    cut_at = store.repairs.cut_at
    restored = guard(store, store.repairs.restored, files=files)
    if store.repairs.how == identity.RETURN:
        store.record(Event("repaired", {"what": "the journal was not in the work tree and was put back"}))
    if cut_at is not None:
        store.record(Event("repaired", {"what": f"the last line was cut off at byte {cut_at} and set aside"}))
    return restored


def guard(
    store: Store, restored: tuple[str, ...] = (), *, files: bool = True, between: bool = False
) -> tuple[str, ...]:
    """Undo and record foreign changes to the run's protected files; all files restored.

    `between` sessions a person may clean up, so that what is gone is put back and nobody is blamed.
    """
    changed = list(restored)
    if files and store.run.stage in machine.ACTIVE:
        gone = {name for name in store.vault.protected(store.task) if between and not _is_there(store, name)}
        found = store.vault.restore(store.task, store.root)
        changed += [name for name in found if name not in gone]
        if back := [name for name in found if name in gone]:
            store.record(Event("repaired", {"what": f"put back, as it was gone: {', '.join(back)}"}))
    if store.run.number:
        is_gits = not files and state_sync.is_gits(store)
        if not state_sync.check(store) and not is_gits:
            changed.append(store.run.state_file)
    if changed:
        store.record(Event("tampered", {"files": changed, "action": "put back"}))
    return tuple(changed)


def _is_there(store: Store, relative: str) -> bool:
    return os.path.lexists(os.path.join(store.root, relative))


def note_branch(store: Store) -> Run:
    """Record that another branch is checked out than the run knows; the run after that."""
    from assembly_line.sources import checkout  # late, as few hooks need git

    return store.record(*moving.branch(store.run, checkout.branch(store.root)))


def recover(store: Store) -> None:
    """Complete what a hook that died left undone: marker, reports, steps that need no agent, bundle status."""
    if store.repairs.crashed:
        if store.run.session:
            marker.remove(store.vault.data, store.run.session)
            marker.write(store.vault.data, store.run.session, store.root, store.run)
        run_files.restore_reports(store)
    proceed(store)
    if store.repairs.crashed and not store.run.closed:
        run_files.update_status(store)


def release(store: Store, session: str, why: str) -> None:
    """Return the lease; the run stays where it is."""
    if events := policy.release(store.run, session, why):
        store.record(*events)
        store.vault.save_lease(store.task, {})
    marker.remove(store.vault.data, session)
