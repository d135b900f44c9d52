"""A hook that is killed at any moment and called again leaves what an undisturbed one leaves."""

import pytest

from sweeps import crash
from sweeps.scenes import MOMENTS

pytestmark = pytest.mark.skipif(not hasattr(crash.os, "fork"), reason="processes cannot be forked here")
STEP = 31  # of the calls of a moment, one in so many; the sweep takes all


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.name)
def test_an_event_delivered_again_after_a_kill_leads_where_it_leads_without_one(place, moment):
    assert crash.forked(place, [moment], STEP).misses == ()
