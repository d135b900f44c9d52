"""What crews do: who mends what and when, reports with slips, briefs, models, and a package of a larger repository."""

from collections.abc import Callable

import pytest

from tests.honest.looking import all_of, faults, section, status, summary
from tests.honest.runs import (
    COLLEAGUE,
    CONSTRAINT,
    ON_PAGE,
    SHARED,
    WORDY,
    Played,
    beside,
    breaks,
    mends,
    slips,
    stamps,
)
from tests.support.reading import walked

pytestmark = pytest.mark.long  # the rules are held by tests/core and tests/hooks; this plays them

Play = Callable[[Callable[..., Played]], Played]
ISSUES = "Review issues"


def test_h03_an_issue_goes_to_the_developer_whom_the_review_looks_at(played: Play) -> None:
    """H3 Issues and gaps go to who owns the place

    Does: In a fullstack task the review of the pages finds a blocking issue in a file that nobody changed; the review
        of the service finds a major one; the verdict names a gap of the service.
    Line does: The page's issue goes to the frontend-developer, the service's issue and gap to the api-developer. Each
        brief holds the station's own gaps and issues only, and in iteration 1 the frontend-developer is told of none.
    Costs: One dispatch of a developer for each place.
    """
    run = played(mends)
    crew = run.crew
    page, service = ON_PAGE["title"], "The total is off by one"
    first, mending = (crew.prompt("frontend-developer", number) for number in (1, 2))
    assert not section(first, ISSUES)
    assert not section(first, "To mend now")
    assert page in section(mending, "To mend now")
    assert service not in mending
    gap = crew.prompt("api-developer", 2)
    assert "AC-2: " in section(gap, "Open gaps")
    assert service in section(gap, ISSUES)
    assert page not in gap
    assert {
        name: len(crew.stations[name]) for name in ("database-developer", "api-developer", "frontend-developer")
    } == {
        "database-developer": 1,
        "api-developer": 2,
        "frontend-developer": 2,
    }


def test_h03_a_finding_about_the_engines_papers_calls_only_the_judge(played: Play) -> None:
    """H3 A finding about the summary

    Does: The compliance judge misses something in the summary, which the engine writes.
    Line does: Writes the summary again and asks the judge once more, with what its own audit says; no other agent is
        called and nothing is validated.
    Costs: One dispatch of the compliance judge.
    """
    run = played(mends)
    (again,) = all_of(run, "papers_again")
    first, second, _ = run.crew.stations["workflow-compliance"]
    assert int(second[2:]) == int(first[2:]) + 1
    brief = section(run.crew.prompt("workflow-compliance", 2), "Found before you")
    assert "the summary lacks a date" in brief
    assert again["answers"][0]["answer"] in brief


def test_h03_a_fix_round_that_changes_nothing_is_not_validated_again(played: Play) -> None:
    """H3 A fix that changes nothing

    Does: The compliance judge asks for documentation; the documentation-writer finds that it is there already.
    Line does: The PASS stands, as the sources are the ones that were validated; the judge is asked again.
    Costs: One dispatch of the documentation-writer and one of the judge; no validation.
    """
    run = played(mends)
    assert status(run) == "completed"
    assert len(all_of(run, "unchanged")) == 1
    assert all_of(run, "fix_started")[0]["stations"] == ["documentation-writer"]
    assert run.crew.order[-3:] == ["workflow-compliance", "documentation-writer", "workflow-compliance"]
    assert len(run.crew.stations["requirements-validator"]) == 2


def test_h04_a_blocking_issue_is_mended_before_the_next_stations(played: Play) -> None:
    """H4 A blocking issue

    Does: A review finds a blocking issue in the middle of iteration 1.
    Line does: Calls the developer, then that reviewer once more, before tester, auditor and writer begin.
    Costs: Two dispatches; no iteration and no validation of a service that is known to be broken.
    """
    order = played(mends).crew.order
    at = order.index("frontend-review")
    follow = ["frontend-review", "frontend-developer", "frontend-review", "test-writer", "security-auditor"]
    assert order[at : at + 5] == follow


def test_h04_failing_tests_are_mended_before_the_validation(played: Play) -> None:
    """H4 Tests that the tester saw fail

    Does: The tester writes a test that the code does not pass, and reports it as failed.
    Line does: Calls the developer with the tester's words, then the tester once more, before the validation.
    Costs: Two dispatches; no iteration.
    """
    run = played(breaks)
    assert status(run) == "completed"
    expected = ["test-writer", "database-developer", "test-writer", "requirements-validator", "workflow-compliance"]
    assert run.crew.order[-5:] == expected
    assert "failing tests of test-writer" in section(run.crew.prompt("database-developer", 2), "To mend now")
    assert len(all_of(run, "iteration_started")) == 1


def test_h05_slips_of_form_are_understood(played: Play) -> None:
    """H5 Slips of form

    Does: The developer writes text after the report, leaves a `: ` unquoted and writes `concerns: none`; the tester
        gives a number where a text is wanted.
    Line does: Reads the reports as a person would.
    Costs: Nothing: no send-back.
    """
    run = played(slips)
    assert faults(run, "database-developer", 2) == []
    (report,) = (data["report"] for data in all_of(run, "reported", station="database-developer"))
    assert (report["summary"], report["concerns"]) == ("Built it: one module, no migration", [])
    (tests,) = (data["report"]["tests"] for data in all_of(run, "reported", station="test-writer"))
    assert tests["framework"] == "3.11"


def test_h05_everything_that_is_wrong_is_told_at_once(played: Play) -> None:
    """H5 Several faults in one report

    Does: A reviewer's report has a wrong status, a misspelt member, and no `review`; the next one only lacks `review`.
    Line does: Tells every fault at once, and goes on while they get fewer.
    Costs: Two send-backs within the same dispatch.
    """
    run = played(slips)
    first, second = faults(run, "code-reviewer")
    assert all(any(word in fault for fault in first) for word in ("finished", "sumary", "summary", "review is missing"))
    assert [fault for fault in second if fault not in first] == []
    assert len(second) == 1


