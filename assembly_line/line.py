"""The line: takes decisions to the journal and carries out the steps that a run takes by itself."""

import hashlib
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from assembly_line import bundle, disk, marker, store
from assembly_line.core import machine
from assembly_line.core.decide import Decision
from assembly_line.core.directive import (
    AUDIT,
    CLOSE,
    CREATE_BUNDLE,
    PREPARE_AGENTS,
    WRITE_SUMMARY,
    advance,
    after_audit,
    revalidation,
)
from assembly_line.core.run import REPORT_KEYS, Event, Run
from assembly_line.core.times import between
from assembly_line.store import Store

if TYPE_CHECKING:
    from assembly_line.core.story import Entry, Story

SUMMARIES = "docs/tasks"
_REPORTS = {"reported": "report", "verdict_given": "verdict", "compliance_judged": "violations"}


def take(held: Store, decision: Decision) -> Run:
    """Record a decision and everything that follows from it by itself; the run after that."""
    if decision.events:
        held.record(*decision.events)
        for event in decision.events:
            _keep_report(held, event)
    return drive(held)


def drive(held: Store) -> Run:
    """Let the run take every step that waits for nobody."""
    before = held.run.stage
    while (step := advance(held.run)) is not None:
        held.record(*([step] if isinstance(step, Event) else _STEPS[step](held)))
    if held.run.stage != before and not held.run.closed:
        show_bundle(held)
    return held.run


def guard(held: Store, *, files: bool = True) -> tuple[str, ...]:
    """Undo what anybody but the engine did to the run's own files, and record it; the files concerned.

    Without `files` only journal and state file: a person may edit a blueprint between two sessions.
    """
    undone = list(held.undone)
    if files and held.run.stage in machine.ACTIVE:
        undone += held.vault.restore(held.task, held.root)
    if held.run.number and not held.check_shown():
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
        mend(held)
    drive(held)
    if held.unfinished and not held.run.closed:
        show_bundle(held)


def mend(held: Store) -> None:
    """Write the reports that a crash kept out of the bundle."""
    disk.sweep(os.path.join(held.root, bundle.folder(held.task)))
    disk.sweep(os.path.join(held.root, bundle.folder(held.task), "reports"))
    known = held.vault.protected(held.task)
    for record in held.records():
        if record.run == held.run.number and record.kind in _REPORTS:
            station = record.data["station"]
            path = bundle.report_path(held.task, record.data["dispatch"], station)
            if path not in known or not bundle.is_filled(os.path.join(held.root, path)):
                _keep_report(held, record.event)


def sources(held: Store) -> str:
    """The digest of the project's sources as they are now."""
    from assembly_line import tree

    return tree.digest(held.root, held.vault)


def changed_since(held: Store, before: str, after: str) -> tuple[str, ...]:
    """The files in which two digests of the sources differ, as far as git can tell."""
    if before == after:
        return ()
    from assembly_line import tree

    return tuple(item.path for item in tree.changes(held.root, held.vault, before, after) or ())


def entries(held: Store) -> "tuple[Entry, ...]":
    """The records of the present run, from its start on."""
    from assembly_line.core.story import Entry

    records = [record for record in held.records() if record.run == held.run.number]
    return tuple(Entry(record.ts, record.kind, record.data) for record in records)


def story(held: Store) -> "Story":
    """The story of the present run."""
    from assembly_line.core.story import tell

    return tell(entries(held))


def audit(held: Store) -> tuple[dict[str, str], ...]:
    """The engine's findings on the present run: the records, the summary and the state file."""
    from assembly_line.core.audit import findings
    from assembly_line.core.story import tell
    from assembly_line.text import summary

    run, told = held.run, entries(held)
    found = list(findings(run, tell(told), told))
    data = disk.read(disk.inside(held.root, run.summary)) if run.summary else None
    if data is None or hashlib.sha256(data).hexdigest() != run.summary_sha:
        found.append(_lacking("incomplete_summary", "the summary is missing or not as it was written"))
    else:
        criteria = tuple(item.id for item in run.criteria)
        lacks = summary.faults(data.decode("utf-8", "replace"), run.task, criteria)
        found += [_lacking("incomplete_summary", item) for item in lacks]
    if not held.check_shown():
        found.append(_lacking("incomplete_state", "the state file did not show the run; it was written again"))
    return tuple(found)


def _lacking(category: str, item: str) -> dict[str, str]:
    return {"category": category, "severity": "blocking", "item": item, "action": "write it again"}


