"""The state machine: every stage, and the one table of which event leads where.

Only this table moves a run. A pair that is not in it is refused and leaves the run as it was.
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
HELD = (PAUSED, STALLED)  # until a human resumes them

PENDING = "pending"  # a nested relay that was called but has not started yet

BACK = "back"  # to the stage in which the run was held or failed

# A human or a limit may cause these in any active stage.
_ENDINGS = {"failed": FAILED, "aborted": ABORTED, "paused": PAUSED, "stalled": STALLED}
# An agent still at work when the run was held may report late; that is recorded, never lost.
_LATE = ("reported", "verdict_given", "judgement_void", "compliance_judged", "agent_failed")

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
        "mending_started": IMPLEMENTATION,
        "stations_done": VALIDATION,
        "unchanged": SUMMARY,
        "bundle_lost": BUNDLING,
        **_ENDINGS,
    },
    VALIDATION: {
        "dispatched": VALIDATION,
        "verdict_given": VALIDATION,
        "judgement_void": VALIDATION,
        "agent_failed": VALIDATION,
        "iteration_started": IMPLEMENTATION,
        "passed": SUMMARY,
        "bundle_lost": BUNDLING,
        **_ENDINGS,
    },
    SUMMARY: {"summary_written": COMPLIANCE, "revalidation": VALIDATION, "bundle_lost": BUNDLING, **_ENDINGS},
    COMPLIANCE: {
        "dispatched": COMPLIANCE,
        "compliance_judged": COMPLIANCE,
        "agent_failed": COMPLIANCE,
        "papers_again": SUMMARY,
        "fix_started": IMPLEMENTATION,
        "revalidation": VALIDATION,
        "completed": COMPLETED,
        "bundle_lost": BUNDLING,
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


def next_stage(stage: str, kind: str, resume_stage: str = "") -> str:
    """The stage after an event of this kind; a held or failed run resumes in `resume_stage`."""
    try:
        target = TRANSITIONS[stage][kind]
    except KeyError:
        raise IllegalEvent(f"event {kind!r} is not allowed in stage {stage!r}") from None
    return resume_stage if target == BACK else target
