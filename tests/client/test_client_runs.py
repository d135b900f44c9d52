"""Whole runs in the real client, print mode: what passes, what fails, who is asked, and what is left behind."""

import re

import pytest

from tests.client.reading import (
    answered,
    entry,
    headings,
    heard,
    hook_faults,
    journal,
    kinds,
    new,
    of_relay,
    order,
    rows,
    stages,
    state,
    steps,
    walked,
    wire,
)
from tests.client.scenarios import Played

OPENING = ["bundle_creation", "agent_preparation", "ready_for_bundler", "bundling"]
WORK = ["implementation", "validation"]
CLOSING = ["summary", "compliance"]
LEFT = (".task_bundles/.gitignore", ".task_bundles/.lock", "docs/planning/.project-state.yaml")
SUMMARY = [
    "# Task Summary: {task}",
    "## Requirements",
    "### What Was Needed",
    "### Requirements Met",
    "## Implementation",
    "### Workflow",
    "### Agents Used",
    "### Code Changes",
    "## Code Review",
    "### Checks Performed",
    "### Issues Found",
    "### How Issues Were Addressed",
    "### Final Review",
    "## Testing",
    "### Test Coverage",
    "### Test Results",
    "### Test Breakdown",
    "## Requirements Validation",
    "### Final Validation Report",
    "## Summary",
    "### Ready for Integration",
]


def passed(title: str, workflow: str, task: str, criteria: int, **changes: object) -> dict[str, object]:
    """The state entry of a task that passed in its first iteration."""
    first = {
        "iteration": 1,
        "tier": "T1",
        "result": "PASS",
        "criteria_met": criteria,
        "open_gaps": [],
        "regressions": [],
    }
    return {
        "status": "completed",
        "stage": "completed",
        "title": title,
        "workflow": workflow,
        "run": 1,
        "tier_used": "T1",
        "iterations": 1,
        "validation_result": "PASS",
        "acceptance_criteria_met": criteria,
        "acceptance_criteria_total": criteria,
        "compliance_result": "PASS",
        "summary": f"docs/tasks/{task}-summary.md",
        "last_error": None,
        "history": [first],
        **changes,
    }


def at(model: str, *stations: str) -> list[tuple[str, str]]:
    """Stations, all asked of one model."""
    return [(station, model) for station in stations]


def test_a_task_that_passes_at_once_ends_completed_with_its_summary_and_no_bundle(passes_at_once: Played) -> None:
    project, run = passes_at_once.project, passes_at_once.runs[0]
    assert (run.code, run.errors, hook_faults(run.lines)) == (0, "", [])
    wanted = passed("Tell which loans are overdue", "generic-python-development", "TASK-008", 8)
    assert entry(project, "TASK-008") == wanted
    counts = {"pending": 0, "in_progress": 0, "failed": 0, "paused": 0, "aborted": 0, "stalled": 0}
    assert state(project)["statistics"] == {"total": 1, "completed": 1, **counts}
    assert new(passes_at_once.before, project) == sorted(
        [
            *LEFT,
            "docs/planning/journal/TASK-008.jsonl",
            "docs/task_008.md",
            "docs/tasks/TASK-008-summary.md",
            "src/shelf/task_008_python_developer.py",
            "tests/test_task_008.py",
        ]
    )
    assert run.text.startswith("TASK-008 completed: 8 of 8 criteria met, 1 iteration, T1, ")
    for file in ("docs/tasks/TASK-008-summary.md", "docs/planning/.project-state.yaml", "journal/TASK-008.jsonl"):
        assert file in run.text


def test_every_step_of_a_run_is_journalled_in_the_order_of_the_stages(passes_at_once: Played) -> None:
    project = passes_at_once.project
    assert stages(project, "TASK-008") == [*OPENING, *WORK, *CLOSING, "completed"]

    def work(station: str, *between: str, end: str = "reported") -> list[str]:
        return [f"dispatched {station}", "agent_started", *between, f"{end} {station}"]

    assert [step for step in steps(project, "TASK-008") if step != "served"] == [
        "run_started",
        "lease_taken",
        "bundle_created",
        "agents_ready",
        *work("bundler"),
        "iteration_started",
        *work("python-developer"),
        *work("code-reviewer"),
        *work("test-writer", "command_ran"),
        *work("security-auditor"),
        *work("documentation-writer"),
        "stations_done",
        *work("requirements-validator", "command_ran", end="verdict_given"),
        "passed",
        "summary_written",
        *work("workflow-compliance", end="compliance_judged"),
        "completed",
        "closed",
        "lease_released",
    ]


