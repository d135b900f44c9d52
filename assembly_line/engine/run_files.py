"""A run's working files: its bundle, with the agents' reports, and their protection."""

import os

from assembly_line import paths
from assembly_line.core import moving
from assembly_line.core.events import REPORTS
from assembly_line.core.kinds import BUNDLING, KINDS
from assembly_line.core.run import Event
from assembly_line.engine.store import Store
from assembly_line.project import bundle
from assembly_line.system import disk


def restore_reports(store: Store) -> None:
    """Write the reports that are missing from the bundle after a crash."""
    disk.sweep(os.path.join(store.root, paths.bundle(store.task)))
    disk.sweep(os.path.join(store.root, paths.bundle(store.task), "reports"))
    protected = store.vault.protected(store.task)
    for record in store.records(REPORTS, store.run.number):
        station = record.data["station"]
        path = bundle.report_path(store.task, record.data["dispatch"], station)
        if path not in protected or not bundle.is_filled(os.path.join(store.root, path)):
            write_report(store, record.event)


def bundle_again(store: Store) -> None:
    """Make the bundle anew where it is not here, as on a second machine, and have the bundler called again."""
    run = store.run
    if all(bundle.is_filled(os.path.join(store.root, path)) for path in bundle.context(run)):
        return
    bundle.create(store.root, run)
    store.record(*moving.bundle_lost(run, store.sources.digest))


def protect(store: Store) -> None:
    """Protect the run's finished files as they are now; the bundle's status is protected when it is written."""
    run, folder = store.run, paths.bundle(store.task)
    names = [f"{folder}/{name}" for name in (bundle.CONTEXT if run.bundled else ())]
    names += [bundle.report_path(run.task, dispatch, station) for station, dispatch, _ in run.reports]
    names += [run.blueprint, bundle.blueprint_copy(run)]
    existing = [relative for relative in names if os.path.isfile(os.path.join(store.root, relative))]
    store.vault.protect(store.task, store.root, existing)


def write_report(store: Store, event: Event) -> None:
    """Write a report into the bundle; the bundler's also puts the bundle's files under protection."""
    member = REPORTS.get(event.kind)
    folder = os.path.join(store.root, paths.bundle(store.task))
    if member is None or not os.path.isdir(folder):
        return
    station = store.run.station(event.data["station"])
    body = event.data[member]
    if member == "violations":
        body = {"result": event.data["result"], "violations": body}
    key = KINDS[station.kind].report
    path, data = bundle.report(store.run, event.data["dispatch"], station.name, key, body)
    store.vault.put(store.task, store.root, path, data, durable=False)
    if station.kind == BUNDLING and store.run.bundled:
        store.vault.protect(store.task, store.root, [f"{paths.bundle(store.task)}/{name}" for name in bundle.CONTEXT])


def update_status(store: Store) -> None:
    """Bring the bundle's status file up to date, if there is a bundle."""
    if os.path.isdir(os.path.join(store.root, paths.bundle(store.task))):
        relative, data = bundle.status(store.run)
        store.vault.put(store.task, store.root, relative, data, durable=False)
