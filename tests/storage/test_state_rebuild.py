"""The state file that is made from snapshots is the one that the journals give."""

import json
import os

import pytest

from assembly_line.core.projection import plain, project
from assembly_line.core.run import Event
from assembly_line.errors import LineError
from assembly_line.statefile import document, edit
from assembly_line.statefile import rebuild as rebuilding
from assembly_line.storage import follow, journal
from assembly_line.system import disk
from tests.storage.place import STATE, TASK, Place, created, entry_of, lines_of, paused

TASKS = ("TASK-007", TASK, "TASK-009")


@pytest.fixture
def grown(place: Place) -> Place:
    """Three runs, one of them with a note that the state file does not show."""
    for task in TASKS:
        place.begin(task)
        place.record(created(), paused(), task=task)
    place.record(Event("refused", {"what": "x", "why": "y"}, key="k"))
    return place


def rebuild(place: Place) -> int:
    return rebuilding.rebuild(str(place.root), STATE, place.vault)


def snapshot(place: Place, **changed: object) -> None:
    """Change what precedes the run in the task's snapshot."""
    first, rest = place.snapshot.read_text().split("\n", 1)
    place.snapshot.write_text(f"{json.dumps({**json.loads(first), **changed})}\n{rest}")


@pytest.mark.parametrize("known", [True, False])
def test_an_entry_is_the_projection_of_its_journal_and_points_to_its_last_record(grown, known, monkeypatch):
    grown.state.unlink()
    if known:
        monkeypatch.setattr(journal, "parse", lambda *_: pytest.fail("read a journal that is known"))
    else:
        grown.snapshot.unlink()
    assert rebuild(grown) == 3
    monkeypatch.undo()
    run, _ = follow.peek(str(grown.root), TASK)
    last = lines_of(grown.journal)[-1]
    pointer = {"path": f"docs/planning/journal/{TASK}.jsonl", "events": last["seq"], "head": last["h"]}
    assert entry_of(grown) == {**plain(project(run)), "journal": pointer}


def test_a_snapshot_of_a_journal_that_somebody_wrote_since_is_not_believed(grown):
    snapshot(grown, block=f"  {TASK}:\n    status: completed\n")
    data = grown.journal.read_bytes()
    grown.journal.unlink()
    grown.journal.write_bytes(data)
    rebuild(grown)
    assert entry_of(grown)["status"] == "paused"


@pytest.mark.parametrize(
    "changed", [{"v": 1}, {"v": 2}, {"stamp": []}, {"stamp": [1, 2, 3, 4]}, {"stamp": None}], ids=str
)
def test_a_snapshot_of_another_release_or_stamp_is_not_used(grown, changed):
    snapshot(grown, block=f"  {TASK}:\n    status: completed\n", **changed)
    rebuild(grown)
    assert entry_of(grown)["status"] == "paused"


@pytest.mark.parametrize("content", [b"", b"{", b"[]\n{}", b"{}\n{}", b'{"v":2}', b"\xff\n", b"\0" * 5000])
def test_a_snapshot_that_cannot_be_read_is_not_used(grown, content):
    grown.snapshot.write_bytes(content)
    assert rebuild(grown) == 3
    assert entry_of(grown)["status"] == "paused"


def test_a_link_in_the_place_of_a_journal_or_of_its_folder_is_refused(grown, tmp_path):
    kept = tmp_path / "elsewhere.jsonl"
    os.rename(grown.journal, kept)
    grown.journal.symlink_to(kept)
    with pytest.raises(LineError, match="symbolic link"):
        rebuild(grown)
    grown.journal.unlink()
    os.rename(grown.journal.parent, tmp_path / "folder")
    grown.journal.parent.symlink_to(tmp_path / "folder")
    with pytest.raises(LineError, match="symbolic link"):
        rebuild(grown)


def test_an_empty_journal_gives_no_entry(grown):
    grown.journal.with_name("TASK-010.jsonl").write_bytes(b"")
    assert rebuild(grown) == 3
    assert rebuilding.state_files(str(grown.root)) == [STATE]


def test_a_file_that_is_known_is_rebuilt_without_a_parser(grown, monkeypatch):
    before = grown.state.read_text()
    rebuild(grown)
    text = grown.state.read_text().replace("events: 4", "events: 3").replace("stage: paused", "stage: x")
    disk.write(str(grown.state), text.encode())
    document.adopt(str(grown.root), STATE, grown.vault, 3)
    monkeypatch.setattr(edit, "apply", lambda *_: pytest.fail("parsed a file that is known"))
    monkeypatch.setattr(document, "load", lambda *_: pytest.fail("parsed a file that is known"))
    assert rebuilding.renew(str(grown.root), STATE, grown.vault) == (3, "")
    assert {line for line in before.splitlines() if "stage:" in line} <= set(grown.state.read_text().splitlines())
    assert entry_of(grown)["journal"]["events"] == 5
