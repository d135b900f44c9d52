"""The message that a person reads at the end of a run or of a turn: result, what is open, what to do."""

import json

import pytest

from assembly_line.core.recovery import remedy
from assembly_line.core.run import Failure, Gap, Issue, Round
from assembly_line.text import messages, status
from assembly_line.text.directive import MAX_TOLD, render
from tests.support.walk import Line, done, issue, review, verdict

DONE = Line().begin().until("completed").run
PAUSED = Line().begin().until("implementation").work().run._replace(stage="paused", held="implementation")
LONG = " ".join(f"word{number}" for number in range(300))
ISSUES = tuple(
    Issue(f"R-{number}", severity, f"thing {number}", "a.py:3", state, "reviewer")
    for number, (severity, state) in enumerate(
        [("minor", "open"), ("major", "fixed"), ("major", "open"), ("blocking", "open"), ("minor", "open")]
    )
)


def message(run):
    return json.loads(render(run).split("```directive\n")[1].removesuffix("\n```"))["message"]


def test_open_issues_and_concerns_are_counted_and_the_gravest_named():
    run = DONE._replace(issues=ISSUES, concerns=(("tester", "slow"), ("writer", "no guide")))
    said = message(run)
    named = ("blocking, reviewer R-3: thing 3", "major, reviewer R-2: thing 2", "minor, reviewer R-0: thing 0")
    assert f"4 open issues: {'; '.join(named)}; 1 more." in said
    assert "2 open concerns: tester: slow; writer: no guide." in said
    assert "thing 1" not in said


def test_a_run_without_anything_open_says_nothing_of_it():
    said = message(DONE)
    assert said.startswith("TASK-008 completed: 3 of 3 criteria met, 1 iteration, T1, ")
    assert "open" not in said
    assert "Left behind" not in said


def test_files_that_commands_left_behind_are_named():
    said = message(DONE._replace(left=("a.db", "b.db", "c.db", "d.db", "e.db")))
    assert "Left behind by commands: a.db, b.db, c.db and 2 more." in said


def test_concerns_are_those_of_each_stations_newest_report():
    line = Line().begin().until("implementation")
    line.work(done(concerns=["of the design"]))
    line.work(done(concerns=["a", "b"]))
    assert line.run.concerns == (("api-developer", "a"), ("api-developer", "b"), ("designer", "of the design"))
    line.until("validation").work(verdict({"AC-1": "api-developer"}))
    line.work(done(concerns=["c"]))
    assert line.run.concerns == (("api-developer", "c"), ("designer", "of the design"))


def test_time_is_work_where_that_is_known():
    assert "T1, 3 min 5 s of work." in message(DONE._replace(worked=185.0, rules=2))
    assert " of work" not in message(DONE._replace(rules=1))


@pytest.mark.parametrize("words", ["Which port?", LONG])
def test_a_run_that_waits_for_words_says_what_the_agent_says_and_both_commands(words):
    said = message(PAUSED._replace(error=Failure("blocked", "implementation", words)))
    before = "Designer is blocked and says: "
    assert f"{before}{words[:500]}" in said
    assert said.endswith(
        "Do what the agent asks for, then /task-run TASK-008 -- YOUR ANSWER resumes and hands it your words; "
        "--restart starts over, /task-abort TASK-008 cancels it."
    )
    quoted = said.split(before)[1].split(" Files: ")[0]
    assert len(quoted.encode()) <= messages.WORDS
    assert (quoted == words) if words != LONG else quoted.endswith("…")
    assert quoted.removesuffix("…").split()[-1] in words.split()


@pytest.mark.parametrize("worst", ["x" * 5000, "汉" * 3000, '"\\' * 2000, LONG])
@pytest.mark.parametrize("stage", ["completed", "failed", "paused", "stalled", "aborted"])
def test_a_message_keeps_to_its_size_and_its_remedy_is_whole(stage, worst):
    held = "validation" if stage in ("paused", "stalled", "failed") else ""
    run = DONE._replace(
        stage=stage,
        held=held,
        error=Failure("" if stage == "completed" else "human", "validation", worst),
        issues=tuple(item._replace(title=worst) for item in ISSUES * 3),
        concerns=(("tester", worst),) * 9,
        left=(worst,) * 9,
        state_file=f"docs/planning/.feature-{'x' * 230}-state.yaml",
    )
    assert len(render(run).encode()) < MAX_TOLD
    assert message(run).isprintable()
    if stage != "completed":
        assert remedy(run)[1:] in message(run)


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("one two three", 13, "one two three"),
        ("one two three", 12, "one two…"),
        ("one two, three", 13, "one two…"),
        ("x" * 20, 10, "xxxxxxx…"),
        ("a " + "x" * 20, 10, "a xxxxx…"),
        ("word", 3, ""),
        ("汉汉汉汉", 9, "汉汉…"),
    ],
)
def test_words_are_cut_at_a_word_where_there_is_one(text, limit, cut):
    assert messages.cut(text, limit) == cut
    assert len(cut.encode()) <= limit


def test_status_tells_what_is_open_and_what_came_back():
    gaps = tuple(Round(number, "T1", "FAIL", 2, 3, (Gap("AC-1", "no page", "", "developer"),)) for number in (1, 2))
    run = Line().begin().until("validation").run._replace(issues=ISSUES, concerns=(("tester", "slow"),), history=gaps)
    said = status.detail(run)
    for row in (
        "Same gap 2 times: AC-1: no page",
        "Open blocking issue R-3 of reviewer: thing 3",
        "Concern of tester: slow",
    ):
        assert row in said.splitlines()


def test_an_abort_says_that_the_agent_at_work_may_do_nothing_more():
    line = Line().begin()
    line.call()
    line.bind()
    line.human("aborted")
    said = messages.stopped(line.run._replace(stopped=("agent-d-0001",)))
    assert "bundler is still at work; until it ends it may write nothing and run nothing." in said


def test_a_resumed_run_says_to_whom_the_words_go():
    after = PAUSED._replace(stage="implementation", answers=(("designer", "8080"),))
    assert messages.resumed(PAUSED, after).endswith("; your words go to designer.")


def test_a_completed_run_names_the_major_issue_that_its_reviewer_left_open():
    line = Line().begin().until("implementation")
    while line.run.stage == "implementation":
        line.work(review(issue(severity="major")) if line.run.plan[0] == "reviewer" else None)
    assert "1 open issue: major, reviewer R-1: off by one." in message(line.until("completed").run)
