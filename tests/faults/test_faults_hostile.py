"""Hostile files, ids, payloads and environments: one clear line, and nothing else happens."""

import os
import shutil

import pytest

from tests.sweeps import fuzz, hostile
from tests.sweeps.desk import Desk

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")
SLOW = 10.0  # seconds that an answer may take here, where other work may go on beside; the sweep demands one


@pytest.fixture(scope="module")
def blank(tmp_path_factory):
    return Desk(tmp_path_factory.mktemp("blank") / "desk", git=False)


@pytest.mark.parametrize("case", list(hostile.cases()), ids=lambda case: case.name.encode("ascii", "replace").decode())
def test_a_hostile_project_gets_one_clear_line_and_nothing_is_written(blank, tmp_path, case, monkeypatch):
    monkeypatch.setattr(hostile, "LIMIT", SLOW)
    desk = hostile.copied(blank, tmp_path / "desk")
    assert hostile.tried(desk, case, desk.fork) == []


@pytest.mark.parametrize("event", ["PreToolUse", "UserPromptExpansion", "Stop"])
@pytest.mark.parametrize("name", list(hostile.payloads()))
def test_input_that_is_no_event_blocks_a_gate_and_is_named_elsewhere(blank, event, name):
    assert hostile.refused(event, name, blank.fork(hostile.payloads()[name], event), SLOW) == []


@pytest.mark.parametrize("event", ["PreToolUse", "UserPromptExpansion", "Stop"])
@pytest.mark.parametrize("name", list(hostile.accepted()))
def test_an_odd_event_that_concerns_no_run_is_left_alone(blank, event, name):
    said = blank.fork(hostile.accepted()[name], event)
    assert (said.status, said.out, said.err) == (0, "", "")


def test_nothing_that_lies_in_the_project_is_run_whatever_the_environment_says(place):
    if shutil.which("git") is None:
        pytest.skip("git is not there")
    tally = hostile.planted(place, ("PYTHONPATH", "PATH begins in the project"))
    if tally is None:
        pytest.skip("this Python is in no virtual environment")
    assert tally.misses == []


def test_no_changed_payload_escapes_as_an_error_or_turns_a_decision(place):
    assert fuzz.in_process(place, 600, seed=5).misses == ()
