"""What a typed command, a tool call and an end of turn come to, stage by stage."""

import pytest

from assembly_line.core import machine, policy
from assembly_line.core.machine import ACTIVE, HELD, TERMINAL, TRANSITIONS
from assembly_line.core.run import Event, Failure, Run
from tests.support.walk import Line

STAGES = sorted(set(TRANSITIONS) - {machine.NEW})
WITH_AGENTS = [stage for stage in STAGES if "agent_failed" in TRANSITIONS[stage]]
ASK = policy.Ask("s", "run-1")


def run_in(stage: str) -> Run:
    """A run in the stage, with its session, and an agent at work where one is due."""
    line = Line().begin().until(machine.VALIDATION)
    line.call()
    line.bind()
    held = machine.VALIDATION if stage in (*HELD, machine.FAILED) else ""
    opened = line.run.open if stage in WITH_AGENTS else None
    return line.run._replace(stage=stage, held=held, open=opened)


@pytest.mark.parametrize("stage", STAGES)
def test_run_resumes_what_can_be_resumed_and_says_so_of_the_rest(stage):
    run = run_in(stage)
    wanted = policy.ENDED if stage in TERMINAL else policy.RESUME
    assert policy.begin(run, ASK) == wanted


def test_run_starts_where_no_run_is():
    assert policy.begin(Run(), ASK) == policy.START
    assert policy.start_over(Run(), "s") == ()


@pytest.mark.parametrize("stage", STAGES)
def test_restart_starts_over_in_every_stage_but_once_for_each_command(stage):
    run = run_in(stage)
    ask = ASK._replace(restart=True)
    assert policy.begin(run, ask) == policy.START
    assert [event.kind for event in policy.start_over(run, "s")] == ([] if stage in TERMINAL else ["aborted"])
    assert policy.begin(run._replace(keys=("run-1",)), ask) != policy.START


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("restart", [True, False])
def test_a_model_resumes_what_was_interrupted_and_asks_a_person_for_all_else(stage, restart):
    found = policy.begin(run_in(stage), ASK._replace(by_model=True, restart=restart))
    assert found == (policy.RESUME if stage in ACTIVE and not restart else policy.ASKS_A_PERSON)


@pytest.mark.parametrize("restart", [True, False])
def test_a_model_may_begin_a_task_that_was_never_run(restart):
    assert policy.begin(Run(), ASK._replace(by_model=True, restart=restart)) == policy.START


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("alive", [True, False])
@pytest.mark.parametrize("restart", [True, False])
def test_a_live_run_of_another_living_session_is_leased_whatever_is_asked(stage, alive, restart):
    run = run_in(stage)._replace(session="other")
    found = policy.begin(run, ASK._replace(holder="other", holder_alive=alive, restart=restart))
    assert (found == policy.LEASED) == (alive and stage in ACTIVE)


@pytest.mark.parametrize("stage", [*ACTIVE, *HELD])
def test_another_state_file_is_refused_for_a_run_that_has_one(stage):
    run = run_in(stage)
    assert policy.begin(run, ASK._replace(state_file="docs/planning/.issue-7-state.yaml")) == policy.OTHER_STATE_FILE
    assert policy.begin(run, ASK._replace(state_file=run.state_file)) == policy.RESUME


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("kind", ["paused", "aborted"])
def test_a_person_can_end_what_is_going_and_nothing_else(stage, kind):
    events = policy.end(run_in(stage), kind, "s", "s", True)
    assert [event.kind for event in events] == ([kind, "lease_released"] if kind in TRANSITIONS[stage] else [])
    assert bool(events) == (stage in ACTIVE or (stage, kind) in ALSO)


ALSO = {(machine.PAUSED, "aborted"), (machine.STALLED, "aborted"), (machine.STALLED, "paused")}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("tool", ["Write", "Edit", "NotebookEdit", "Bash", "SendMessage", "AskUserQuestion", "Skill"])
def test_the_relay_does_no_work_while_the_run_is_going_and_is_free_else(stage, tool):
    decision = policy.tool_call(run_in(stage), policy.ToolCall("t1", tool, "", ""))
    assert bool(decision.refusal) == (stage in ACTIVE)
    assert [event.kind for event in decision.events] == (["refused"] if stage in ACTIVE else [])


