"""A call that fails is answered with the right exit status, and the event can be delivered again."""

import os

import pytest

from tests.sweeps import errors

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")
STEP = 83


@pytest.mark.parametrize("moment", errors.moments(), ids=lambda moment: moment.name)
def test_a_failing_call_blocks_a_gate_or_is_said_and_loses_nothing(place, moment):
    assert errors.forked(place, [moment], STEP).misses == ()
