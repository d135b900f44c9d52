"""The state file's entry as a function of the run."""

import pytest

from assembly_line import schemas
from assembly_line.core.projection import project, status
from assembly_line.core.times import between, duration, seconds
from tests.support.walk import CRITERIA, Line, verdict

POINTER = {"path": "docs/planning/journal/TASK-008.jsonl", "events": 3, "head": "0" * 64}
HEAD = {"version": "1.0", "type": "project", "created_at": "2026-11-20T00:00:00Z"}


def walked():
    """A run after each of its records, on a path through most stages."""
    line = Line().begin()
    yield line.run
    for report in (None, None, None, None, None, None, None, verdict({"AC-2": "developer"})):
        line.work(report)
        yield line.run
    line.call()
    yield line.run
    line.bind()
    line.human("paused")
    yield line.run
    line.human("resumed")
    line.die()
    yield line.run
    line.until("completed")
    yield line.run
    line.begin()
    line.human("aborted")
    yield line.run


RUNS = list(walked())


@pytest.mark.parametrize("number", range(len(RUNS)))
def test_every_entry_fits_the_schema_of_the_state_file(number):
    entry = {**project(RUNS[number]), "journal": POINTER}
    assert schemas.faults("state", {**HEAD, "tasks": {"TASK-008": entry}}) == []


@pytest.mark.parametrize("stage", ["completed", "failed", "aborted", "paused", "stalled"])
def test_a_stage_that_is_no_work_is_its_own_status(stage):
    assert status(RUNS[0]._replace(stage=stage)) == stage


def test_an_active_run_is_in_progress():
    assert {project(run)["status"] for run in RUNS} == {"in_progress", "paused", "completed", "aborted"}


def test_history_has_tier_result_criteria_and_open_gaps_of_each_round():
    entry = project(RUNS[-2])
    assert [(item["iteration"], item["tier"], item["result"], item["criteria_met"]) for item in entry["history"]] == [
        (1, "T1", "FAIL", 2),
        (2, "T1", "PASS", 3),
    ]
    assert entry["history"][0]["open_gaps"] == [{"criterion": "AC-2", "gap": "AC-2 lacks", "station": "developer"}]
    assert (entry["iterations"], entry["tier_used"]) == (2, "T1")
    assert entry["acceptance_criteria_met"] == entry["acceptance_criteria_total"] == len(CRITERIA)


def test_an_error_says_what_a_person_may_do():
    line = Line().begin()
    for _ in range(3):
        line.call()
        line.die()
    error = project(line.run)["last_error"]
    assert (error["kind"], error["stage"]) == ("agent", "bundling")
    assert "/task-run TASK-008" in error["what_to_do"]


def test_a_completed_run_has_its_duration_and_no_error():
    entry = project(RUNS[-2])
    assert entry["last_error"] is None
    passed = between(entry["started_at"], entry["completed_at"])
    assert entry["duration_minutes"] == round(RUNS[-2].worked / 60, 2)
    assert 0 < RUNS[-2].worked <= passed
    earlier = RUNS[-2]._replace(rules=1)  # counted the whole time
    assert project(earlier)["duration_minutes"] == round(passed / 60, 2)


@pytest.mark.parametrize(
    ("ts", "value"),
    [
        ("1970-01-01T00:00:01Z", 1.0),
        ("2026-11-20T12:00:00.250Z", 1795176000.25),
        ("2024-02-29T23:59:59Z", 1709251199.0),
    ],
)
def test_times_are_read_as_seconds(ts, value):
    assert seconds(ts) == value


@pytest.mark.parametrize("ts", ["", "2026-11-20", "2026-11-20T12:00:00", "2026-11-20T12:00:00+01:00", "x" * 30])
def test_what_is_no_utc_time_is_refused(ts):
    with pytest.raises(ValueError, match="UTC"):
        seconds(ts)


@pytest.mark.parametrize(
    ("took", "words"), [(0, "0 s"), (14.4, "14 s"), (185, "3 min 5 s"), (7800, "2 h 10 min"), (-3, "0 s")]
)
def test_durations_are_said_as_a_person_says_them(took, words):
    assert duration(took) == words
