"""Times of a journal whose machine had its clock put forward or back."""

import pytest

from assembly_line.core import times
from assembly_line.core.run import Event
from tests.support.walk import Line

NOON = "2026-11-20T12:00:00.000Z"


@pytest.mark.parametrize(
    ("end", "elapsed", "known"),
    [
        (NOON, 0.0, 0.0),
        ("2026-11-20T12:01:00.000Z", 60.0, 60.0),
        ("2026-11-21T12:00:00.000Z", 86400.0, 86400.0),
        ("2026-11-21T12:00:00.001Z", 86400.001, None),
        ("2036-11-20T12:00:00.000Z", 315619200.0, None),
        ("2026-11-20T11:59:59.000Z", 0.0, None),
        ("1970-01-01T00:00:00.000Z", 0.0, None),
    ],
)
def test_no_time_is_negative_and_what_a_leap_of_the_clock_hides_is_unknown(end, elapsed, known):
    assert times.between(NOON, end) == pytest.approx(elapsed, abs=1e-4)
    assert times.took(NOON, end) == (None if known is None else pytest.approx(known, abs=1e-4))


@pytest.mark.parametrize(
    ("last", "now", "written"),
    [
        ("", NOON, NOON),
        ("2026-11-20T11:00:00.000Z", NOON, NOON),
        ("2026-11-20T13:00:00.000Z", NOON, "2026-11-20T13:00:00.000Z"),
        ("2036-11-20T12:00:00.000Z", NOON, NOON),
    ],
)
def test_a_record_is_never_before_the_last_one_unless_that_was_written_far_ahead(last, now, written):
    assert times.following(last, now) == written


@pytest.mark.parametrize("leap", ["2036-11-20T12:00:00.000Z", "1999-01-01T00:00:00.000Z"])
def test_a_leap_of_the_clock_is_no_work(leap):
    from assembly_line.core.evolve import evolve

    line = Line().begin()
    before = line.run.worked
    after = evolve(line.run, Event("stop_blocked", {"count": 1}), leap)
    assert after.worked == before
