"""Good work gets through: where gaps, issues and by-products go, and what pauses a run instead of losing it."""

import pytest

from assembly_line.core import decide, policy, routing
from assembly_line.core.leftovers import by_products
from assembly_line.core.next_step import expected
from assembly_line.core.run import Command, Dispatch, Issue, Run, Settings, Station
from tests.support.walk import CRITERIA, WORK, Line, done, issue, review, verdict, violation


def at(station, **settings):
    """A run in which this station is due in iteration 1."""
    line = Line(**settings).begin()
    while expected(line.run).station != station:
        line.work()
    return line


def failing_tests(failed=1, said="a.py returns 3 instead of 4"):
    counts = {"framework": "unittest", "command": "make test", "total": 3, "passed": 3 - failed, "failed": failed}
    return done(tests=counts, concerns=[said])


FULLSTACK = (
    Station("bundler", "bundler", "b", "bundling"),
    Station("api-designer", "api-designer", "ad", "design"),
    Station("api-developer", "api-developer", "a", "development", needs=("bundler",), default=True),
    Station("backend-review", "code-reviewer", "r", "review", needs=("api-designer", "api-developer")),
    Station("page-developer", "page-developer", "p", "development", needs=("bundler",)),
    Station("page-review", "code-reviewer", "r", "review", needs=("api-designer", "page-developer")),
    Station("tester", "test-writer", "t", "test", needs=("api-developer", "page-developer")),
    Station("audit", "security-auditor", "s", "review", needs=("api-developer", "page-developer")),
    Station("validator", "requirements-validator", "v", "validation"),
    Station("compliance", "workflow-compliance", "c", "compliance"),
)
# By-products and void verdicts.

LOOSE = ("report.json", "app.db", "src/fix.py", "server.log")


@pytest.mark.parametrize(
    ("path", "wrote", "commands", "is_loose"),
    [
        ("report.json", (), ("npm test",), True),  # rewritten by the project's own test run
        ("app.db", ("src/app.py",), ("python app.py",), True),
        ("server.log", ("src/app.py",), ("python app.py > server.log &",), True),  # named, but no source
        ("src/fix.py", ("src/app.py",), ("cat > src/fix.py <<'X'\nok = 1\nX",), False),  # a judge that mends
        ("src/fix.py", ("src/app.py",), ("cd src && cat > fix.py <<'X'\nok = 1\nX",), False),
        ("src/fix.py", ("src/fix.py",), ("npm test",), False),  # a station's source, changed by a command
        ("tracked.py", (), ("npm test",), False),
    ],
)
def test_a_by_product_is_untracked_and_written_by_nobody_on_purpose(path, wrote, commands, is_loose):
    dispatch = Dispatch(
        "d-1", "validator", "x", 1, "T1", "haiku", "c", commands=tuple(Command(c, True) for c in commands)
    )
    run = Run(stations=FULLSTACK, wrote=wrote)
    assert by_products(run, dispatch, [path], LOOSE) == ((path,) if is_loose else ())


@pytest.mark.parametrize(("station", "commands"), [("compliance", ()), ("validator", ()), ("api-developer", ("make",))])
def test_nothing_is_a_by_product_of_who_ran_no_command_or_makes_sources(station, commands):
    ran = tuple(Command(command, True) for command in commands)
    dispatch = Dispatch("d-1", station, "x", 1, "T1", "haiku", "c", commands=ran)
    assert by_products(Run(stations=FULLSTACK), dispatch, ["app.db"], LOOSE) == ()


def test_by_products_are_listed_and_void_nothing():
    line = Line().begin().until("validation")
    line.call()
    line.bind()
    line.end(verdict({}, "NOT_APPLICABLE"), left=("app.db",))
    assert (line.run.history[-1].result, line.run.left) == ("PASS", ("app.db",))


def test_a_by_product_that_a_station_writes_is_a_source_again():
    line = Line().begin().until("validation")
    line.call()
    line.bind()
    line.end(verdict({"AC-1": ""}), left=("app.db", "b.log"))
    line.call()
    line.bind()
    line.record(*decide.wrote(line.run, line.run.open.agent_id, ["app.db"]))
    assert line.run.left == ("b.log",)


