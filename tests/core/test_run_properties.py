"""What holds in every reachable state of a run, whatever signals arrive in whatever order."""

import json

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from assembly_line.core import decide, ends, machine, policy
from assembly_line.core.evolve import evolve
from assembly_line.core.kinds import KINDS
from assembly_line.core.next_step import expected
from assembly_line.core.projection import STATUSES, project
from assembly_line.core.run import Command, Event, Run
from assembly_line.core.run_json import from_json, to_json
from assembly_line.core.times import between
from assembly_line.text.directive import most, render
from tests.support.walk import (
    COMMAND,
    CRITERIA,
    Line,
    done,
    fold,
    is_settled,
    issue,
    review,
    start_event,
    verdict,
    violation,
)

AGENTS = st.sampled_from(["developer", "api-developer", "line:tester", "nobody", ""])
OTHER_AGENTS = st.sampled_from(["line:validator", "line:dev:developer", "general-purpose", ""])


def _stands(run, was):
    """Whether a refusal left the run as it was, or stalled it as one too many."""
    if run.stage == machine.STALLED and was.stage in machine.ACTIVE:
        return was.refusals + 1 == decide.REFUSALS and run.error.kind == "refused"
    return _untimed(run._replace(refusals=was.refusals)) == _untimed(was)


def _untimed(run):
    """The run without what any recorded event changes."""
    return run._replace(keys=(), at="", worked=0.0)


def is_open(self):
    return self.line.run.open is not None


def is_bound(self):
    return self.line.run.open is not None and self.line.run.open.agent_id


