"""The client is killed with SIGKILL at work: the next session finishes the run and repeats nothing."""

import pytest
import yaml

from tests.client.scenarios import Played
from tests.support.reading import (
    STATE,
    entry,
    heard,
    hook_faults,
    journal,
    kinds,
    of_relay,
    order,
    outputs,
    stages,
    walked,
)

WHOLE = [
    "bundle_creation",
    "agent_preparation",
    "ready_for_bundler",
    "bundling",
    "implementation",
    "validation",
    "summary",
    "compliance",
    "completed",
]
ENDS = ("reported", "verdict_given", "compliance_judged")


def check(played: Played, task: str, workflow: str) -> None:
    """Whatever was killed: one pass through the stages, every station done once, no dispatch id used twice."""
    assert [run.code for run in played.runs] == [-9] * (len(played.runs) - 1) + [0]
    assert [hook_faults(run.lines) for run in played.runs] == [[]] * len(played.runs)
    assert played.runs[-1].text.startswith(f"{task} completed: ")
    records = journal(played.project, task)
    assert stages(played.project, task) == WHOLE
    dispatched = [record.data["dispatch"] for record in records if record.kind == "dispatched"]
    assert dispatched == [f"d-{number:04d}" for number in range(1, len(dispatched) + 1)]
    assert [record.data["station"] for record in records if record.kind in ENDS] == order(workflow)
    lasting = ("run_started", "bundle_created", "agents_ready", "iteration_started", "stations_done", "passed")
    once = (*lasting, "summary_written", "completed", "closed")
    assert kinds(played.project, task, *once) == list(once)
    found = entry(played.project, task)
    assert (found["status"], found["iterations"], found["tier_used"]) == ("completed", 1, "T1")
    assert not (played.project / ".task_bundles" / task).exists()


def last(played: Played, task: str) -> list[list[str]]:
    """The stage and kind of the last record at the end of each run."""
    found = []
    for seen in played.seen:
        count = seen[f"docs/planning/journal/{task}.jsonl"].count("\n")
        record = journal(played.project, task)[count - 1]
        found.append([record.stage, record.kind])
    return found


def test_a_developer_and_a_validator_that_were_killed_are_called_again_and_nothing_else(killed_at_work: Played) -> None:
    check(killed_at_work, "TASK-014", "generic")
    assert last(killed_at_work, "TASK-014") == [
        ["implementation", "wrote"],
        ["validation", "command_ran"],
        ["completed", "lease_released"],
    ]
    asked = [[station for station, _ in walked(run.requests)] for run in killed_at_work.runs]
    assert asked == [
        ["bundler", "developer"],
        ["developer", "code-reviewer", "test-writer", "documentation-writer", "requirements-validator"],
        ["requirements-validator", "workflow-compliance"],
    ]
    lost = [record.data for record in journal(killed_at_work.project, "TASK-014") if record.kind == "agent_failed"]
    assert [(item["station"], item["reason"]) for item in lost] == [
        ("developer", "interrupted"),
        ("requirements-validator", "interrupted"),
    ]


@pytest.mark.long
def test_a_run_killed_between_stations_or_in_the_summary_goes_on_with_what_was_due(killed_between: Played) -> None:
    check(killed_between, "TASK-012", "database-only")
    assert last(killed_between, "TASK-012") == [
        ["implementation", "reported"],
        ["summary", "passed"],
        ["compliance", "agent_started"],
        ["completed", "lease_released"],
    ]
    asked = [[station for station, _ in walked(run.requests)] for run in killed_between.runs]
    assert asked == [
        ["bundler", "database-designer"],
        ["database-developer", "code-reviewer", "test-writer", "requirements-validator"],
        ["workflow-compliance"],
        ["workflow-compliance"],
    ]


def test_the_state_file_shows_who_was_at_work_when_the_client_was_killed(killed_at_work: Played) -> None:
    shown = [yaml.safe_load(seen[STATE])["tasks"]["TASK-014"] for seen in killed_at_work.seen]
    assert [(item["status"], item["stage"], item.get("working")) for item in shown] == [
        ("in_progress", "implementation", {"dispatch": "d-0002", "station": "developer", "model": "haiku"}),
        ("in_progress", "validation", {"dispatch": "d-0007", "station": "requirements-validator", "model": "opus"}),
        ("completed", "completed", None),
    ]


@pytest.mark.long
def test_the_answer_says_that_the_run_was_resumed_and_where(killed_at_work: Played, killed_between: Played) -> None:
    def said(played: Played, run: int) -> bool:
        return "Resumed" in heard(played.runs[run].requests[:1])

    assert [said(killed_at_work, run) for run in range(3)] == [False, True, True]
    assert [said(killed_between, run) for run in range(3)] == [False, True, True]
    first = heard(killed_at_work.runs[1].requests[:1])
    assert "Resumed TASK-014 at implementation, iteration 1" in first
    assert "Resumed TASK-012 at compliance, iteration 1" in heard(killed_between.runs[2].requests[:1])


@pytest.mark.long
def test_a_killed_session_that_is_resumed_is_given_its_directive_again(killed_between: Played) -> None:
    resumed = killed_between.runs[3]
    assert resumed.session == killed_between.runs[2].session
    assert of_relay(resumed.requests) == 2
    (begun,) = outputs(resumed.lines, "SessionStart")
    assert '\\"action\\":\\"dispatch\\"' in begun