def test_what_a_judges_command_names_as_its_target_makes_no_source_of_it():
    line = Line().begin().until("validation")
    line.call()
    line.bind()
    assert decide.wrote(line.run, line.run.open.agent_id, ["server.log"]) == ()


def voided(line, changed=("lock.json",), report=None):
    line.call()
    line.bind()
    line.end(report or verdict({"AC-2": ""}), changed=changed)


def test_a_void_verdict_is_recorded_with_its_gaps_and_the_judge_is_called_again():
    line = Line().begin().until("validation")
    voided(line)
    event = line.records[-1][0]
    assert (event.kind, event.data["files"]) == ("judgement_void", ["lock.json"])
    assert [gap[0] for gap in event.data["gaps"]] == ["AC-2"]
    assert (line.run.history, line.run.voided, line.run.past[-1].end) == ((), ("lock.json",), "void")
    assert (expected(line.run).station, expected(line.run).why) == ("validator", "again")


def test_the_second_void_verdict_for_a_file_is_a_gap_for_the_station_that_owns_it():
    line = at("api-developer")
    line.call()
    line.bind()
    line.end(done(), changed=("lock.json",))
    line.until("validation")
    voided(line)
    voided(line, report=verdict({}, "NOT_APPLICABLE"))
    assert line.run.history[-1].result == "FAIL"
    assert [(gap.criterion, gap.station) for gap in line.run.gaps] == [("tree", "api-developer")]
    assert (line.run.stage, line.run.planned) == ("implementation", ("api-developer",))


def test_a_judge_that_changes_another_file_each_time_fails_the_run_as_before():
    line = Line().begin().until("validation")
    for number in range(3):
        voided(line, (f"f{number}.py",))
    assert (line.run.stage, line.run.error.kind) == ("failed", "tree_changed")
    assert "f2.py" in line.run.error.message


# A person is needed.


@pytest.mark.parametrize("station", ["bundler", *WORK])
def test_a_blocked_report_pauses_the_run_with_the_agents_words_and_the_answer_goes_to_its_station(station):
    line = at(station)
    line.work({"status": "blocked", "summary": "The port is taken.", "concerns": ["free port 80"]})
    assert (line.run.stage, line.run.error.kind) == ("paused", "blocked")
    assert line.run.error.message == "The port is taken. free port 80."
    assert expected(line.run) is None
    line.record(*policy.resume(line.run, "s", False, {}, Settings(), "use port 81"))
    assert line.run.answers == ((station, "use port 81"),)
    assert (expected(line.run).station, expected(line.run).why) == (station, "again")


def test_a_blocked_station_has_not_done_its_work():
    line = at("reviewer")
    line.work({**done(), "status": "blocked"})
    assert "reviewer" not in [name for name, _, _ in line.run.reports]
    assert line.run.plan[0] == "reviewer"


@pytest.mark.parametrize("errors", [(), ("no block",)])
def test_a_denied_tool_call_pauses_the_run_whatever_the_report(errors):
    line = at("tester")
    line.call()
    line.bind()
    line.run = line.run._replace(open=line.run.open._replace(denied="Bash: npm test"))
    line.end(done() if not errors else {}, errors)
    assert (line.run.stage, line.run.error.kind) == ("paused", "permission")
    assert "Bash: npm test" in line.run.error.message
    line.human("resumed")
    assert (expected(line.run).station, line.run.deaths) == ("tester", 0)


def test_words_go_to_the_station_that_is_due_where_none_asked():
    line = at("tester")
    line.human("paused")
    line.record(*policy.resume(line.run, "s", False, {}, Settings(), "skip the slow ones"))
    assert line.run.answers == (("tester", "skip the slow ones"),)


# Where things go.

OWNERS = (("src/api.js", "api-developer"), ("public/main.js", "page-developer"), ("test/api.test.js", "tester"))


def found(by, place="", severity="blocking"):
    return {"id": "R-1", "severity": severity, "title": "off by one", "file": place, "status": "open", "station": by}


