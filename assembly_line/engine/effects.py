"""The outside steps: bundle, summary, audit, and the final form of a run's files."""

import hashlib
import os
from collections.abc import Callable, Container

from assembly_line import paths
from assembly_line.core import machine, next_step, summary_form
from assembly_line.core.audit import findings
from assembly_line.core.events import WORK
from assembly_line.core.patterns import matching
from assembly_line.core.run import Event
from assembly_line.core.timeline import TOLD, Entry, tell
from assembly_line.core.times import duration_of
from assembly_line.engine import attest, changed, neighbours, run_files, state_sync
from assembly_line.engine.store import Store
from assembly_line.project import bundle, config
from assembly_line.system import clock, disk
from assembly_line.text import failure, summary


def entries(store: Store, kinds: Container[str] = WORK) -> tuple[Entry, ...]:
    """The records of the present run of these kinds."""
    return tuple(Entry(item.ts, item.kind, item.data) for item in store.records(kinds, store.run.number))


def audit(store: Store) -> tuple[dict[str, str], ...]:
    """The engine's findings on the present run: on its records, its summary and the state file."""
    run, records = store.run, entries(store)
    results = list(findings(run, tell(records), records))
    data = disk.read(disk.inside(store.root, run.summary)) if run.summary else None
    if data is None or hashlib.sha256(data).hexdigest() != run.summary_sha:
        results.append(_incomplete("incomplete_summary", "the summary is missing or was changed"))
    else:
        criteria = tuple(item.id for item in run.criteria)
        faults = summary_form.faults(data.decode("utf-8", "replace"), run.task, criteria)
        results += [_incomplete("incomplete_summary", fault) for fault in faults]
    if not state_sync.check(store):
        results.append(_incomplete("incomplete_state", "the state file did not show the run and was rewritten"))
    return tuple(results)


def _incomplete(category: str, item: str) -> dict[str, str]:
    return {"category": category, "severity": "blocking", "item": item, "action": "rewrite it"}


def _create_bundle(store: Store) -> list[Event]:
    store.vault.release(store.task)
    bundle.create(store.root, store.run)
    run_files.protect(store)
    return [Event("bundle_created", {"path": paths.bundle(store.task)})]


def _set_earlier_aside(store: Store) -> None:
    """Move an earlier run's summary into the bundle, so that it is not taken for this run's, which has none."""
    summary_file = disk.inside(store.root, paths.summary(store.task))
    folder = disk.inside(store.root, paths.bundle(store.task))
    if os.path.isfile(summary_file) and os.path.isdir(folder):
        os.replace(summary_file, os.path.join(folder, "earlier-summary.md"))


def _prepare_agents(store: Store) -> list[Event]:
    run = store.run
    agents = {item.name: item.agent for item in run.stations if item.name not in run.skipped}
    return [Event("agents_ready", {"agents": agents, "skipped": list(run.skipped)})]


def _write_summary(store: Store) -> list[Event]:
    if store.sources.digest != store.run.verdict_tree:
        return [next_step.revalidation(store.run, _changed(store), neighbours.named(store))]
    return [Event("summary_written", {"path": paths.summary(store.task), "sha256": _render_summary(store)})]


def _changed(store: Store) -> tuple[str, ...]:
    """The files that changed since the verdict, as far as git can tell."""
    changes = store.sources.changes_since(store.run.verdict_tree) if store.run.verdict_tree else None
    return tuple(item.path for item in changes or ())


def _render_summary(store: Store) -> str:
    run = store.run
    elapsed = duration_of(run, clock.utc_now())
    text = summary.render(run, tell(entries(store, TOLD)), changed.by_task(store), elapsed).encode("utf-8", "replace")
    store.vault.put(store.task, store.root, paths.summary(run.task), text)
    return hashlib.sha256(text).hexdigest()


def _audit(store: Store) -> list[Event]:
    digest = store.sources.digest
    beside = "" if digest == store.run.verdict_tree else neighbours.named(store)
    event = next_step.after_audit(store.run, audit(store), digest, _changed(store), beside)
    if event.kind == machine.COMPLETED and (held := attest.doubts(store)):
        return list(held)
    rest = _without_loose(store) if event.kind == machine.COMPLETED else ""
    return [event._replace(data={**event.data, "rest": rest}) if rest else event]


def _without_loose(store: Store) -> str:
    """The digest of the sources without the files that may change after a PASS; "" when the project names none."""
    patterns = config.load(store.root).after_pass
    sources = store.sources
    return sources.digest_without(matching(sources.names_in(sources.digest), patterns)) if patterns else ""


def _close(store: Store) -> list[Event]:
    """Bring an ended run's files into their final form."""
    run, data = store.run, {}
    if run.summary:
        data["summary_sha256"] = _render_summary(store)
    else:
        _set_earlier_aside(store)
    if run.stage == machine.FAILED:
        data["report"] = _failure_report(store)
    if run.stage == machine.COMPLETED:
        disk.remove(disk.inside(store.root, paths.failure(run.task)))
    if run.stage == machine.COMPLETED and not run.settings.keep_bundle:
        bundle.remove(store.root, run.task)
    else:
        run_files.update_status(store)
    store.vault.release(store.task)
    return [Event("closed", data)]


def _failure_report(store: Store) -> str:
    text = failure.render(store.run, tell(entries(store, TOLD)), store.relative, changed.by_task(store))
    disk.write(disk.inside(store.root, paths.failure(store.task)), text.encode("utf-8", "replace"))
    return paths.failure(store.task)


STEPS: dict[str, Callable[[Store], list[Event]]] = {
    next_step.CREATE_BUNDLE: _create_bundle,
    next_step.PREPARE_AGENTS: _prepare_agents,
    next_step.WRITE_SUMMARY: _write_summary,
    next_step.AUDIT: _audit,
    next_step.CLOSE: _close,
}
