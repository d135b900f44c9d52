"""A power failure leaves the old or the new, and never less than was acknowledged."""

import pytest

from tests.sweeps import power

DELIVERIES = power.events()[:3]


def test_whatever_a_power_failure_leaves_the_store_opens_it_with_all_that_was_acknowledged(place):
    wrong = [(said, faults) for said, faults in power.explore(place / "disk", DELIVERIES, 150) if faults]
    assert wrong == []


@pytest.mark.parametrize("mistake", list(power.mutants()))
def test_a_mistake_in_the_writing_code_is_found_by_that(place, mistake):
    assert power.caught(place / "disk", mistake, DELIVERIES, 250)