def test_each_dispatch_asks_one_haiku_agent_and_the_main_session_is_asked_once_more(passes_at_once: Played) -> None:
    run = passes_at_once.runs[0]
    assert walked(run.requests) == at("haiku", *order("generic-python-development"))
    assert [asked.dispatch for asked in wire(run.requests)] == [f"d-000{number}" for number in range(1, 9)]
    assert of_relay(run.requests) == 8 + 1
    assert {str(item["whose"]).partition(" ")[2] for item in run.requests} - {""} == {*order("generic-python-development")}


def test_the_summary_has_every_section_and_every_criterion_with_its_evidence(passes_at_once: Played) -> None:
    text = (passes_at_once.project / "docs/tasks/TASK-008-summary.md").read_text(encoding="utf-8")
    assert headings(text) == [heading.format(task="TASK-008") for heading in SUMMARY]
    criteria = journal(passes_at_once.project, "TASK-008")[0].data["criteria"]
    final = rows(text, "### Final Validation Report")
    assert [row[0] for row in final] == [f"AC-{number}" for number in range(1, 9)] == [item[0] for item in criteria]
    assert {row[2] for row in final} == {"PASS"}
    assert all(re.match(r"tests/test\\?_task\\?_008\.py:\d+ passed", row[3]) for row in final)
    agents = {(row[2], row[1], row[3]) for row in rows(text, "### Agents Used")}
    assert agents == {(name, "claude-haiku-5-5", "1") for name in order("generic-python-development")}
    assert {row[0].strip("`"): row[1] for row in rows(text, "### Code Changes")} == {
        "docs/task_008.md": "created",
        "src/shelf/task_008_python_developer.py": "created",
        "tests/test_task_008.py": "created",
    }


def test_a_completed_task_is_skipped_and_every_command_answered_without_asking_the_model(passes_at_once: Played) -> None:
    again, status, pause, abort = passes_at_once.runs[1:]
    assert [run.requests for run in (again, status, pause, abort)] == [[]] * 4
    assert [run.code for run in (again, status, pause, abort)] == [0] * 4
    assert "TASK-008 is completed already" in answered(again.text)
    assert answered(status.text).split("  ")[:3] == ["TASK-008", "completed", "completed"]
    assert [answered(run.text).count("\n") for run in passes_at_once.runs[1:]] == [0] * 4
    assert passes_at_once.seen == (passes_at_once.seen[0],) * 5


def test_after_a_failed_verdict_only_the_responsible_stations_run_and_then_the_validator(fails_twice: Played) -> None:
    first = order("api-development", "database-designer", "database-developer")[:-1]
    assert walked(fails_twice.requests) == [
        *at("haiku", *first),
        *at("haiku", "api-developer", "documentation-writer", "requirements-validator"),
        *at("sonnet", "api-developer", "requirements-validator", "workflow-compliance"),
    ]
    assert of_relay(fails_twice.requests) == len(wire(fails_twice.requests)) + 1
    assert stages(fails_twice.project, "TASK-009") == [*OPENING, *WORK * 3, *CLOSING, "completed"]


def test_the_state_file_keeps_the_history_of_the_iterations_with_tiers_gaps_and_regressions(fails_twice: Played) -> None:
    def gap(criterion: str, text: str, station: str) -> dict[str, str]:
        return {"criterion": criterion, "gap": text, "station": station}

    def turn(number: int, tier: str, met: int, regressions: list[str], *gaps: dict[str, str]) -> dict[str, object]:
        result = "FAIL" if gaps else "PASS"
        head = {"iteration": number, "tier": tier, "result": result, "criteria_met": met}
        return {**head, "open_gaps": list(gaps), "regressions": regressions}

    overdue = gap("AC-2", "an overdue loan is renewed", "api-developer")
    history = [
        turn(1, "T1", 3, [], overdue, gap("AC-4", "the page is silent", "documentation-writer")),
        turn(2, "T1", 4, ["AC-1"], gap("AC-1", "the due date stays", "api-developer")),
        turn(3, "T2", 5, []),
    ]
    changes = {"iterations": 3, "tier_used": "T2", "history": history}
    wanted = passed("Renew a loan through the interface", "api-development", "TASK-009", 5, **changes)
    assert entry(fails_twice.project, "TASK-009") == wanted