def protect(held: Store) -> None:
    """Take every file of the run that only the engine writes under protection, as it is now."""
    run, folder = held.run, bundle.folder(held.task)
    names = [f"{folder}/{name}" for name in (bundle.STATUS, *(bundle.CONTEXT if run.bundled else ()))]
    names += [bundle.report_path(run.task, dispatch, station) for station, dispatch, _ in run.reports]
    for relative in (run.blueprint, bundle.blueprint_copy(run), *names):
        if os.path.isfile(os.path.join(held.root, relative)):
            held.vault.protect(held.task, held.root, relative)


def _create_bundle(held: Store) -> list[Event]:
    held.vault.release(held.task)
    bundle.create(held.root, held.run)
    protect(held)
    return [Event("bundle_created", {"path": bundle.folder(held.task)})]


def _prepare_agents(held: Store) -> list[Event]:
    run = held.run
    working = [item for item in run.stations if item.name not in run.skipped]
    agents = {item.name: item.agent for item in working}
    return [Event("agents_ready", {"agents": agents, "skipped": list(run.skipped)})]


def _write_summary(held: Store) -> list[Event]:
    digest = sources(held)
    if digest != held.run.verdict_tree:
        return [revalidation(held.run)]
    return [Event("summary_written", {"path": _summary_path(held.task), "sha256": _render_summary(held)})]


def _summary_path(task: str) -> str:
    return f"{SUMMARIES}/{task}-summary.md"


def _render_summary(held: Store) -> str:
    from assembly_line import tree
    from assembly_line.text import summary

    run = held.run
    changed = tree.changes(held.root, held.vault, run.baseline, run.verdict_tree)
    took = between(run.started_at, run.ended_at or store.utc_now())
    text = summary.render(run, story(held), changed, took).encode("utf-8", "replace")
    held.vault.put(held.task, held.root, _summary_path(run.task), text)
    return hashlib.sha256(text).hexdigest()


def _audit(held: Store) -> list[Event]:
    return [after_audit(held.run, audit(held), sources(held))]


def _close(held: Store) -> list[Event]:
    """Bring the files of an ended run into their final form."""
    run, data = held.run, {}
    if run.summary:
        data["summary_sha256"] = _render_summary(held)
    if run.stage == machine.FAILED:
        data["report"] = _failure_report(held)
    if run.stage == machine.COMPLETED:
        disk.remove(disk.inside(held.root, failure_path(run.task)))
    if run.stage == machine.COMPLETED and not run.settings.keep_bundle:
        bundle.remove(held.root, run.task)
    else:
        show_bundle(held)
    held.vault.release(held.task)
    return [Event("closed", data)]


def failure_path(task: str) -> str:
    """Where a failed run's report lies, from the project's root."""
    return f"{SUMMARIES}/{task}-failure.md"


def _failure_report(held: Store) -> str:
    from assembly_line.text import failure

    text = failure.render(held.run, story(held), held.relative)
    disk.write(disk.inside(held.root, failure_path(held.task)), text.encode("utf-8", "replace"))
    return failure_path(held.task)


def _keep_report(held: Store, event: Event) -> None:
    """Put a report into the bundle; after the bundler's, the bundle's files are protected too."""
    member = _REPORTS.get(event.kind)
    folder = os.path.join(held.root, bundle.folder(held.task))
    if member is None or not os.path.isdir(folder):
        return
    station = held.run.station(event.data["station"])
    body = event.data[member]
    if member == "violations":
        body = {"result": event.data["result"], "violations": body}
    key = REPORT_KEYS.get(station.kind, "report")
    path, data = bundle.report(held.run, event.data["dispatch"], station.name, key, body)
    held.vault.put(held.task, held.root, path, data, durable=False)
    if station.kind == "bundling":
        for name in bundle.CONTEXT:
            held.vault.protect(held.task, held.root, f"{bundle.folder(held.task)}/{name}")


def show_bundle(held: Store) -> None:
    """Bring the bundle's status up to date, if there is a bundle."""
    if os.path.isdir(os.path.join(held.root, bundle.folder(held.task))):
        relative, data = bundle.status(held.run)
        held.vault.put(held.task, held.root, relative, data, durable=False)


_STEPS: dict[str, Callable[[Store], list[Event]]] = {
    CREATE_BUNDLE: _create_bundle,
    PREPARE_AGENTS: _prepare_agents,
    WRITE_SUMMARY: _write_summary,
    AUDIT: _audit,
    CLOSE: _close,
}
