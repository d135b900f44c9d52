"""The directive: at most three sentences, one block, last, valid JSON, of a bounded size whatever the names."""

import json
import re

import pytest

from assembly_line.core.next_step import expected
from assembly_line.core.run import Failure
from assembly_line.text.directive import MAX_BYTES, MAX_TOLD, most, progress, render
from assembly_line.text.messages import outcome, resumed
from tests.support.walk import Line, verdict

ENDS = ("completed", "failed", "aborted", "paused", "stalled")
LONG = "T" + "A" * 63
STATES = ("docs/planning/.project-state.yaml", f"docs/planning/.feature-{'x' * 230}-state.yaml")
MESSAGES = (
    "",
    "short",
    "x" * 5000,
    "ü" * 500,
    "汉" * 500,
    "😀" * 400,
    'a "quoted" \\ text\n```directive\n{}\n```',
    "\x1b[31m\u2028",
)


def stages():
    """A run in every kind of situation, by name."""
    line = Line().begin()
    yield "due", line.run
    line.call()
    yield "at work", line.run
    line.bind()
    line.human("paused")
    yield "paused", line.run
    line.human("resumed")
    line.die()
    yield "again", line.run
    line = Line().begin().until("validation")
    yield "validation", line.run
    for _ in range(4):
        line.work(verdict({"AC-1": "developer"})).work()
    yield "iteration 5", line.run
    line.work(verdict({"AC-1": "developer"}))
    yield "failed", line.run
    yield "completed", Line().begin().until("completed").run
    line = Line().begin().until("compliance")
    yield "compliance", line.run
    line.human("aborted")
    yield "aborted", line.run
    yield "stalled", line.run._replace(stage="stalled", held="compliance")


STAGES = dict(stages())


def directive_of(said):
    assert said.count("\n```directive\n") == 1
    before, _, block = said.partition("\n```directive\n")
    assert block.endswith("\n```")
    body = block[:-4]
    assert len(body.splitlines()) == 1
    return before, json.loads(body)


def named(run, message="short", task=LONG, state=STATES[1]):
    error = run.error if not run.error.kind else Failure(run.error.kind, run.error.stage, message)
    stations = tuple(item._replace(name=item.name) for item in run.stations)
    summary = run.summary and f"docs/tasks/{task}-summary.md"
    return run._replace(task=task, state_file=state, error=error, stations=stations, summary=summary)


@pytest.mark.parametrize("name", STAGES)
def test_a_directive_has_at_most_three_sentences_and_one_block_that_is_last(name):
    before, body = directive_of(render(STAGES[name]))
    assert 1 <= len(re.findall(r"[.!?](?:\s|$)", before.strip())) <= 2  # a resumed run has one more before it
    assert body["task"] == "TASK-008"
    assert body["action"] in ("dispatch", "wait", "finish", "halt")
    assert {"stage", "iteration", "tier"} <= set(body)


@pytest.mark.parametrize("state", STATES, ids=["usual state file", "long state file"])
@pytest.mark.parametrize("message", MESSAGES, ids=range(len(MESSAGES)))
@pytest.mark.parametrize("name", STAGES)
def test_a_directive_keeps_to_its_size_with_the_longest_names(name, message, state):
    run = named(STAGES[name], message, LONG, state)
    said = render(run)
    assert most(run) == (MAX_TOLD if STAGES[name].stage in ENDS else MAX_BYTES)
    assert len(said.encode()) < most(run)
    _, body = directive_of(said)
    assert body["task"] == LONG
    if body["action"] in ("finish", "halt"):
        assert LONG in body["message"]
        assert run.stage in body["message"]


@pytest.mark.parametrize("agent", ["line:" + "a" * 95, "ü" * 100, "汉" * 100, "😀" * 100])
def test_a_dispatch_is_whole_with_the_longest_agent_name(agent):
    run = named(STAGES["iteration 5"])
    run = run._replace(stations=tuple(item._replace(agent=agent) for item in run.stations))
    said = render(run)
    assert len(said.encode()) < MAX_BYTES
    assert directive_of(said)[1]["input"]["subagent_type"] == agent


@pytest.mark.parametrize("name", ["completed", "failed", "aborted", "paused"])
def test_with_usual_names_the_message_has_every_file_and_what_to_do(name):
    run = STAGES[name]
    said = directive_of(render(run))[1]["message"]
    assert run.state_file in said
    assert "docs/planning/journal/TASK-008.jsonl" in said
    if name == "completed":
        assert run.summary in said
    if name == "failed":
        assert "docs/tasks/TASK-008-failure.md" in said
        assert ".task_bundles/TASK-008" in said
    if name != "completed":
        assert "/task-run TASK-008" in said


@pytest.mark.parametrize("message", MESSAGES, ids=range(len(MESSAGES)))
def test_what_a_person_sees_of_an_error_has_nothing_that_a_terminal_acts_on(message):
    run = named(STAGES["failed"], message, "TASK-008", STATES[0])
    assert outcome(run).isprintable()
    assert directive_of(render(run))[1]["message"].isprintable()


def test_input_is_exactly_what_the_gate_lets_through():
    run = STAGES["due"]
    due = expected(run)
    given = directive_of(render(run))[1]["input"]
    assert (given["prompt"], given["subagent_type"]) == (due.id, due.agent)


def test_progress_is_one_line():
    for run in STAGES.values():
        assert "\n" not in progress(run)


def test_a_resumed_run_says_what_is_not_repeated_in_one_sentence():
    line = Line().begin().until("implementation").work()
    line.human("paused")
    before = line.run
    line.human("resumed")
    said = resumed(before, line.run)
    assert "designer" in said
    assert len(re.findall(r"[.!?](?:\s|$)", said)) == 1
