"""What people do with a run: answer it, allow what it lacks, abort it, and read what it tells."""

from collections.abc import Callable

from assembly_line.core.times import between
from tests.honest.looking import SUMMARY, all_of, section, status, summary
from tests.honest.runs import ANSWER, ASKS, GAP, IDLE, TASK, Played, aborts, gives_up, mends, stamps, waits
from tests.support.reading import answered, journal, state

Play = Callable[[Callable[..., Played]], Played]


def test_h02_a_blocked_agent_stops_the_line_and_is_answered(played: Play) -> None:
    """H2 An agent that is blocked

    Does: The developer reports `blocked` with a question. The person types `/task-run TASK -- the answer`.
    Line does: Pauses where it is, with the agent's words and what to type. The same station goes on, and its brief
        holds the answer.
    Costs: One dispatch, and one session for the answer.
    """
    run = played(waits)
    assert (run.notes["blocked"]["status"], run.crew.stations["database-developer"]) == ("paused", ["d-0003", "d-0004"])
    assert ASKS in run.runs[0].text
    assert f"/task-run {TASK} -- " in run.runs[0].text
    assert all_of(run, "paused", reason="blocked")[0]["message"] == ASKS
    again = run.crew.prompt("database-developer", 2)
    assert ANSWER in section(again, "Answer of a person")
    assert ASKS in section(again, "Dispatches of your station before")


def test_h02_a_denied_command_pauses_as_what_it_is(played: Play) -> None:
    """H2 A command that nobody could allow

    Does: The session allows only `git status`; the tester's command is denied. The person allows Bash and resumes.
    Line does: Pauses with the denied call, as a matter of permission and not of the report; the same station is called
        again when the task is resumed.
    Costs: One dispatch, and one session.
    """
    run = played(waits)
    assert run.notes["denied"]["status"] == "paused"
    (paused,) = all_of(run, "paused", reason="permission")
    assert "test-writer was denied Bash: python3 -m unittest" in paused["message"]
    assert paused["message"] in run.runs[1].text
    assert "--allowedTools" in run.runs[1].text
    assert not all_of(run, "report_rejected")
    assert len(run.crew.stations["test-writer"]) == 2
    assert status(run) == "completed"


def test_h12_duration_is_present(played: Play) -> None:
    """H12 Time in which nobody works

    Does: A person lets a paused run wait before answering.
    Line does: The duration in summary, state and final message is the time of work.
    Costs: Nothing.
    """
    run = played(waits)
    shown = state(run.project)["tasks"][TASK]
    whole = between(shown["started_at"], shown["completed_at"])
    assert 0 < shown["duration_minutes"] * 60 <= whole - IDLE
    assert "s of work" in summary(run).partition("## ")[0]
    assert "s of work" in run.said


def test_h12_an_aborted_agent_changes_nothing_more(played: Play) -> None:
    """H12 Abort while an agent works

    Does: While the developer works, a person types `/task-abort` in another session.
    Line does: Tells the person who is still at work. The agent's next Write and Bash are refused until it ends, and
        nobody is called after it.
    Costs: Nothing: no dispatch follows.
    """
    run = played(aborts)
    assert status(run) == "aborted"
    assert "database-developer is still at work; until it ends it may write nothing and run nothing" in answered(
        run.said
    )
    last = run.crew.results("database-developer")[-2:]
    assert all(item.is_error and "the run was aborted" in item.text for item in last)
    assert not (run.project / "src/shop/late.py").exists()
    assert not (run.project / "late.txt").exists()
    assert run.crew.order[-1] == "database-developer"


def test_h09_a_summary_tells_all_and_nothing_else(played: Play) -> None:
    """H9 Summary and final message

    Does: A run with two iterations, a fix round, issues that are closed and one that stays open, a concern, and test
        figures from before the last change.
    Line does: Tells every dispatch of every iteration; who closed which issue; that figures are stale and which later
        run succeeded; every judgement of compliance. What is open stands under Ready for Integration and in the
        final message; so does, in another run, what was changed after the last review.
    Costs: Nothing.
    """
    run = played(mends)
    told = summary(run, "## Summary")
    assert all(f"- {dispatch} {name}: " in told for name, row in run.crew.stations.items() for dispatch in row)
    review, again = run.crew.stations["frontend-review"]
    closed = summary(run, "### How Issues Were Addressed")
    fixer = run.crew.stations["frontend-developer"][1]
    assert f"R-1 of frontend-review, found by {review}, closed by {again} after frontend-developer {fixer}" in closed
    results = summary(run, "### Test Results")
    assert "These figures are stale" in results
    assert run.crew.stations["api-developer"][1] in results
    assert f"Run again by requirements-validator in {run.crew.stations['requirements-validator'][1]}: seen" in results
    ready = summary(run, "### Ready for Integration")
    assert ready.strip().startswith("Yes, with open points")
    for point in ("S-1", "No test reads the page", "figures are stale"):
        assert point in ready, point
    assert [told.count(f"Compliance, judgement {number}") for number in (1, 2)] == [1, 1]
    unseen = summary(played(stamps), "### Ready for Integration")
    assert "Changed after the last review: " in unseen
    assert f"`.gitignore` (database-developer {played(stamps).crew.stations['database-developer'][1]})" in unseen
    assert "1 open issue: minor, security-auditor S-1" in run.said
    assert "1 open concern: security-auditor: No test reads the page" in run.said


def test_h09_a_failure_report_says_what_to_do_first(played: Play) -> None:
    """H9 Failure report

    Does: A gap comes back in the same words until the iterations are used up.
    Line does: The report says what was met and by which evidence, that the gap came back three times, how to stop
        earlier, which files were changed, and how to continue.
    Costs: The iterations that the configuration allows; here three.
    """
    run = played(gives_up)
    assert status(run) == "failed"
    report = (run.project / SUMMARY.replace("summary", "failure")).read_text(encoding="utf-8")
    first = report.partition("## What to Do First\n")[2].partition("\n## ")[0]
    assert f"Same gap 3 times: AC-2: {GAP.gap}" in first
    assert f"/task-abort {TASK}" in first
    met = report.partition("## What Was Met\n")[2].partition("\n## ")[0]
    assert "AC-1: tests/test_task_031.py:" in met
    assert "AC-2" not in met
    changed = report.partition("## Changed Files\n")[2].partition("\n## ")[0]
    assert "`src/shop/task_031_database_developer.py`" in changed
    assert f"/task-run {TASK}" in report.partition("## How to Continue\n")[2]
    assert [record.kind for record in journal(run.project, TASK)].count("verdict_given") == 3