@pytest.mark.parametrize("stage", WITH_AGENTS)
@pytest.mark.parametrize("tool", sorted(policy.WRITERS))
def test_a_judge_writes_nothing_even_when_its_run_is_held(stage, tool):
    run = run_in(stage)
    assert run.open is not None
    call = policy.ToolCall("t1", tool, run.open.agent_id, "line:validator")
    assert policy.tool_call(run, call).refusal == "this station only reads"
    assert not policy.tool_call(run, call._replace(tool="Bash")).refusal


@pytest.mark.parametrize("stage", STAGES)
def test_a_call_that_was_refused_is_refused_again_without_a_second_record(stage):
    run = run_in(stage)._replace(keys=("t1",))
    assert policy.tool_call(run, policy.ToolCall("t1", "Write", "", "")).events == ()


@pytest.mark.parametrize(
    ("prompt", "is_key"), [("d-0007", True), (" d-0007\n", True), ("d-7", False), ("go", False), ("d-0007 go", False)]
)
def test_a_prompt_that_is_only_the_key_of_a_dispatch_comes_from_a_directive(prompt, is_key):
    assert policy.is_key(prompt) == is_key


@pytest.mark.parametrize("stage", STAGES)
def test_a_turn_ends_in_a_run_that_is_not_going_and_is_blocked_in_one_that_is(stage):
    decision = policy.end_of_turn(run_in(stage), "stop-1")
    kinds = [event.kind for event in decision.events]
    lost = ["agent_failed"] if stage in WITH_AGENTS else []
    assert kinds == ([*lost, "stop_blocked"] if stage in ACTIVE else [])
    assert bool(decision.refusal) == (stage in ACTIVE)


@pytest.mark.parametrize("stage", STAGES)
def test_a_session_may_release_when_its_run_is_over_or_held_with_nobody_at_work(stage):
    run = run_in(stage)
    assert policy.may_release(run) == (stage in TERMINAL)
    assert policy.may_release(run._replace(open=None)) == (stage not in ACTIVE)


@pytest.mark.parametrize("stage", STAGES)
def test_hooks_of_a_session_speak_for_its_own_run_and_for_one_that_is_not_going(stage):
    run = run_in(stage)
    assert policy.drives(run, run.session)
    assert policy.drives(run, "other") == (stage not in ACTIVE)
    assert not policy.drives(Run(), "s")


def test_a_resumed_run_loses_the_agent_of_a_session_that_ended_and_keeps_one_that_is_waited_for():
    run = run_in(machine.PAUSED)._replace(session="")
    limits = run.settings._replace(budget_tokens=9)
    kinds = [event.kind for event in policy.resume(run, "s", False, {}, limits)]
    assert kinds == ["resumed", "agent_failed"]
    events = policy.resume(run, "s", True, {"toolu_1": "line:x"}, limits)
    assert events[0] == Event("resumed", {"by": "s", "budget_tokens": 9, "budget_minutes": 0})
    assert [event.kind for event in events] == ["resumed", "unwatched"]


def test_a_failed_run_is_resumed_where_another_try_may_help_and_ended_where_not():
    run = run_in(machine.FAILED)
    for kind, wanted in (("agent", policy.RESUME), ("validation", policy.ENDED)):
        assert policy.begin(run._replace(error=Failure(kind, machine.VALIDATION, "x")), ASK) == wanted


def test_the_agent_of_a_holder_that_is_gone_is_lost_before_the_run_is_ended():
    events = policy.end(run_in(machine.VALIDATION), "paused", "typed", "gone", False)
    assert [event.kind for event in events] == ["agent_failed", "paused", "lease_released"]
    assert events[-1].data["session"] == "gone"
