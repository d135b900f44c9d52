"""Secrets are not recorded, and terminal escapes reach no screen, whoever says them."""

import os

import pytest

from sweeps import planted

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")


@pytest.mark.parametrize("ends", ["completed", "failed"])
def test_no_secret_of_a_task_a_report_or_a_command_line_is_recorded(place, ends):
    text = "\n".join(planted.SECRETS.values())
    assert planted.secret(place / "desk", text, ends) == []


@pytest.mark.parametrize("name", ["AWS key", "bearer", "password in a URL", "API key in JSON"])
def test_a_secret_is_found_where_it_stands_alone(place, name):
    assert planted.secret(place / "desk", planted.SECRETS[name], "failed") == []


def test_no_terminal_escape_comes_out_as_it_was(place):
    assert planted.escape(place / "desk", " ".join(planted.ESCAPES.values())) == []