@pytest.mark.parametrize(
    ("reviewer", "place", "owner"),
    [
        ("backend-review", "", "api-developer"),
        ("page-review", "", "page-developer"),
        ("page-review", "public/main.js:3", "page-developer"),
        ("page-review", "src/api.js:3", "api-developer"),  # who owns the place, whoever looks at it
        ("audit", "public/main.js:12", "page-developer"),
        ("audit", "./public/main.js#L12", "page-developer"),
        ("audit", "/srv/project/public/main.js", "page-developer"),
        ("audit", "", "api-developer"),
        ("audit", "unknown.js:3", "api-developer"),
        ("backend-review", "test/api.test.js:9", "tester"),
    ],
)
def test_an_issue_goes_to_who_owns_the_place_else_to_a_developer_that_the_review_looks_at(reviewer, place, owner):
    run = Run(stations=FULLSTACK, owners=OWNERS)
    item = Issue("R-1", "blocking", "off by one", place, "open", reviewer)
    assert routing.owner_of(run, item).name == owner


@pytest.mark.parametrize(
    ("gap", "named", "station"),
    [
        ("public/main.js:3 has no listener", "", "page-developer"),
        ("see `public/main.js`, line 3", "", "page-developer"),
        ("public/main.js:3 has no listener", "api-developer", "api-developer"),
        ("it does not work", "", "api-developer"),
        ("src/none.js:3 is missing", "backend-review", "api-developer"),
    ],
)
def test_a_gap_that_names_no_agent_goes_to_who_owns_the_file_it_names(gap, named, station):
    run = Run(stations=FULLSTACK, owners=OWNERS)
    item = {"id": "AC-1", "result": "FAIL", "gap": gap, "recommended_agent": named}
    assert routing.gaps_of(run, [item])[0].station == station


def test_each_station_is_given_its_own_issues_only():
    line = at("reviewer")
    line.work(review(issue("R-1", "major"), issue("R-2", "minor", "fixed")))
    given = {item.name: [found.id for found in routing.issues_for(line.run, item)] for item in line.run.stations}
    assert given == {
        **{name: [] for name in given},
        "developer": ["R-1"],
        "reviewer": ["R-1", "R-2"],
        "validator": ["R-1"],
    }


# Mend at once.


def test_a_blocking_issue_is_mended_and_reviewed_again_before_the_next_station_once():
    line = at("reviewer")
    order = []
    for report in (review(issue()), None, review(issue()), None):
        order.append((expected(line.run).station, expected(line.run).why))
        line.work(report)
    assert order == [("reviewer", "first"), ("developer", "mend"), ("reviewer", "mend"), ("tester", "first")]


def test_tests_that_fail_are_mended_and_run_again_before_the_next_station_once():
    line = at("tester")
    order = []
    for report in (failing_tests(), None, failing_tests(), None):
        order.append((expected(line.run).station, expected(line.run).why))
        line.work(report)
    assert order == [("tester", "first"), ("developer", "mend"), ("tester", "mend"), ("writer", "first")]


@pytest.mark.parametrize("report", [review(issue(severity="major")), review(issue(status="fixed")), failing_tests(0)])
def test_what_does_not_block_waits_for_its_iteration(report):
    station = "tester" if "tests" in report else "reviewer"
    line = at(station)
    line.work(report)
    assert not line.run.mending
    assert expected(line.run).station == ("writer" if station == "tester" else "tester")


def test_failing_tests_go_to_the_developer_whose_file_the_tester_names():
    line = at("api-developer")
    line.call()
    line.bind()
    line.end(done(), changed=("api/a.py",))
    while expected(line.run).station != "tester":
        line.work()
    line.work(failing_tests(said="api/a.py:3 returns 3"))
    assert expected(line.run).station == "api-developer"


# Reports and their slips.


def test_slips_of_form_do_not_wear_out_a_dispatch_while_they_get_fewer():
    line = at("developer")
    line.call()
    line.bind()
    for count in (5, 4, 3, 2, 1):
        assert line.end({}, ("slip",) * count).refusal
    assert line.run.open is not None
    assert not line.end(done()).refusal
    assert line.run.past[-1].end == "done"


def test_slips_that_do_not_get_fewer_lose_the_dispatch_and_the_successor_is_told():
    line = at("developer")
    line.call()
    line.bind()
    for _ in range(3):
        line.end({}, ("slip",), said="I added the parser in a.py")
    assert line.run.open is None
    assert line.run.past[-1].end == "lost"
    assert "I added the parser in a.py" in line.run.past[-1].said
    assert expected(line.run).why == "again"


# The engine's own papers.