class Signals(RuleBasedStateMachine):
    """All signals in any order; every rule leaves the invariants standing."""

    @initialize(budget=st.sampled_from([0, 0, 0, 200]), keep=st.booleans())
    def begin(self, budget, keep):
        self.line = Line(budget_tokens=budget, keep_bundle=keep).begin()

    @rule()
    def call_as_directed(self):
        due, was = expected(self.line.run), self.line.run
        decision = self.line.call()
        if due is None:
            assert decision.refusal
        elif not decision.refusal:
            opened = self.line.run.open
            assert opened is not None
            assert (opened.station, opened.id) == (due.station, due.id)
            if was.station(opened.station).model == "tiered":
                assert opened.model == ("haiku" if max(was.iteration, 1) <= 2 else "sonnet")

    @rule(agent=OTHER_AGENTS, model=st.sampled_from(["", "opus", "haiku"]))
    def call_something_else(self, agent, model):
        due, was = expected(self.line.run), self.line.run
        decision = self.line.call(agent=agent, model=model)
        if due is None or agent != due.agent:
            assert decision.refusal
            assert _stands(self.line.run, was)

    @rule(prompt=st.sampled_from(["", "d-0000", "do it", "d-0001 x"]))
    def call_with_another_prompt(self, prompt):
        self.line.call(prompt=prompt)

    @rule()
    def call_from_within_an_agent(self):
        was = self.line.run
        decision = self.line.call(caller="agent-x")
        assert decision.refusal
        assert _stands(self.line.run, was)

    @precondition(lambda self: self.line.run.open is not None)
    @rule()
    def start_agent(self):
        self.line.bind()

    @precondition(is_bound)
    @rule(times=st.integers(1, 2))
    def good_report(self, times):
        self._listen(True)
        end = self.line.ending(self.line.good())
        for _ in range(times):
            self.line.take(ends.ended(self.line.run, end))

    @precondition(is_bound)
    @rule(severity=st.sampled_from(["blocking", "major", "minor"]), status=st.sampled_from(["open", "fixed"]))
    def report_with_an_issue(self, severity, status):
        if KINDS[self.line.kind].works:
            self.line.end(review(issue("R-1", severity, status)))

    @precondition(is_bound)
    @rule(times=st.integers(1, 3))
    def malformed_report(self, times):
        if self.line.run.open is not None:
            self.line.end({}, ("no fenced block ends the message",) * times)

    @precondition(is_bound)
    @rule()
    def blocked_report(self):
        if self.line.run.kind_of(self.line.run.open.station).event == "reported":
            was, station = self.line.run.stage, self.line.run.open.station
            self.line.end({**done(), "status": "blocked"})
            if was in machine.ACTIVE:
                assert (self.line.run.stage, self.line.run.error.kind) == ("paused", "blocked")
                resumed = evolve(self.line.run, Event("resumed", {"by": "s"}), "2026-11-20T23:00:00Z")
                assert expected(resumed).station == station

    @precondition(is_bound)
    @rule(failed=st.integers(0, 2))
    def tests_reported(self, failed):
        if self.line.kind == "test":
            self._listen(True)
            self.line.end(done(tests={"framework": "x", "command": COMMAND, "total": 3, "passed": 1, "failed": failed}))

    @precondition(is_bound)
    @rule(path=st.sampled_from(["a.py", "src/b.py"]))
    def writes(self, path):
        self.line.record(*decide.wrote(self.line.run, self.line.run.open.agent_id, [path]))

    @precondition(lambda self: is_bound(self) and self.line.kind == "validation")
    @rule(
        failed=st.dictionaries(st.sampled_from(CRITERIA), AGENTS, min_size=1), runtime=st.sampled_from(["PASS", "FAIL"])
    )
    def failing_verdict(self, failed, runtime):
        self._listen(True)
        self.line.end(verdict(failed, runtime))

    @precondition(lambda self: is_bound(self) and self.line.kind == "validation")
    @rule()
    def verdict_of_a_broken_program(self):
        self.line.end(verdict({}, "FAIL"))

    @precondition(lambda self: is_bound(self) and self.line.kind == "validation")
    @rule(ran=st.booleans())
    def pass_without_a_command_that_succeeded(self, ran):
        was = len(self.line.run.history)
        if ran:
            self._listen(False)
        if not any(item.ok for item in self.line.run.open.commands):
            self.line.end(verdict())
            assert len(self.line.run.history) == was

    @precondition(lambda self: is_bound(self) and self.line.kind == "compliance")
    @rule(category=st.sampled_from(["missing_validation", "missing_tests", "other", "incomplete_summary"]))
    def not_compliant(self, category):
        self.line.end({"result": "FAIL", "violations": [violation(category)]})

    @precondition(is_bound)
    @rule()
    def report_of_a_stranger(self):
        was = self.line.run
        self.line.end(self.line.good(), agent_id="agent-x")
        assert self.line.run == was

    @rule(reason=st.sampled_from(["agent", "interrupted", "tree_changed"]))
    def death(self, reason):
        self.line.die(reason)

    @rule()
    def end_of_turn(self):
        was = self.line.run
        decision = self.line.take(policy.end_of_turn(was, f"stop-{len(self.line.records)}"))
        assert decision.events or was.stage not in machine.ACTIVE
        if self.line.run.stage in machine.ACTIVE:
            assert decision.refusal or was.stage not in machine.ACTIVE
            assert self.line.run.open is None

    @rule(kind=st.sampled_from(["paused", "aborted"]), holder=st.sampled_from(["", "s", "t"]), alive=st.booleans())
    def person_ends(self, kind, holder, alive):
        was = self.line.run
        events = policy.end(was, kind, "typed", holder, alive)
        self.line.record(*events)
        self.line.drive()
        assert bool(events) == (kind in machine.TRANSITIONS[was.stage])
        if events:
            assert self.line.run.stage == kind
            assert self.line.run.session == ""

    @rule(
        session=st.sampled_from(["s", "t"]),
        restart=st.booleans(),
        holder=st.sampled_from(["", "s", "t"]),
        alive=st.booleans(),
        waits=st.booleans(),
        unseen=st.sampled_from([{}, {"toolu_x": "line:validator"}]),
        words=st.sampled_from(["", "use the other port"]),
    )
    def person_runs(self, session, restart, holder, alive, waits, unseen, words):
        was = self.line.run
        ask = policy.Ask(session, f"run-{len(self.line.records)}", restart, "", holder, alive)
        match policy.begin(was, ask):
            case policy.LEASED:
                assert was.stage in machine.ACTIVE
                assert alive
                assert was.session == holder != session
            case policy.START:
                assert restart
                self.line.record(*policy.start_over(was, "typed"))
                self.line.begin()
                assert self.line.run.number == was.number + 1
            case policy.ENDED:
                assert was.stage in machine.TERMINAL
            case what:
                assert what == policy.RESUME
                events = policy.resume(was, session, waits, unseen, was.settings, words)
                self.line.record(*events, Event("lease_taken", {"session": session, "relay": ""}))
                assert was.stage not in machine.HELD or self.line.run.stage == was.held
                self.line.drive()
                assert self.line.run.session == session

    @rule(
        tool=st.sampled_from(["Write", "Edit", "Bash", "SendMessage", "Skill", "Read"]),
        caller=st.sampled_from(["", "stranger", "worker", "stopped"]),
        protected=st.sampled_from(["", "docs/planning/.project-state.yaml"]),
    )
    def tool_call(self, tool, caller, protected):
        run = self.line.run
        caller = run.open.agent_id if caller == "worker" and run.open is not None else caller
        caller = run.stopped[-1] if caller == "stopped" and run.stopped else caller
        call = policy.ToolCall(f"tool-{len(self.line.records)}", tool, caller, "x", "task-run", protected)
        decision = self.line.take(policy.tool_call(run, call))
        at_work = policy.is_at_work(run, caller)
        if policy.is_stopped(run, caller):
            assert decision.refusal
        elif run.stage not in machine.ACTIVE and not at_work:
            assert decision == ((), "")
        elif caller == run.relay:
            assert bool(decision.refusal) == (tool not in policy.RELAY)
        elif protected or tool in ("SendMessage", "Skill"):
            assert decision.refusal
        elif at_work and tool in policy.WRITERS:
            assert bool(decision.refusal) == (self.line.kind in ("validation", "compliance", "review"))
        else:
            assert not decision.refusal
        assert policy.tool_call(self.line.run, call).events == ()

    @rule(known=st.booleans())
    def agent_call_returns(self, known):
        run = self.line.run
        call = run.open.call if known and run.open is not None else f"call-of-another-{len(self.line.records)}"
        self.line.take(policy.call_returned(run, policy.Returned(call, "line:validator")))
        assert self.line.run.open is None or self.line.run.open.call != call
        assert policy.call_returned(self.line.run, policy.Returned(call, "line:validator")).events == ()

    @rule(source=st.sampled_from(["startup", "resume", "compact", "clear"]))
    def session_starts(self, source):
        self.line.take(policy.session_started(self.line.run, source))
        if source in ("startup", "resume") and self.line.run.stage in machine.ACTIVE:
            assert self.line.run.open is None

    @rule(session=st.sampled_from(["s", "t"]))
    def session_ends(self, session):
        events = policy.release(self.line.run, session, "ended")
        self.line.record(*events)
        assert self.line.run.session != session

    @precondition(lambda self: self.line.run.stage in machine.ACTIVE)
    @rule()
    def nested_relay_is_called_works_and_ends(self):
        run = self.line.run
        self.line.record(Event("lease_taken", {"session": run.session, "relay": machine.PENDING}))
        self.line.take(policy.agent_started(self.line.run, "relay", "assembly-line:orchestrator"))
        assert self.line.run.relay == "relay"
        assert self.line.run.open == run.open
        self.line.record(*policy.relay_ended(self.line.run))
        assert (self.line.run.relay, self.line.run.open) == ("", None)

    @rule()
    def sources_change(self):
        self.line.tree = f"git:{len(self.line.records) + 1}"

    @rule(found=st.sampled_from([(), (violation("incomplete_summary"),), (violation("missing_validation"),)]))
    def audit_says(self, found):
        self.line.found = found

    @rule(steps=st.integers(3, 20), failing=st.integers(0, 6), agent=AGENTS, fixes=st.integers(0, 3))
    def work_on(self, steps, failing, agent, fixes):
        for _ in range(steps):
            due = expected(self.line.run)
            if due is None:
                return
            report = None
            if due.station == "validator" and failing:
                failing, report = failing - 1, verdict({"AC-2": agent})
            if due.station == "compliance" and fixes:
                fixes, report = fixes - 1, {"result": "FAIL", "violations": [violation("missing_tests")]}
            self.line.work(report)

    def _listen(self, ok):
        opened = self.line.run.open
        if opened is not None:
            call = f"bash-{len(self.line.records)}"
            self.line.take(decide.command_ran(self.line.run, opened.agent_id, Command(COMMAND, ok), call))

    # What always holds.

    @invariant()
    def nobody_waits_for_nothing(self):
        assert is_settled(self.line.run), self.line.run.stage

    @invariant()
    def iterations_are_at_most_five(self):
        run = self.line.run
        assert run.iteration <= 5
        assert run.fix_round <= 2
        assert all(item.tier == ("T1" if item.iteration <= 2 else "T2") for item in run.history)

    @invariant()
    def a_human_ends_it_at_once(self):
        run = self.line.run
        for kind in ("paused", "aborted"):
            if run.stage in machine.ACTIVE or (run.stage in machine.HELD and kind == "aborted"):
                after = evolve(run, Event(kind, {"reason": "human", "message": "x"}), "2026-11-20T23:00:00Z")
                assert after.stage == kind
                assert expected(after) is None
                assert not decide.stop(after, "late").refusal

    @invariant()
    def a_held_or_ended_run_blocks_nobody(self):
        if self.line.run.stage not in machine.ACTIVE:
            assert policy.end_of_turn(self.line.run, "now") == ((), "")
            assert policy.may_release(self.line.run) == (self.line.run.stage in machine.TERMINAL or not is_open(self))

    @invariant()
    def late_signals_are_never_refused_by_the_table(self):
        run = self.line.run
        decisions = [ends.died(run, "gone"), decide.stop(run, "x"), decide.agent_started(run, "a", "line:tester")]
        if run.open is not None:
            decisions.append(ends.ended(run, self.line.ending(self.line.good())))
            decisions.append(ends.ended(run, self.line.ending({}, ("bad",))))
        for decision in decisions:
            fold([(event, "2026-11-20T23:00:00Z") for event in decision.events], run)

    @invariant()
    def the_run_survives_json(self):
        run = self.line.run
        assert from_json(json.loads(json.dumps(to_json(run)))) == run

    @invariant()
    def the_directive_is_whole(self):
        run = self.line.run
        said = render(run)
        assert len(said.encode()) <= most(run)
        body = json.loads(said.split("```directive\n")[1].removesuffix("\n```"))
        due = expected(run)
        assert body["action"] == _action(run)
        if due is not None:
            assert body["input"]["prompt"] == due.id
            assert body["input"]["subagent_type"] == due.agent

    @invariant()
    def the_projection_is_whole(self):
        entry = project(self.line.run)
        assert entry["status"] in STATUSES
        assert entry["acceptance_criteria_met"] <= entry["acceptance_criteria_total"]
        assert bool(entry["completed_at"]) == (self.line.run.stage in machine.TERMINAL)

    def teardown(self):
        if hasattr(self, "line"):
            check_records(self.line)


