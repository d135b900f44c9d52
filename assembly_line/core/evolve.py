"""Folds events into the run: the stage by the state machine's table, the rest by the event kind's row."""

from assembly_line.core.events import KINDS
from assembly_line.core.machine import ACTIVE, FAILED, HELD, TERMINAL, IllegalEvent, next_stage
from assembly_line.core.run import Event, Run
from assembly_line.core.times import between, took

_NOT_WORK = ("run_started", "lease_taken", "resumed", "repaired", "unwatched")  # they end time in which nobody worked
# Events with which a run gets no further.
_STANDSTILL = ("refused", "stop_blocked", "denied", "tampered", "repaired", "unwatched")
_KEYS_KEPT = 512  # more than most runs have; a repeat of an older key would count twice


def evolve(run: Run, event: Event, ts: str) -> Run:
    """The run after an event at a time (ISO 8601 UTC); IllegalEvent when its stage does not allow the event."""
    kind = KINDS.get(event.kind)
    if kind is None:
        raise IllegalEvent(f"event {event.kind!r} is unknown in stage {run.stage!r}")
    stage = run.stage if kind.note else next_stage(run.stage, event.kind, run.held)
    resume_stage = (run.held or run.stage) if stage in (*HELD, FAILED) else ""
    after = kind.change(run, event.data, ts) if kind.change else run
    keys = (*run.keys, event.key)[-_KEYS_KEPT:] if event.key else after.keys
    ended = (run.ended_at if stage == run.stage else ts) if stage in TERMINAL else ""
    worked = after.worked + _seconds(run, event, ts)
    standstill = run.refusals + (event.kind == "refused") if event.kind in _STANDSTILL else 0
    return after._replace(
        stage=stage, held=resume_stage, keys=keys, ended_at=ended, worked=worked, at=ts, refusals=standstill
    )


def _seconds(run: Run, event: Event, ts: str) -> float:
    """The work between the last event and this one."""
    is_idle = event.kind in _NOT_WORK or event.data.get("reason") == "interrupted"
    if is_idle or run.stage not in ACTIVE or not run.at:
        return 0.0
    return took(run.at, ts) or 0.0 if run.has_witnesses else between(run.at, ts)
