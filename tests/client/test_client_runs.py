"""Whole runs in the real client, in print mode: what a passing run asks, writes and leaves behind."""

import re

import pytest

from assembly_line.rehearsal import conversation
from tests.client.expected import CLOSING, OPENING, WORK, at, passed
from tests.client.scenarios import Played
from tests.support.reading import (
    ROOT,
    answered,
    checked,
    directives,
    entry,
    headings,
    hook_faults,
    journal,
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

LEFT = (".task_bundles/.gitignore", ".task_bundles/.lock", ".task_bundles/.tree", "docs/planning/.project-state.yaml")
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


def test_a_task_that_passes_at_once_ends_completed_with_its_summary_and_no_bundle(passes_at_once: Played) -> None:
    project, run = passes_at_once.project, passes_at_once.runs[0]
    assert (run.code, run.errors, hook_faults(run.lines)) == (0, "", [])
    wanted = passed("Tell which loans are overdue", "generic-python-development", "TASK-008", 8)
    assert entry(project, "TASK-008") == wanted
    assert list(state(project)) == ["version", "type", "created_at", "tasks"]
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
        *work("bundler", "wrote", "wrote", "wrote", "wrote"),
        "iteration_started",
        *work("python-developer", "wrote"),
        *work("code-reviewer"),
        *work("test-writer", "wrote", "command_ran"),
        *work("security-auditor"),
        *work("documentation-writer", "wrote"),
        "stations_done",
        *work("requirements-validator", "command_ran", end="verdict_given"),
        "passed",
        "summary_written",
        *work("workflow-compliance", end="compliance_judged"),
        "completed",
        "closed",
        "lease_released",
    ]


def test_each_dispatch_asks_one_agent_of_its_model_and_the_main_session_is_asked_once_more(
    passes_at_once: Played,
) -> None:
    run = passes_at_once.runs[0]
    assert walked(run.requests) == at("haiku", *order("generic-python-development"))
    assert [asked.dispatch for asked in wire(run.requests)] == [f"d-000{number}" for number in range(1, 9)]
    assert of_relay(run.requests) == 8 + 1


def test_the_main_session_is_sent_every_directive_and_no_report(passes_at_once: Played) -> None:
    run, project = passes_at_once.runs[0], passes_at_once.project
    last = [item["body"] for item in run.requests if item["whose"] == "relay"][-1]
    given = "\n".join(item.text for item in conversation.received(last))
    assert [text for text in directives(run.lines) if text not in given] == []
    said = [record.data["report"]["summary"] for record in journal(project, "TASK-008") if record.kind == "reported"]
    assert len(said) == 6
    assert [text for text in said if text in given] == []
    assert not re.search(r"^ *(verdict|compliance|report):", given, re.MULTILINE)
    results = [turn[0] for turn in conversation.results(last, 0)]
    assert len(results) == 8
    assert max(len(result.text.encode()) for result in results) < 800
    assert [result for result in results if result.is_error or "SendMessage" in result.text] == []


def test_the_summary_has_every_section_and_every_criterion_with_its_evidence(passes_at_once: Played) -> None:
    text = (passes_at_once.project / "docs/tasks/TASK-008-summary.md").read_text(encoding="utf-8")
    assert headings(text) == [heading.format(task="TASK-008") for heading in SUMMARY]
    criteria = journal(passes_at_once.project, "TASK-008")[0].data["criteria"]
    final = rows(text, "### Final Validation Report")
    assert [row[0] for row in final] == [f"AC-{number}" for number in range(1, 9)] == [item[0] for item in criteria]
    assert {row[2] for row in final} == {"PASS"}
    assert all(re.match(r"tests/test\\?_task\\?_008\.py:\d+ passed", row[3]) for row in final)
    agents = {(row[2], row[1].split("-")[1], row[3]) for row in rows(text, "### Agents Used")}
    assert agents == {(*asked, "1") for asked in at("haiku", *order("generic-python-development"))}
    assert {row[0].strip("`"): row[1] for row in rows(text, "### Code Changes")} == {
        "docs/task_008.md": "created",
        "src/shelf/task_008_python_developer.py": "created",
        "tests/test_task_008.py": "created",
    }


def test_a_completed_task_is_skipped_and_commands_are_answered_without_asking_the_model(passes_at_once: Played) -> None:
    again, status, pause, abort = passes_at_once.runs[1:]
    assert [run.requests for run in (again, status, pause, abort)] == [[]] * 4
    assert [run.code for run in (again, status, pause, abort)] == [0] * 4
    assert "TASK-008 is already completed" in answered(again.text)
    assert answered(status.text).split("  ")[:2] == ["TASK-008", "completed"]
    assert [answered(run.text).count("\n") for run in passes_at_once.runs[1:]] == [0] * 4
    assert passes_at_once.seen == (passes_at_once.seen[0],) * 5


def test_the_check_of_the_records_finds_every_kind_of_ended_run_sound(
    passes_at_once: Played, fails_twice: Played, never_passes: Played, killed_at_work: Played, typed_by_a_person: Played
) -> None:
    ended = (passes_at_once, fails_twice, never_passes, killed_at_work, typed_by_a_person)
    found = [checked(played.project) for played in ended]
    assert [code for code, _ in found] == [0] * len(ended), found


def test_command_and_directives_keep_to_their_sizes(never_passes: Played) -> None:
    given = directives(never_passes.runs[0].lines)
    assert len(given) == len(wire(never_passes.requests)) + 1
    assert max(len(text.encode()) for text in given[:-1]) < 900
    assert len(given[-1].encode()) < 2400
    body = (ROOT / "commands" / "task-run.md").read_text(encoding="utf-8").partition("\n---\n")[2]
    assert len(body.encode()) < 1536


@pytest.mark.usefixtures("passes_at_once", "fails_twice", "never_passes", "complies_late")
@pytest.mark.parametrize(
    ("scenario", "workflow", "skipped"),
    [
        ("passes_at_once", "generic-python-development", ()),
        ("fails_twice", "api-development", ("database-designer", "database-developer")),
        ("never_passes", "generic", ("workflow-compliance",)),
        ("complies_late", "frontend-development", ()),
    ],
)
def test_the_agents_on_the_wire_come_in_the_order_of_their_workflow_file(
    request: pytest.FixtureRequest, scenario: str, workflow: str, skipped: tuple[str, ...]
) -> None:
    follow(request.getfixturevalue(scenario), workflow, skipped)


@pytest.mark.long
@pytest.mark.usefixtures("never_complies", "blocked_by_review", "faulty_agents")
@pytest.mark.parametrize(
    ("scenario", "workflow", "skipped"),
    [
        ("never_complies", "database-only", ()),
        ("blocked_by_review", "fullstack-feature", ("workflow-compliance",)),
        ("faulty_agents", "infrastructure", ()),
    ],
)
def test_the_agents_on_the_wire_of_a_run_that_goes_wrong_come_in_that_order_too(
    request: pytest.FixtureRequest, scenario: str, workflow: str, skipped: tuple[str, ...]
) -> None:
    follow(request.getfixturevalue(scenario), workflow, skipped)


def follow(played: Played, workflow: str, skipped: tuple[str, ...]) -> None:
    asked = list(dict.fromkeys(station for station, _ in walked(played.requests)))
    wanted = order(workflow, *skipped)
    assert asked[: len(wanted)] == wanted