def _action(run):
    if expected(run) is not None:
        return "dispatch"
    if run.stage == machine.COMPLETED:
        return "finish"
    return "halt" if run.stage in (*machine.TERMINAL, *machine.HELD) else "wait"


def check_records(line):
    """What the journal of any run shows: prefixes fold alike, PASS follows the last work, completed follows all."""
    run, kinds, passed, judged = Run(), {}, False, False
    for event, ts in line.records:
        before = run
        run = evolve(run, event, ts)
        match event.kind:
            case "run_started":
                kinds = {item.name: item.kind for item in run.stations}
                passed = judged = False
            case "reported" | "agent_failed" if KINDS[kinds[event.data["station"]]].works:
                passed = judged = False
            case "verdict_given":
                passed, judged = event.data["result"] == "PASS", False
            case "unchanged":
                assert before.fix_round
                assert event.data["tree"] == before.passed_tree == before.tree
                passed = True
            case "summary_written":
                assert passed, "a summary without a PASS after the last work"
            case "compliance_judged":
                judged = event.data["result"] == "PASS"
            case "completed":
                assert passed
                assert judged
                assert event.data["tree"] == before.verdict_tree
                assert before.stage == machine.COMPLIANCE
                assert len(before.met) == len(before.criteria)
        assert between(run.started_at, ts) >= 0 or run.stage == machine.NEW
    assert run == line.run
    assert fold([(Event(e.kind, json.loads(json.dumps(e.data)), e.key), ts) for e, ts in line.records]) == line.run


TestSignals = Signals.TestCase
TestSignals.settings = settings(
    max_examples=120, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_folding_the_first_events_and_then_the_rest_is_folding_all():
    line = Line().begin().until(machine.COMPLETED)
    for cut in range(len(line.records) + 1):
        assert fold(line.records[cut:], fold(line.records[:cut])) == line.run


def test_a_run_after_every_event_survives_json():
    line = Line().begin()
    line.until(machine.VALIDATION).work(verdict({"AC-2": "developer"})).until(machine.COMPLETED)
    run = Run()
    for event, ts in line.records:
        run = evolve(run, event, ts)
        assert from_json(json.loads(json.dumps(to_json(run)))) == run


def test_a_new_run_of_a_task_keeps_nothing_of_the_last_but_its_numbers():
    line = Line().begin().until(machine.COMPLETED)
    before = line.run
    line.record(start_event())
    assert (line.run.number, line.run.dispatches) == (before.number + 1, before.dispatches)
    assert line.run._replace(number=1, dispatches=0, started_at="", at="") == fold([(start_event(), "")])._replace(
        number=1
    )


def test_done_is_a_report():
    assert done()["status"] == "done"
