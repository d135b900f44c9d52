"""What each signal means for a run."""

import pytest

from assembly_line.core import decide, ends
from assembly_line.core.decide import Call
from assembly_line.core.next_step import expected
from tests.support.walk import RAN, Line, done, verdict


def test_the_same_call_delivered_again_is_let_through_and_recorded_once():
    line = Line().begin()
    line.call(id="call-1")
    before = line.run
    again = decide.dispatch(line.run, Call("call-1", "line:bundler", "d-0001", "", ""), line.tree)
    assert again == decide.Decision()
    assert line.run == before


@pytest.mark.parametrize(
    ("call", "agent"), [("call-1", "line:tester"), ("", "line:bundler"), ("call-2", "line:bundler")]
)
def test_a_call_that_is_not_quite_the_open_one_is_refused(call, agent):
    line = Line().begin()
    line.call(id="call-1" if call else "")
    assert line.call(id=call, agent=agent).refusal


def test_the_same_refused_call_delivered_again_is_refused_alike_and_recorded_once():
    line = Line().begin()
    first = line.call(id="call-1", agent="line:tester")
    again = line.call(id="call-1", agent="line:tester")
    assert first.refusal == again.refusal != ""
    assert len(first.events) == 1
    assert again.events == ()


def test_a_second_agent_at_once_is_refused():
    line = Line().begin()
    line.call()
    assert "one agent at a time" in line.call().refusal


@pytest.mark.parametrize(
    ("iteration", "tier", "model"), [(1, "T1", "haiku"), (2, "T1", "haiku"), (3, "T2", "sonnet"), (4, "T2", "sonnet")]
)
def test_the_tier_of_an_iteration_is_set_whatever_model_was_asked_for(iteration, tier, model):
    line = Line().begin().until("validation")
    for _ in range(iteration - 1):
        line.work(verdict({"AC-1": "developer"})).work()
    line.call(model="opus")
    assert (line.run.open.iteration, line.run.open.tier, line.run.open.model) == (iteration, tier, model)
    assert line.records[-1][0].data["asked_model"] == "opus"


def test_a_fixed_model_stays_fixed():
    line = Line().begin()
    while expected(line.run).station != "reviewer":
        line.work()
    line.call()
    assert (line.run.open.model, line.run.open.tier) == ("opus", "T1")


def test_five_failed_validations_fail_the_run():
    line = Line().begin().until("validation")
    for _ in range(5):
        assert line.run.stage == "validation"
        line.work(verdict({"AC-1": "developer"}))
        if line.run.stage == "implementation":
            line.work()
    assert (line.run.stage, line.run.iteration, line.run.error.kind) == ("failed", 5, "validation")
    assert "AC-1" in line.run.error.message


def test_a_malformed_report_is_sent_back_twice_and_then_given_up():
    line = Line().begin()
    line.call()
    line.bind()
    for _ in range(2):
        assert line.end({}, ("no block",)).refusal
    assert not line.end({}, ("no block",)).refusal
    assert (line.run.open, line.run.deaths) == (None, 1)
    assert expected(line.run).why == "again"


def test_the_same_end_delivered_again_changes_nothing():
    line = Line().begin()
    line.call()
    line.bind()
    end = line.ending({}, ("no block",))
    line.take(ends.ended(line.run, end))
    before = line.run
    assert line.take(ends.ended(line.run, end)).events == ()
    assert line.run == before


def test_an_agent_that_dies_three_times_in_a_row_fails_the_run():
    line = Line().begin()
    for _ in range(3):
        line.call()
        line.die()
    assert (line.run.stage, line.run.error.kind) == ("failed", "agent")


def test_an_interrupted_session_does_not_wear_out_the_retries():
    line = Line().begin()
    for _ in range(5):
        line.call()
        line.die("interrupted")
    line.call()
    line.die()
    assert line.run.stage == "bundling"
    assert expected(line.run).why == "again"


def test_good_work_clears_the_count_of_deaths():
    line = Line().begin()
    for _ in range(4):
        line.call()
        line.die()
        line.work()
    assert line.run.stage == "implementation"


def test_a_validator_that_changes_sources_gives_no_verdict():
    line = Line().begin().until("validation")
    line.call()
    line.bind()
    line.end(verdict({}, "NOT_APPLICABLE"), tree="git:other")
    assert (line.run.verdict, line.run.history, line.run.error.kind) == ("", (), "tree_changed")
    assert (expected(line.run).station, expected(line.run).why) == ("validator", "again")


