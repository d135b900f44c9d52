"""The state machine: every stage, every event kind, and the one table that says which event leads where.

Everything that moves a run stands here. A pair that is not in the table is refused and leaves the run as it was.
"""

from assembly_line.errors import LineError

# Stages, in the order of a run.
NEW = "new"  # no run yet
BUNDLE_CREATION = "bundle_creation"
AGENT_PREPARATION = "agent_preparation"
READY_FOR_BUNDLER = "ready_for_bundler"
BUNDLING = "bundling"
IMPLEMENTATION = "implementation"
VALIDATION = "validation"
SUMMARY = "summary"
COMPLIANCE = "compliance"
COMPLETED = "completed"
FAILED = "failed"
ABORTED = "aborted"
PAUSED = "paused"
STALLED = "stalled"

ACTIVE = (
    BUNDLE_CREATION,
    AGENT_PREPARATION,
    READY_FOR_BUNDLER,
    BUNDLING,
    IMPLEMENTATION,
    VALIDATION,
    SUMMARY,
    COMPLIANCE,
)
TERMINAL = (COMPLETED, FAILED, ABORTED)
HELD = (PAUSED, STALLED)  # a human lets these go on

PENDING = "pending"  # a nested relay that was called but has not started yet

BACK = "back"  # to the stage that the run was held or failed in

# Endings that a human or a limit may bring about in any active stage.
_ENDINGS = {"failed": FAILED, "aborted": ABORTED, "paused": PAUSED, "stalled": STALLED}
# What may arrive from an agent that was still at work when the run was held; recorded, never lost.
_LATE = ("reported", "verdict_given", "compliance_judged", "agent_failed")

TRANSITIONS: dict[str, dict[str, str]] = {
    NEW: {"run_started": BUNDLE_CREATION},
    BUNDLE_CREATION: {"bundle_created": AGENT_PREPARATION, **_ENDINGS},
    AGENT_PREPARATION: {"agents_ready": READY_FOR_BUNDLER, **_ENDINGS},
    READY_FOR_BUNDLER: {"dispatched": BUNDLING, **_ENDINGS},
    BUNDLING: {
        "dispatched": BUNDLING,
        "reported": BUNDLING,
        "agent_failed": BUNDLING,
        "iteration_started": IMPLEMENTATION,
        **_ENDINGS,
    },
    IMPLEMENTATION: {
        "dispatched": IMPLEMENTATION,
        "reported": IMPLEMENTATION,
        "agent_failed": IMPLEMENTATION,
        "stations_done": VALIDATION,
        **_ENDINGS,
    },
    VALIDATION: {
        "dispatched": VALIDATION,
        "verdict_given": VALIDATION,
        "agent_failed": VALIDATION,
        "iteration_started": IMPLEMENTATION,
        "passed": SUMMARY,
        **_ENDINGS,
    },
    SUMMARY: {"summary_written": COMPLIANCE, "revalidation": VALIDATION, **_ENDINGS},
    COMPLIANCE: {
        "dispatched": COMPLIANCE,
        "compliance_judged": COMPLIANCE,
        "agent_failed": COMPLIANCE,
        "fix_started": IMPLEMENTATION,
        "revalidation": VALIDATION,
        "completed": COMPLETED,
        **_ENDINGS,
    },
    PAUSED: {"resumed": BACK, "aborted": ABORTED, **{kind: PAUSED for kind in _LATE}},
    STALLED: {"resumed": BACK, "paused": PAUSED, "aborted": ABORTED, **{kind: STALLED for kind in _LATE}},
    COMPLETED: {"run_started": BUNDLE_CREATION},
    FAILED: {"run_started": BUNDLE_CREATION, "resumed": BACK},
    ABORTED: {"run_started": BUNDLE_CREATION},
}


class IllegalEvent(LineError):
    """An event that the table does not allow in the run's stage."""


def next_stage(stage: str, kind: str, held: str = "") -> str:
    """The stage after an event of this kind; `held` is the stage that a held run goes back to."""
    try:
        target = TRANSITIONS[stage][kind]
    except KeyError:
        raise IllegalEvent(f"event {kind!r} is not allowed in stage {stage!r}") from None
    return held if target == BACK else target
