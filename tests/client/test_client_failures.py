"""Runs with failures: gaps, reviews, compliance, lost agents; who is called again, and how they end."""

import pytest

from tests.client.expected import CLOSING, OPENING, WORK, at, passed
from tests.client.scenarios import Played
from tests.support.reading import (
    answered,
    entry,
    heard,
    journal,
    kinds,
    new,
    of_relay,
    order,
    rows,
    stages,
    steps,
    unquoted,
    walked,
    wire,
)


def test_after_a_failed_verdict_only_the_responsible_stations_run_and_then_the_validator(fails_twice: Played) -> None:
    first = order("api-development", "database-designer", "database-developer")[:-1]
    assert walked(fails_twice.requests) == [
        *at("haiku", *first),
        *at("haiku", "api-developer", "documentation-writer", "requirements-validator"),
        *at("sonnet", "api-developer", "requirements-validator", "workflow-compliance"),
    ]
    assert of_relay(fails_twice.requests) == len(wire(fails_twice.requests)) + 1
    assert stages(fails_twice.project, "TASK-009") == [*OPENING, *WORK * 3, *CLOSING, "completed"]


def test_the_state_file_keeps_each_iteration_with_its_tier_gaps_and_regressions(fails_twice: Played) -> None:
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
    for item in fails_twice.requests:  # the diff, which holds what developers were told, is quoted
        first.setdefault(str(item["whose"]), unquoted(heard([item])))
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
    kept = ["architecture.md", "context.md", "dependencies.md", "security.md", "status.yaml"]
    assert [name.rpartition("_")[2] for name in bundle] == kept
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
    records = journal(complies_late.project, "TASK-011")
    assert [item.data["result"] for item in records if item.kind == "compliance_judged"] == ["FAIL", "PASS"]
    trees = [item.data["tree"] for item in records if item.kind == "verdict_given"]
    assert trees[0] != trees[1] == next(item.data["tree"] for item in records if item.kind == "completed")


@pytest.mark.long
def test_a_task_that_never_complies_fails_after_two_fix_rounds(never_complies: Played) -> None:
    project = never_complies.project
    mended = ("test-writer", "workflow-compliance")
    assert walked(never_complies.requests) == at("haiku", *order("database-only"), *mended, *mended)
    assert stages(project, "TASK-012") == [*OPENING, *WORK, *CLOSING, *("implementation", *CLOSING) * 2, "failed"]
    found = entry(project, "TASK-012")
    assert (found["status"], found["compliance_result"]) == ("failed", "FAIL")
    assert (found["last_error"]["kind"], found["last_error"]["stage"]) == ("compliance", "compliance")
    assert (found["iterations"], len(found["history"]), found["validation_result"]) == (1, 1, "PASS")
    assert (project / "docs/tasks/TASK-012-failure.md").is_file()
    assert (project / ".task_bundles/TASK-012/bundle_status.yaml").is_file()
    assert never_complies.runs[0].text.startswith("TASK-012 failed: ")


@pytest.mark.long
def test_a_fix_round_that_changes_no_source_keeps_the_pass_of_this_very_tree(never_complies: Played) -> None:
    records = journal(never_complies.project, "TASK-012")
    verdicts = [item.data for item in records if item.kind == "verdict_given"]
    stood = [item.data["tree"] for item in records if item.kind in ("unchanged", "compliance_judged")]
    assert [item["result"] for item in verdicts] == ["PASS"]
    assert stood == [verdicts[0]["tree"]] * 5


@pytest.mark.long
def test_an_issue_that_stays_open_after_it_was_mended_at_once_makes_a_pass_a_fail(blocked_by_review: Played) -> None:
    again = ("api-developer", "backend-review")
    whole = order("fullstack-feature")
    found_at = whole.index("backend-review") + 1
    met = (*whole[:found_at], *again, *whole[found_at:-1], *again, "requirements-validator", "workflow-compliance")
    assert walked(blocked_by_review.requests) == at("haiku", *met)
    records = journal(blocked_by_review.project, "TASK-010")
    at_once = [item.data["stations"] for item in records if item.kind == "mending_started"]
    assert at_once == [list(again)]
    found = entry(blocked_by_review.project, "TASK-010")
    gap = {"criterion": "backend-review:R-1", "gap": "a reservation is lost", "station": "api-developer"}
    assert [(item["result"], item["criteria_met"], item["open_gaps"]) for item in found["history"]] == [
        ("FAIL", 7, [gap]),
        ("PASS", 7, []),
    ]
    text = (blocked_by_review.project / "docs/tasks/TASK-010-summary.md").read_text(encoding="utf-8")
    found_issues = [row[:3] + row[5:] for row in rows(text, "### Issues Found")]
    assert found_issues == [["backend-review", "R-1", "blocking", "fixed"]]


@pytest.mark.long
def test_reports_go_back_twice_at_most_and_lost_agents_are_called_again(faulty_agents: Played) -> None:
    project = faulty_agents.project
    steady = order("infrastructure")
    twice = [name for name in steady for _ in range(2 if name in ("infrastructure-developer", "code-reviewer") else 1)]
    assert walked(faulty_agents.requests) == at("haiku", *twice)
    wanted = ("dispatched", "report_rejected", "agent_failed", "reported")
    found = [step for step in steps(project, "TASK-013") if step.split()[0] in wanted]
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
    title = "Back up the library file every night"
    assert entry(project, "TASK-013") == passed(title, "infrastructure", "TASK-013", 6)
