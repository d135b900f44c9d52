"""Who works next."""

import pytest

from assembly_line.core import routing
from assembly_line.core.next_step import expected
from tests.support.walk import WORK, Line, issue, review, verdict, violation

RUN = Line().begin().until("validation").run


@pytest.mark.parametrize(
    ("named", "station"),
    [
        ("api-developer", "api-developer"),
        ("line:dev:api-developer", "api-developer"),
        ("  API-Developer ", "api-developer"),
        ("test-writer", "tester"),  # a role
        ("line:tester", "tester"),  # an agent
        ("LINE:TESTER", "tester"),
        ("developer", "developer"),
        ("", "developer"),
        ("somebody", "developer"),
        ("validator", "developer"),  # no work of its own
        ("reviewer", "developer"),  # finds, and changes nothing
        ("bundler", "developer"),
        ("line:compliance", "developer"),
    ],
)
def test_a_gap_goes_to_the_station_that_the_verdict_names_else_to_the_developer(named, station):
    item = {"id": "AC-1", "result": "FAIL", "gap": "lacks", "recommended_agent": named}
    assert [gap.station for gap in routing.gaps_of(RUN, [item])] == [station]


def test_a_skipped_station_gets_no_gap():
    run = RUN._replace(skipped=("api-developer",))
    item = {"id": "AC-1", "result": "FAIL", "gap": "lacks", "recommended_agent": "api-developer"}
    assert routing.gaps_of(run, [item])[0].station == "developer"


def test_the_first_iteration_has_every_station_in_order():
    line = Line().begin().until("implementation")
    assert line.run.planned == WORK
    order = []
    while line.run.stage == "implementation":
        order.append(expected(line.run).station)
        line.work()
    assert tuple(order) == WORK


@pytest.mark.parametrize(
    ("failed", "stations"),
    [
        ({"AC-1": "developer"}, ("developer",)),
        ({"AC-1": "tester", "AC-2": "api-developer"}, ("api-developer", "tester")),
        ({"AC-1": "nobody", "AC-2": ""}, ("developer",)),
        ({"AC-1": "designer", "AC-2": "designer"}, ("designer",)),
    ],
)
def test_later_iterations_have_only_the_responsible_stations_in_the_workflows_order(failed, stations):
    line = Line().begin().until("validation").work(verdict(failed))
    assert line.run.stage == "implementation"
    assert line.run.planned == stations
    for _ in stations:
        line.work()
    assert expected(line.run).station == "validator"


@pytest.mark.parametrize(
    ("severity", "status", "stations"),
    [
        ("blocking", "open", ("api-developer", "developer", "reviewer")),
        ("major", "open", ("api-developer", "developer", "reviewer")),
        ("minor", "open", ("api-developer",)),
        ("blocking", "fixed", ("api-developer",)),
    ],
)
def test_a_reviewer_works_again_only_while_its_issues_are_open(severity, status, stations):
    line = Line().begin()
    while expected(line.run).station != "reviewer":
        line.work()
    line.work(review(issue("R-1", severity, status))).until("validation").work(verdict({"AC-1": "api-developer"}))
    assert line.run.planned == stations


def test_an_open_blocking_issue_keeps_a_pass_from_counting():
    line = Line().begin()
    while expected(line.run).station != "reviewer":
        line.work()
    line.work(review(issue())).until("validation").work(verdict())
    assert line.run.history[-1].result == "FAIL"
    assert [gap.criterion for gap in line.run.gaps] == ["reviewer:R-1"]
    assert line.run.planned == ("developer", "reviewer")


def test_a_reviewers_newest_report_replaces_its_earlier_issues():
    line = Line().begin()
    while expected(line.run).station != "reviewer":
        line.work()
    line.work(review(issue())).until("validation").work(verdict())
    line.work().work(review(issue(status="fixed"))).work(verdict())
    assert routing.blocking_issues(line.run) == ()
    assert line.run.history[-1].result == "PASS"


def test_a_criterion_met_before_and_unmet_now_is_a_regression():
    line = Line().begin().until("validation").work(verdict({"AC-1": "developer"}))
    line.work().work(verdict({"AC-2": "developer"}))
    assert line.run.history[0].regressions == ()
    assert line.run.history[1].regressions == ("AC-2",)


def test_a_failed_run_of_the_program_alone_goes_to_the_developer():
    line = Line().begin().until("validation").work(verdict({}, "FAIL"))
    assert line.run.planned == ("developer",)
    assert line.run.gaps[0].gap == "nothing to run"


@pytest.mark.parametrize(
    ("found", "stations"),
    [
        ((violation("missing_validation"),), ()),
        ((violation("missing_tests"),), ("tester",)),
        ((violation("missing_review"),), ("reviewer",)),
        ((violation("missing_documentation"),), ("writer",)),
        ((violation("missing_agent", "station designer never reported"),), ("designer",)),
        ((violation("wrong_tier", "d-0003 tester ran at T2"),), ("tester",)),
        ((violation("missing_agent"),), ("developer",)),
        ((violation("missing_tests"), violation("missing_agent", "designer")), ("designer", "tester")),
    ],
)
def test_a_violation_goes_to_the_station_it_names_else_to_one_of_its_kind(found, stations):
    assert routing.mending(RUN, found) == stations


def test_a_fix_that_changes_sources_ends_in_a_new_validation():
    line = Line().begin().until("compliance")
    line.work({"result": "FAIL", "violations": [violation("missing_tests")]})
    assert (line.run.stage, line.run.planned) == ("implementation", ("tester",))
    line.tree = "git:2"
    line.work()
    assert (line.run.stage, line.run.verdict) == ("validation", "")
    line.until("completed")
    assert [item.result for item in line.run.history] == ["PASS", "PASS"]