def test_h05_what_a_station_owes_is_demanded(played: Play) -> None:
    """H5 Reports without what they owe

    Does: A designer without its file, a review without `review`, a test report without `tests`, and a compliance
        judgement without a look at the log are reported as done.
    Line does: Sends each back with what is missing.
    Costs: One send-back each, within the same dispatch.
    """
    run = played(slips)
    assert status(run) == "completed"
    owed = {
        "database-designer": "design/database.md is missing",
        "code-reviewer": "review is missing",
        "test-writer": "tests is missing",
        "workflow-compliance": "nothing was read",
    }
    for name, words in owed.items():
        assert any(words in fault for fault in faults(run, name)[-1]), name
        assert len(run.crew.stations[name]) == 1


def test_h05_the_successor_of_a_lost_dispatch_is_told(played: Play) -> None:
    """H5 A dispatch that is lost

    Does: A developer writes a module and then three times no report.
    Line does: Calls another one, whose brief says what the lost one said, and that its work stands in the tree.
    Costs: One dispatch.
    """
    run = played(slips)
    (lost,) = all_of(run, "agent_failed")
    told = section(run.crew.prompt("database-developer", 2), "Dispatches of your station before")
    assert lost["dispatch"] in told
    assert WORDY in told
    assert "stands in the tree" in told


def test_h08_the_whole_repository_is_watched(played: Play) -> None:
    """H8 A package of a larger repository

    Does: The client is started in a package. The developer changes a shared file beside it.
    Line does: Lists the change with the task's; the reviewer's brief holds the difference. A validator that changes the
        file makes its verdict void, and the summary calls that change unreviewed; when it changes after the PASS, the
        task is validated again.
    Costs: Nothing for the change; a validation for each judge or colleague that changes what was judged.
    """
    run = played(beside)
    shared = f"../../{SHARED}"
    assert status(run) == "completed"
    assert shared in all_of(run, "reported", station="database-developer")[0]["files"]
    difference = section(run.crew.prompt("code-reviewer"), "Changed by this task")
    assert f"{shared} (M +1 -1)" in difference
    assert "+mine" in difference
    assert all_of(run, "judgement_void")[0]["files"] == [shared]
    assert shared in all_of(run, "revalidation")[0]["why"]
    assert f"`{shared}`" in summary(run, "### Code Changes")
    ready = summary(run, "### Ready for Integration").strip()
    assert ready.startswith("Yes, with open points")
    assert f"`{shared}` (requirements-validator {all_of(run, 'judgement_void')[0]['dispatch']})" in ready


def test_h08_what_others_changed_is_told_apart(played: Play) -> None:
    """H8 Dirty files, and a colleague's change

    Does: A file was not committed when the run began, and a colleague changes another one meanwhile.
    Line does: Lists both apart and never as the task's, in the summary and in the reviewer's brief.
    Costs: Nothing.
    """
    run = played(beside)
    colleague = f"../{COLLEAGUE.removeprefix('packages/')}"
    own, *apart = summary(run, "### Code Changes").split("\n- ")
    assert f"Changed by others during the run: `{colleague}`" in apart
    assert any(line.startswith("Not committed when the run began") and "`../../README.md`" in line for line in apart)
    assert colleague not in own
    assert "README.md" not in own
    brief = section(run.crew.prompt("code-reviewer"), "Changed by this task").splitlines()
    assert any(line.startswith("Changed by others") and colleague in line for line in brief)
    assert any(line.startswith("Not the task's") and "../../README.md" in line for line in brief)


def test_h11_constraints_and_branch_are_told(played: Play) -> None:
    """H11 What else the task says

    Does: The task names constraints and a branch; the work tree is on another one.
    Line does: Each agent that plans or changes something is told the constraints, and the developer that the branch
        differs. Every brief says who follows.
    Costs: Nothing.
    """
    crew = played(slips).crew
    for name in ("bundler", "database-designer", "database-developer", "code-reviewer", "requirements-validator"):
        assert CONSTRAINT in section(crew.prompt(name), "What else the task says"), name
    assert "feature/books" in crew.prompt("database-developer")
    assert "test-writer (tests)" in section(crew.prompt("database-developer"), "After you")


def test_h11_a_void_predecessor_is_told(played: Play) -> None:
    """H11 Why there is no verdict yet

    Does: A validator's verdict was void.
    Line does: The next validator's brief says why, names the file, and how to keep it unchanged.
    Costs: Nothing.
    """
    crew = played(stamps).crew
    assert "(iteration 1, void)" in section(
        crew.prompt("requirements-validator", 2), "Dispatches of your station before"
    )


def test_h13_judges_and_designers_have_their_own_models(played: Play) -> None:
    """H13 A model for each role

    Does: A fullstack task is worked in two iterations.
    Line does: Asks for haiku for bundler and developers, opus for designers and validator, and sonnet for everybody
        else; the summary shows each.
    Costs: What the models cost; `models:` in the configuration changes them.
    """
    run = played(mends)
    asked = dict(walked(run.runs[0].requests))
    for name, model in asked.items():
        opus = name.endswith("-designer") or name == "requirements-validator"
        cheap = name == "bundler" or name.endswith("-developer")
        assert model == ("opus" if opus else "haiku" if cheap else "sonnet"), name
    assert set(asked) == set(run.crew.stations)
    agents = summary(run, "### Agents Used")
    assert "| requirements-validator | 1, 2 | opus (fixed) |" in agents
    assert "| haiku (T1) |" in agents
