"""Many deliveries at once: each event is applied once."""

import os

import pytest

from tests.sweeps import hammer, repeats
from tests.sweeps.scenes import MOMENTS

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")
CHOSEN = ("start", "dispatch", "developer reports", "restart")


def test_writers_that_are_killed_and_begin_again_lose_no_event_and_repeat_none(place):
    assert hammer.hammer(place, writers=4, events=30, kills=10, tasks=2).misses == ()


@pytest.mark.parametrize("moment", [item for item in MOMENTS if item.name in CHOSEN], ids=lambda moment: moment.name)
def test_an_event_that_arrives_ten_times_at_once_counts_once_and_is_answered_alike(place, moment):
    assert repeats.repeated(place, [moment]).misses == ()