def test_sources_that_change_after_the_pass_are_validated_again():
    line = Line().begin().until("compliance")
    line.tree = "git:2"
    line.work()
    assert line.run.stage == "validation"
    line.until("completed")
    assert line.run.verdict_tree == "git:2"


def test_sources_that_never_rest_fail_the_run():
    line = Line().begin().until("compliance")
    for number in range(20):
        if line.run.stage == "failed":
            break
        line.tree = f"git:x{number}" if line.run.stage == "compliance" else line.tree
        line.work()
    assert (line.run.stage, line.run.error.kind, line.run.revalidations) == ("failed", "tree_changed", 3)


def test_three_blocked_stops_without_progress_stall_the_run():
    line = Line().begin()
    for number in range(3):
        assert line.take(decide.stop(line.run, f"s{number}")).refusal
    assert not line.take(decide.stop(line.run, "s3")).refusal
    assert line.run.stage == "stalled"
    line.human("resumed")
    assert (line.run.stage, line.run.blocks) == ("ready_for_bundler", 0)


def test_progress_clears_the_count_of_blocked_stops():
    line = Line().begin()
    for number in range(7):
        assert line.take(decide.stop(line.run, f"s{number}")).refusal
        line.work()
    assert line.run.stage == "validation"


def test_the_same_stop_delivered_again_counts_once():
    line = Line().begin()
    for _ in range(10):
        line.take(decide.stop(line.run, "same"))
    assert line.run.blocks == 1


@pytest.mark.parametrize("station", ["validator", "tester"])
def test_commands_of_validator_and_tester_are_remembered_once(station):
    line = Line().begin()
    while expected(line.run).station != station:
        line.work()
    line.call()
    line.bind()
    for _ in range(2):
        line.take(decide.command_ran(line.run, line.run.open.agent_id, RAN, "bash-1"))
    line.take(decide.command_ran(line.run, "agent-x", RAN, "bash-2"))
    assert line.run.open.commands == (RAN._replace(call="bash-1"),)


def test_a_report_that_arrives_while_the_run_is_paused_is_kept():
    line = Line().begin().until("implementation")
    line.call()
    line.bind()
    line.human("paused")
    line.end(done())
    assert (line.run.stage, line.run.open) == ("paused", None)
    line.human("resumed")
    assert expected(line.run).station == "api-developer"


@pytest.mark.parametrize("result", ["PASS", "FAIL"])
def test_a_verdict_that_arrives_while_the_run_is_paused_counts_when_it_goes_on(result):
    line = Line().begin().until("validation")
    line.call()
    line.bind()
    line.take(decide.command_ran(line.run, line.run.open.agent_id, RAN, "bash-1"))
    line.human("paused")
    line.end(verdict() if result == "PASS" else verdict({"AC-1": "developer"}))
    assert line.run.stage == "paused"
    line.human("resumed")
    assert line.run.stage == ("compliance" if result == "PASS" else "implementation")


def test_an_aborted_run_takes_nothing_more_from_its_agent():
    line = Line().begin()
    line.call()
    line.bind()
    end = line.ending(done())
    line.human("aborted")
    assert line.run.open is None
    assert ends.ended(line.run, end).events == ()
    assert ends.died(line.run, "gone").events == ()


def test_a_used_up_budget_of_tokens_pauses_before_the_next_agent():
    line = Line(budget_tokens=20).begin()
    line.work().work()
    decision = line.call()
    assert "20 tokens" in decision.refusal
    assert (line.run.stage, line.run.open, line.run.error.kind) == ("paused", None, "budget")


def test_a_used_up_budget_of_minutes_pauses_before_the_next_agent():
    line = Line(budget_minutes=5).begin()
    assert not line.call(minutes=4.9).refusal
    line.bind()
    line.end(done())
    line.call(minutes=5.0)
    assert (line.run.stage, line.run.error.kind) == ("paused", "budget")


def test_the_directive_is_given_to_the_nested_relay_only():
    line = Line().begin()
    line.run = line.run._replace(relay="agent-r")
    assert line.call(caller="").refusal
    assert not line.call(caller="agent-r").refusal