@pytest.mark.parametrize(
    ("finding", "is_papers"),
    [
        (violation("incomplete_summary"), True),
        (violation("incomplete_state"), True),
        (violation("other", "docs/tasks/x-summary.md:12 lists a file twice"), True),
        (violation("other", "docs/planning/.project-state.yaml has no end"), True),
        (violation("other", "developer changed README.md"), False),
        (violation("missing_tests", "docs/tasks/x-summary.md:12 names no test"), False),
    ],
)
def test_a_violation_about_the_engines_papers_is_the_engines(finding, is_papers):
    line = Line().begin().until("compliance")
    assert routing.is_about_papers(line.run, finding) == is_papers


def test_for_its_own_papers_the_engine_calls_no_agent_but_the_judge_once_more():
    line = Line().begin().until("compliance")
    line.work({"result": "FAIL", "violations": [violation("incomplete_summary", "the date is wrong")]})
    assert (line.run.stage, expected(line.run).station) == ("compliance", "compliance")
    assert [item["item"] for item in line.run.objections] == ["the date is wrong"]
    assert all(item["answer"] for item in line.run.objections)
    line.work()
    assert (line.run.stage, len(line.run.history)) == ("completed", 1)


def test_a_judge_that_insists_fails_the_run_and_is_asked_again_when_a_person_resumes_it():
    line = Line().begin().until("compliance")
    for _ in range(2):
        line.work({"result": "FAIL", "violations": [violation("incomplete_summary", "the date is wrong")]})
    assert (line.run.stage, line.run.error.kind) == ("failed", "compliance")
    line.human("resumed")
    assert expected(line.run).station == "compliance"
    assert line.work().run.stage == "completed"


def test_a_fix_that_leaves_the_sources_as_they_passed_needs_no_validation():
    line = Line().begin().until("compliance")
    line.work({"result": "FAIL", "violations": [violation("missing_tests"), violation("incomplete_summary")]})
    assert (line.run.stage, line.run.planned) == ("implementation", ("tester",))
    line.work()
    assert (line.run.stage, line.run.verdict) == ("compliance", "PASS")
    assert line.work().run.stage == "completed"
    assert len(line.run.history) == 1


def test_minor_violations_beside_others_call_nobody():
    line = Line().begin().until("compliance")
    minor = {**violation("missing_review"), "severity": "minor"}
    line.work({"result": "FAIL", "violations": [minor, violation("missing_tests")]})
    assert line.run.planned == ("tester",)


def test_what_is_said_of_the_engines_papers_is_answered_beside_a_fix_too():
    line = Line().begin().until("compliance")
    found = [violation("incomplete_summary", "the date is wrong"), violation("missing_tests")]
    line.work({"result": "FAIL", "violations": found})
    assert [item["item"] for item in line.run.objections] == ["the date is wrong"]


def test_a_violation_that_names_two_stations_goes_to_the_one_of_its_kind():
    line = Line().begin().until("compliance")
    found = violation("missing_review", "work of developer was not seen by reviewer again")
    assert routing.mending(line.run, (found,)) == ("reviewer",)


def test_a_missing_validation_is_never_waived():
    line = Line().begin().until("compliance")
    line.work({"result": "FAIL", "violations": [violation("missing_validation"), violation("missing_tests")]})
    line.work()
    assert (line.run.stage, line.run.verdict) == ("validation", "")


# Abort and time.


def test_an_aborted_agent_may_change_nothing_more_also_when_the_task_is_started_again():
    line = at("developer")
    line.call()
    line.bind()
    agent = line.run.open.agent_id
    line.human("aborted")
    call = policy.ToolCall("t", "Bash", agent, "x")
    assert policy.tool_call(line.run, call).refusal
    line.begin()
    assert policy.tool_call(line.run, call).refusal
    assert not policy.tool_call(line.run, call._replace(caller="another")).refusal


def test_the_time_in_which_nobody_worked_is_no_work():
    line = at("developer")
    before = line.run.worked
    line.human("paused")
    line.records += [(line.records[-1][0], "")] * 3600
    line.human("resumed")
    assert 0 < line.run.worked - before < 10
    line.records += [(line.records[-1][0], "")] * 60
    line.work()
    assert line.run.worked - before > 60


def test_every_criterion_of_the_walk_is_met():
    assert Line().begin().until("completed").run.met == CRITERIA