def test_a_station_is_told_its_own_gaps_and_no_others(fails_twice: Played) -> None:
    gaps = ("an overdue loan is renewed", "the page is silent", "the due date stays")
    first: dict[str, str] = {}
    for item in fails_twice.requests:
        first.setdefault(str(item["whose"]), heard([item]))
    told = {whose: [gap for gap in gaps if gap in first[whose]] for whose in first if whose.startswith("d-")}
    assert {whose: found for whose, found in told.items() if found} == {
        "d-0009 api-developer": ["an overdue loan is renewed"],
        "d-0010 documentation-writer": ["the page is silent"],
        "d-0011 requirements-validator": ["an overdue loan is renewed", "the page is silent"],
        "d-0012 api-developer": ["the due date stays"],
        "d-0013 requirements-validator": ["the due date stays"],
    }


def test_a_task_that_never_passes_fails_after_five_iterations_with_report_and_bundle(never_passes: Played) -> None:
    project, (run, again) = never_passes.project, never_passes.runs
    turn = ("developer", "requirements-validator")
    assert walked(run.requests) == [
        *at("haiku", *order("generic")[:-1], *turn),
        *at("sonnet", *turn, *turn, *turn),
    ]
    found = entry(project, "TASK-014")
    assert [(item["iteration"], item["tier"], item["result"]) for item in found.pop("history")] == [
        (1, "T1", "FAIL"),
        (2, "T1", "FAIL"),
        (3, "T2", "FAIL"),
        (4, "T2", "FAIL"),
        (5, "T2", "FAIL"),
    ]
    assert found.pop("last_error").keys() == {"kind", "stage", "message", "what_to_do"}
    assert found == {
        "status": "failed",
        "stage": "failed",
        "title": "A guide for the desk, with a library to try it on",
        "workflow": "generic",
        "run": 1,
        "tier_used": "T2",
        "iterations": 5,
        "validation_result": "FAIL",
        "acceptance_criteria_met": 0,
        "acceptance_criteria_total": 4,
        "compliance_result": None,
        "summary": None,
    }
    assert stages(project, "TASK-014") == [*OPENING, *WORK * 5, "failed"]
    bundle = [name for name in new(never_passes.before, project) if name.startswith(".task_bundles/TASK-014/bundle")]
    assert [name.rpartition("_")[2] for name in bundle] == ["architecture.md", "context.md", "dependencies.md", "security.md", "status.yaml"]
    report = (project / "docs/tasks/TASK-014-failure.md").read_text(encoding="utf-8")
    assert [row[:3] for row in rows(report, "## What Was Tried")] == [
        [str(number), "T1" if number < 3 else "T2", "FAIL"] for number in range(1, 6)
    ]
    assert all(f"- AC-{number}: " in report for number in range(1, 5))
    for word in ("TASK-014 failed", "5 iterations", "docs/tasks/TASK-014-failure.md", ".task_bundles/TASK-014/"):
        assert word in run.text
    assert (again.requests, answered(again.text).startswith("TASK-014 failed")) == ([], True)
    assert never_passes.seen[0] == never_passes.seen[1]


def test_a_compliance_violation_is_mended_validated_and_judged_again(complies_late: Played) -> None:
    mended = ("documentation-writer", "requirements-validator", "workflow-compliance")
    assert walked(complies_late.requests) == at("haiku", *order("frontend-development"), *mended)
    assert stages(complies_late.project, "TASK-011") == [*OPENING, *WORK, *CLOSING, *WORK, *CLOSING, "completed"]
    title = "Show late loans on the page"
    once = passed(title, "frontend-development", "TASK-011", 5)
    history = [*once["history"], *once["history"]]  # type: ignore[misc]
    assert entry(complies_late.project, "TASK-011") == {**once, "history": history}
    judged = [item.data for item in journal(complies_late.project, "TASK-011") if item.kind == "compliance_judged"]
    assert [item["result"] for item in judged] == ["FAIL", "PASS"]


