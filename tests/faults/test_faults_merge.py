"""Branches with runs of their own, merged by git."""

import os
import shutil

import pytest

from tests.sweeps import merge

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork") or shutil.which("git") is None, reason="processes cannot be forked, or git is not there"
)


CHOSEN = (merge.different_tasks, merge.goes_on, merge.by_command, merge.worktrees, merge.same_task)


@pytest.mark.parametrize("way", CHOSEN, ids=lambda way: way.__name__)
def test_merged_records_are_sound_rebuilt_or_refused_with_file_line_and_remedy(place, way):
    assert merge.tried(place / "desk", way) == []
