"""A run's working files: reports and bundle under protection, and the sources that the agents change."""

import os

from assembly_line import paths
from assembly_line.core.events import REPORTS
from assembly_line.core.kinds import BUNDLING, KINDS
from assembly_line.core.run import Event
from assembly_line.engine.store import Store
from assembly_line.project import bundle
from assembly_line.sources import tree
from assembly_line.system import disk


def mend(held: Store) -> None:
    """Write the reports that a crash kept out of the bundle."""
    disk.sweep(os.path.join(held.root, paths.bundle(held.task)))
    disk.sweep(os.path.join(held.root, paths.bundle(held.task), "reports"))
    known = held.vault.protected(held.task)
    for record in held.records(REPORTS, held.run.number):
        station = record.data["station"]
        path = bundle.report_path(held.task, record.data["dispatch"], station)
        if path not in known or not bundle.is_filled(os.path.join(held.root, path)):
            keep_report(held, record.event)


def sources(held: Store) -> str:
    """The digest of the project's sources as they are now; taken once while the store is open."""
    if not held.tree:
        held.tree = tree.digest(held.root, held.vault)
    return held.tree


def changed_since(held: Store, before: str, after: str) -> tuple[str, ...]:
    """The files in which two digests of the sources differ, as far as git can tell."""
    if before == after:
        return ()
    return tuple(item.path for item in tree.changes(held.root, held.vault, before, after) or ())


def protect(held: Store) -> None:
    """Protect the files of the run that nobody writes any more, as they are now; its status is when it is shown."""
    run, folder = held.run, paths.bundle(held.task)
    names = [f"{folder}/{name}" for name in (bundle.CONTEXT if run.bundled else ())]
    names += [bundle.report_path(run.task, dispatch, station) for station, dispatch, _ in run.reports]
    names += [run.blueprint, bundle.blueprint_copy(run)]
    there = [relative for relative in names if os.path.isfile(os.path.join(held.root, relative))]
    held.vault.protect(held.task, held.root, there)


def keep_report(held: Store, event: Event) -> None:
    """Put a report into the bundle; after the bundler's, the bundle's files are protected too."""
    member = REPORTS.get(event.kind)
    folder = os.path.join(held.root, paths.bundle(held.task))
    if member is None or not os.path.isdir(folder):
        return
    station = held.run.station(event.data["station"])
    body = event.data[member]
    if member == "violations":
        body = {"result": event.data["result"], "violations": body}
    key = KINDS[station.kind].report
    path, data = bundle.report(held.run, event.data["dispatch"], station.name, key, body)
    held.vault.put(held.task, held.root, path, data, durable=False)
    if station.kind == BUNDLING:
        held.vault.protect(held.task, held.root, [f"{paths.bundle(held.task)}/{name}" for name in bundle.CONTEXT])


def show_bundle(held: Store) -> None:
    """Bring the bundle's status up to date, if there is a bundle."""
    if os.path.isdir(os.path.join(held.root, paths.bundle(held.task))):
        relative, data = bundle.status(held.run)
        held.vault.put(held.task, held.root, relative, data, durable=False)