def test_a_task_that_never_complies_fails_after_two_fix_rounds(never_complies: Played) -> None:
    project = never_complies.project
    mended = ("test-writer", "requirements-validator", "workflow-compliance")
    assert walked(never_complies.requests) == at("haiku", *order("database-only"), *mended, *mended)
    assert stages(project, "TASK-012") == [*OPENING, *(*WORK, *CLOSING) * 3, "failed"]
    found = entry(project, "TASK-012")
    assert (found["status"], found["compliance_result"], found["last_error"]["kind"]) == ("failed", "FAIL", "compliance")
    assert (found["iterations"], len(found["history"]), found["validation_result"]) == (1, 3, "PASS")
    assert (project / "docs/tasks/TASK-012-failure.md").is_file()
    assert (project / ".task_bundles/TASK-012/bundle_status.yaml").is_file()
    assert never_complies.runs[0].text.startswith("TASK-012 failed: ")


def test_a_blocking_review_issue_turns_a_pass_into_a_fail_and_its_reviewer_looks_again(blocked_by_review: Played) -> None:
    again = ("api-developer", "backend-review", "requirements-validator", "workflow-compliance")
    whole = order("fullstack-feature")
    assert walked(blocked_by_review.requests) == at("haiku", *whole[:-1], *again)
    found = entry(blocked_by_review.project, "TASK-010")
    gap = {"criterion": "backend-review:R-1", "gap": "a reservation is lost", "station": "api-developer"}
    assert [(item["result"], item["criteria_met"], item["open_gaps"]) for item in found["history"]] == [
        ("FAIL", 7, [gap]),
        ("PASS", 7, []),
    ]
    text = (blocked_by_review.project / "docs/tasks/TASK-010-summary.md").read_text(encoding="utf-8")
    assert [row[:3] + row[5:] for row in rows(text, "### Issues Found")] == [["backend-review", "R-1", "blocking", "fixed"]]


def test_reports_go_back_twice_at_most_and_lost_agents_are_called_again(faulty_agents: Played) -> None:
    project = faulty_agents.project
    steady = order("infrastructure")
    twice = [name for name in steady for _ in range(2 if name in ("infrastructure-developer", "code-reviewer") else 1)]
    assert walked(faulty_agents.requests) == at("haiku", *twice)
    found = [step for step in steps(project, "TASK-013") if step.split()[0] in ("dispatched", "report_rejected", "agent_failed", "reported")]
    assert found[2:14] == [
        "dispatched infrastructure-developer",
        "report_rejected",
        "report_rejected",
        "agent_failed infrastructure-developer",
        "dispatched infrastructure-developer",
        "reported infrastructure-developer",
        "dispatched code-reviewer",
        "agent_failed code-reviewer",
        "dispatched code-reviewer",
        "reported code-reviewer",
        "dispatched test-writer",
        "report_rejected",
    ]
    assert kinds(project, "TASK-013", "report_rejected") == ["report_rejected"] * 4
    lost = [record.data["reason"] for record in journal(project, "TASK-013") if record.kind == "agent_failed"]
    assert lost == ["report", "agent"]
    wanted = passed("Back up the library file every night", "infrastructure", "TASK-013", 6)
    assert entry(project, "TASK-013") == wanted


@pytest.mark.usefixtures("passes_at_once", "fails_twice", "never_passes", "complies_late", "never_complies")
@pytest.mark.usefixtures("blocked_by_review", "faulty_agents")
@pytest.mark.parametrize(
    ("scenario", "workflow", "skipped"),
    [
        ("passes_at_once", "generic-python-development", ()),
        ("fails_twice", "api-development", ("database-designer", "database-developer")),
        ("never_passes", "generic", ("workflow-compliance",)),
        ("complies_late", "frontend-development", ()),
        ("never_complies", "database-only", ()),
        ("blocked_by_review", "fullstack-feature", ("workflow-compliance",)),
        ("faulty_agents", "infrastructure", ()),
    ],
)
def test_the_agents_on_the_wire_come_in_the_order_of_their_workflow_file(
    request: pytest.FixtureRequest, scenario: str, workflow: str, skipped: tuple[str, ...]
) -> None:
    played: Played = request.getfixturevalue(scenario)
    asked = list(dict.fromkeys(station for station, _ in walked(played.requests)))
    wanted = order(workflow, *skipped)
    assert asked[: len(wanted)] == wanted
