"""Secrets are not recorded, and terminal escapes reach no screen, whoever says them."""

import os

import pytest

from tests.sweeps import planted

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")
NAMES = list(planted.SECRETS)


@pytest.mark.parametrize(("part", "ends"), [(0, "completed"), (1, "failed"), (2, "failed")])
def test_no_secret_of_a_task_a_report_or_a_command_line_is_recorded(place, part, ends):
    text = "\n".join(planted.SECRETS[name] for name in NAMES[part::3])
    assert planted.secret(place / "desk", text, ends) == []


def test_a_secret_in_a_report_that_is_refused_is_not_quoted(place):
    text = "\n".join(planted.SECRETS.values()) + "x" * 2000
    found = planted.secret(place / "desk", text, "failed")
    assert [name for name in found if not name.startswith("the run is")] == []


def test_no_terminal_escape_comes_out_as_it_was(place):
    assert planted.escape(place / "desk", " ".join(planted.ESCAPES.values())) == []
