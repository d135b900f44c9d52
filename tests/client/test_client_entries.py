"""Other ways into a run: a person at the keyboard, the orchestrator as the session's agent, and as a subagent."""

import re

from tests.client.expected import at
from tests.client.scenarios import Played
from tests.support.reading import entry, family, hook_faults, journal, kinds, of_relay, order, stages, walked

OPENING = ["bundle_creation", "agent_preparation", "ready_for_bundler", "bundling"]
CLOSING = ["validation", "summary", "compliance", "completed"]


def shown(screen: str, task: str) -> list[str]:
    """The progress lines of a task on the screen, in order and without repeats."""
    joined = re.sub(r"\n {5,}", " ", screen)
    place = r"(?:, iteration 1 of 5 \(T1\))?(?:, station \d of \d)?\."
    found = re.findall(rf"{task}: (\w+){place}(?: ([\w-]+) is at work)?", joined)
    return list(dict.fromkeys(" ".join(part for part in line if part) for line in found))


def test_the_screen_of_the_interactive_client_shows_every_stage_and_agent(typed_by_a_person: Played) -> None:
    screen = typed_by_a_person.seen[0]["whole"]
    assert "\u276f /assembly-line:task-run TASK-014" in screen
    assert [line for line in shown(screen, "TASK-014") if " " in line] == [
        "bundling bundler",
        "implementation developer",
        "implementation code-reviewer",
        "implementation test-writer",
        "implementation documentation-writer",
        "validation requirements-validator",
        "compliance workflow-compliance",
    ]
    assert shown(screen, "TASK-014")[-1] == "completed"
    assert re.search(r"● TASK-014 completed: 4 of 4 criteria met, 1 iteration, T1, .* Files: ", screen)


def test_background_agents_carry_a_run_through_every_stage(typed_by_a_person: Played) -> None:
    project = typed_by_a_person.project
    assert stages(project, "TASK-014") == [*OPENING, "implementation", *CLOSING]
    found = entry(project, "TASK-014")
    assert (found["status"], found["acceptance_criteria_met"], found["compliance_result"]) == ("completed", 4, "PASS")
    assert kinds(project, "TASK-014", "refused", "stop_blocked", "agent_failed", "tampered") == []


def test_a_session_runs_one_task_after_the_other_and_asks_each_station_once(typed_by_a_person: Played) -> None:
    wanted = [*order("generic"), *order("database-only")]
    dispatches = [item["whose"] for item in typed_by_a_person.requests if str(item["whose"]).startswith("d-")]
    cut = dispatches.index("d-0001 bundler", dispatches.index("d-0002 developer"))
    halves = (dispatches[:cut], dispatches[cut:])
    assert [str(name).partition(" ")[2] for half in halves for name in dict.fromkeys(half)] == wanted
    asked = [(str(item["whose"]), str(item["body"]["model"])) for item in typed_by_a_person.requests]
    models = {(whose.partition(" ")[2], family(model)) for whose, model in asked if whose.startswith("d-")}
    assert models == {*at("haiku", *wanted)}
    assert entry(typed_by_a_person.project, "TASK-012")["status"] == "completed"


def test_a_pause_keeps_the_report_of_the_agent_at_work_and_calls_nobody(typed_by_a_person: Played) -> None:
    at_rest = typed_by_a_person.seen[0]["at_rest"].splitlines()
    records = journal(typed_by_a_person.project, "TASK-012")[: len(at_rest)]
    ended = [(record.stage, record.kind) for record in records if record.kind != "lease_released"][-2:]
    assert ended == [("paused", "paused"), ("paused", "reported")]
    screen = re.sub(r"\n {2,}", " ", typed_by_a_person.seen[0]["paused"])
    assert "database-developer is still at work" in screen
    assert re.search(r"TASK-012  paused  iteration 1 \(T1\)  0/5 criteria", screen)


def test_a_paused_run_goes_on_at_the_next_station_or_waits_for_the_agent_still_at_work(
    typed_by_a_person: Played,
) -> None:
    project = typed_by_a_person.project
    held = ["implementation", "paused"]
    assert stages(project, "TASK-012") == [*OPENING, *held, *held, "implementation", *CLOSING]
    assert kinds(project, "TASK-012", "paused", "resumed", "agent_failed", "refused") == ["paused", "resumed"] * 2
    dispatched = [record.data["station"] for record in journal(project, "TASK-012") if record.kind == "dispatched"]
    assert dispatched == order("database-only")


def test_the_orchestrator_can_be_the_agent_of_the_main_session(as_main_agent: Played) -> None:
    run = as_main_agent.runs[0]
    assert (run.code, hook_faults(run.lines)) == (0, [])
    assert walked(run.requests) == at("haiku", *order("generic-python-development"))
    assert of_relay(run.requests) == 8 + 1
    assert entry(as_main_agent.project, "TASK-008")["status"] == "completed"
    assert run.text.startswith("TASK-008 completed: 8 of 8")


def test_an_agent_call_to_the_orchestrator_runs_the_task_that_it_names(as_nested_agent: Played) -> None:
    run, project = as_nested_agent.runs[0], as_nested_agent.project
    assert (run.code, hook_faults(run.lines)) == (0, [])
    assert walked(run.requests) == at("haiku", *order("generic"))
    assert of_relay(run.requests) == 2 + 7 + 1  # the main session twice; its orchestrator once more than it dispatches
    assert stages(project, "TASK-014") == [*OPENING, "implementation", *CLOSING]
    assert kinds(project, "TASK-014", "refused", "stop_blocked", "agent_failed") == []
    assert entry(project, "TASK-014")["status"] == "completed"
    assert "TASK-014 completed: 4 of 4 criteria met" in run.text
