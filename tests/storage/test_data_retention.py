"""The plugin's data folder is closed to others, and keeps nothing of projects that are gone."""

import os
import stat
import time

import pytest

from assembly_line.engine import retention
from assembly_line.storage.vault import Vault

DAY = 24 * 3600


def vault_of(place, name, days, kind="there"):
    """What is remembered of another project, last changed some days ago."""
    root = place.root.parent / name
    if kind == "there":
        root.mkdir()
    vault = Vault(str(root), str(place.data))
    if kind != "of an earlier release":
        vault.note_tree({"id": name, "root": str(root), "noted": True})
    vault.keep("x", b"x")
    if kind == "set aside":
        root.mkdir()
        vault.set_aside()
        vault.folder += ".earlier"
    then = time.time() - days * DAY
    os.utime(vault.folder, (then, then))
    return vault.folder


@pytest.mark.parametrize(
    ("kind", "days", "is_kept"),
    [
        ("there", 1000, True),
        ("gone", 29, True),
        ("gone", 31, False),
        ("set aside", 29, True),
        ("set aside", 31, False),
        ("of an earlier release", 179, True),
        ("of an earlier release", 181, False),
    ],
)
def test_what_is_remembered_of_a_project_is_kept_as_long_as_it_may_be_of_use(place, kind, days, is_kept):
    folder = vault_of(place, "other", days, kind)
    retention.tidy(place.vault)
    assert os.path.isdir(folder) == is_kept


@pytest.mark.parametrize(("days", "is_kept"), [(29, True), (31, False)])
def test_the_marker_of_a_session_that_is_long_over_is_removed(place, days, is_kept):
    path = place.data / "sessions/one"
    path.parent.mkdir()
    path.write_text("run\n")
    then = time.time() - days * DAY
    os.utime(path, (then, then))
    retention.tidy(place.vault)
    assert path.exists() == is_kept


def test_the_data_folder_is_closed_to_others(place):
    place.data.chmod(0o755)
    retention.tidy(place.vault)
    assert stat.S_IMODE(place.data.stat().st_mode) == 0o700


@pytest.mark.parametrize(("size", "is_kept"), [(retention.COPIES - 1, True), (retention.COPIES + 1, False)])
def test_copies_of_files_are_dropped_when_they_are_too_many(place, size, is_kept):
    path = os.path.join(place.vault.folder, "git/objects/aa/bb")
    os.makedirs(os.path.dirname(path))
    with open(path, "wb") as file:
        file.truncate(size)
    retention.tidy(place.vault)
    assert os.path.exists(path) == is_kept
