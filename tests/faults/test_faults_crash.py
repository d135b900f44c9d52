"""A hook that is killed at any moment and called again leaves what an undisturbed one leaves."""

import pytest

from tests.sweeps import crash
from tests.sweeps.scenes import MOMENTS

pytestmark = pytest.mark.skipif(not hasattr(crash.os, "fork"), reason="processes cannot be forked here")
STEP = 43  # of the calls of a moment, one in so many; the sweep takes all


CHOSEN = (
    "start",
    "dispatch",
    "developer reports",
    "verdict PASS, summary",
    "last verdict FAIL, failure report",
    "compliance PASS, completion",
    "pause",
    "restart",
    "tampering undone",
)


@pytest.mark.parametrize("moment", [item for item in MOMENTS if item.name in CHOSEN], ids=lambda moment: moment.name)
def test_an_event_delivered_again_after_a_kill_leads_where_it_leads_without_one(place, moment):
    assert crash.forked(place, [moment], STEP).misses == ()
