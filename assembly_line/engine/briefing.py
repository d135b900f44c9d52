"""What a brief holds besides the run: what the task changed, the engine's audit, the run's log."""

from assembly_line.core.kinds import COMPLIANCE, DIFF
from assembly_line.engine import changed, effects
from assembly_line.engine.store import Store
from assembly_line.project import bundle
from assembly_line.storage import journal
from assembly_line.text import log
from assembly_line.text.prompt import Extra

_INLINE = 6_000  # bytes of a difference that stand in the brief itself
_NAMED = 100  # files that are named one by one
_WHOLE = 400_000  # bytes of it that are written into the bundle


def extra(store: Store) -> Extra:
    """What the agent of the open dispatch is given; writes the files that the brief names into the bundle."""
    run = store.run
    assert run.open is not None
    if run.station(run.open.station).kind == COMPLIANCE:
        steps = journal.steps(store.records(), store.relative)
        lines = (log.numbered(record, after) for record, after in steps if after.number == run.number)
        _write(store, bundle.log_path(run.task), "\n".join(lines))
        return Extra(audit=effects.audit(store), log=bundle.log_path(run.task))
    return Extra(changed=_changed(store))


def _changed(store: Store) -> str:
    """The files that the task changed, with the difference itself where it is small."""
    run = store.run
    assert run.open is not None
    changes = changed.by_task(store) if run.baseline else None
    if not changes:
        return ""
    paths = [item.path for item in changes]
    made = set(store.sources.untracked(paths, run.head)) - set(run.wrote)  # by commands, such as a test report
    aside = made | {path for path in run.outside if path not in run.own_files}
    own = [item for item in changes if item.path not in aside]
    lines = [f"{item.path} ({item.status} +{item.added or 0} -{item.removed or 0})" for item in own[:_NAMED]]
    if len(own) > _NAMED:
        lines.append(f"and {len(own) - _NAMED} more")
    if made:
        lines.append(f"made by commands, not in the diff: {', '.join(sorted(made)[:_NAMED])}")
    # What others changed stays in the diff: it is judged too, and an agent that only looks may have done it.
    diff = store.sources.diff_since(changed.base(store), _WHOLE, made)
    _write(store, bundle.changes_path(run.task), diff)
    is_inline = run.kind_of(run.open.station).shown == DIFF and len(diff.encode()) <= _INLINE
    return "\n".join(lines) + (f"\n\n{diff}" if is_inline else "")


def _write(store: Store, path: str, text: str) -> None:
    store.vault.put(store.task, store.root, path, text.encode("utf-8", "replace"), durable=False)
