"""The store after crashes and after tampering: the journal counts, and nothing that was acknowledged is lost."""

import hashlib
import json
import os
import re
import shutil

import pytest

from assembly_line import paths
from assembly_line.core.run import Event
from assembly_line.engine import drive
from assembly_line.errors import LineError
from assembly_line.statefile import document
from assembly_line.storage import follow, journal, snapshot
from assembly_line.storage.journal import Damaged, canonical
from assembly_line.system import disk
from tests.storage.place import STATE, TASK, created, entry_of, held, lines_of, paused, ready
from tests.support.walk import start_event


class Crash(BaseException):
    """The process is gone."""


def rewritten(data, member, value, number=-1):
    """The journal with one record changed and the whole chain computed anew, without the key."""
    head, lines = journal.GENESIS, []
    found = [json.loads(text) for text in data.splitlines()]
    found[number]["data"] = {**found[number]["data"], member: value}
    for item in found:
        body = {name: part for name, part in item.items() if name not in ("h", "mac")}
        body["prev"] = head
        head = hashlib.sha256(canonical(body)).hexdigest()
        lines.append(canonical({**body, "h": head, "mac": item["mac"]}) + b"\n")
    return b"".join(lines)


def forged(data):
    """A record appended by somebody who knows the format but not the key."""
    last = json.loads(data.splitlines()[-1])
    body = {**{k: v for k, v in last.items() if k not in ("h", "mac")}, "seq": last["seq"] + 1, "prev": last["h"]}
    body |= {"kind": "refused", "data": {"what": "x", "why": "y"}, "key": ""}
    h = hashlib.sha256(canonical(body)).hexdigest()
    return data + canonical({**body, "h": h, "mac": "0" * 32}) + b"\n"


ATTACKS = {
    "truncated by whole lines": lambda data: b"".join(data.splitlines(keepends=True)[:2]),
    "truncated in a line": lambda data: data[:-30],
    "emptied": lambda data: b"",
    "a forged record appended": forged,
    "the last record rewritten with its chain": lambda data: rewritten(data, "reason", "x"),
    "the first record rewritten with its chain": lambda data: rewritten(data, "title", "another", 0),
    "a bit flipped": lambda data: data[:100] + bytes([data[100] ^ 1]) + data[101:],
    "the key's digest changed": lambda data: data.replace(b'"mac":"', b'"mac":"0', 1),
    "lines swapped": lambda data: b"".join(reversed(data.splitlines(keepends=True))),
    "something else": lambda data: b"hello\n",
}


@pytest.fixture
def grown(place):
    """A project with a run of four records."""
    place.begin()
    place.record(created(), paused())
    return place


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_journal_that_this_machine_did_not_write_is_put_back_and_the_other_kept_aside(grown, attack):
    before = grown.journal.read_bytes()
    after = ATTACKS[attack](before)
    assert after != before
    grown.journal.write_bytes(after)
    with grown.opened() as held:
        assert held.repairs.restored == (held.relative,)
        assert (held.run.stage, held.seq) == ("paused", 4)
        drive.record_repairs(held)
    assert grown.journal.read_bytes().startswith(before)
    assert [item["kind"] for item in lines_of(grown.journal)][4:] == ["tampered"]
    assert (grown.mirror.parent / f"{TASK}.tampered").read_bytes() == after


@pytest.mark.parametrize(("lease", "blamed"), [({}, False), (held(), True), (held(pid=2**22 + 1), False)])
def test_a_deleted_journal_is_put_back_and_is_tampering_while_a_session_drives_a_run(grown, lease, blamed):
    before = grown.journal.read_bytes()
    grown.vault.save_lease(TASK, lease)
    grown.journal.unlink()
    with grown.opened() as store:
        assert store.repairs.restored == ((store.relative,) if blamed else ())
        drive.record_repairs(store)
    assert grown.journal.read_bytes().startswith(before)
    assert [item["kind"] for item in lines_of(grown.journal)][4:] == ["tampered" if blamed else "repaired"]


def test_a_deleted_planning_folder_is_made_again(grown):
    before = grown.journal.read_bytes()
    shutil.rmtree(grown.root / "docs")
    with grown.opened() as held:
        drive.record_repairs(held)
    assert grown.journal.read_bytes().startswith(before)
    assert entry_of(grown)["status"] == "paused"


@pytest.mark.parametrize("kind", ["link", "dangling link", "fifo", "folder"])
def test_what_was_put_in_the_journals_place_is_taken_away_and_nothing_written_through_it(grown, kind, tmp_path):
    before = grown.journal.read_bytes()
    grown.journal.unlink()
    victim = tmp_path / "victim"
    if kind == "link":
        victim.write_bytes(b"theirs")
        grown.journal.symlink_to(victim)
    elif kind == "dangling link":
        grown.journal.symlink_to(victim)
    elif kind == "fifo":
        os.mkfifo(grown.journal)
    else:
        grown.journal.mkdir()
    with grown.opened() as held:
        assert held.run.stage == "paused"
    assert grown.journal.read_bytes() == before
    assert (victim.read_bytes() == b"theirs") if kind == "link" else not victim.exists()


def test_a_journal_folder_that_leads_out_of_the_project_is_never_written_through(grown, tmp_path):
    before = grown.journal.read_bytes()
    outside = tmp_path / "outside"
    shutil.move(grown.journal.parent, outside)
    grown.journal.parent.symlink_to(outside)
    with grown.opened() as held:
        held.record(Event("resumed", {"by": "s"}))
    assert (outside / grown.journal.name).read_bytes() == before
    assert grown.journal.read_bytes().startswith(before)
    assert not grown.journal.parent.is_symlink()


def test_without_a_mirror_damage_in_the_middle_is_refused_with_file_and_line(grown):
    shutil.rmtree(grown.data)
    grown.data.mkdir()
    lines = grown.journal.read_bytes().splitlines(keepends=True)
    grown.journal.write_bytes(b"".join([lines[0], lines[1][:-9] + b"\n", *lines[2:]]))
    before = grown.journal.read_bytes()
    with pytest.raises(Damaged, match=rf"docs/planning/journal/{TASK}\.jsonl:2:"), grown.opened():
        pass
    assert grown.journal.read_bytes() == before


def test_a_torn_end_is_cut_off_kept_aside_and_recorded(grown):
    sound = grown.journal.read_bytes()
    grown.journal.write_bytes(sound + b'{"data":{"half')
    with grown.opened() as held:
        assert held.repairs.cut_at is not None
        assert held.repairs.restored == ()
        drive.record_repairs(held)
        assert held.run.stage == "paused"
    assert [item["kind"] for item in lines_of(grown.journal)][4:] == ["repaired"]
    assert (grown.mirror.parent / f"{TASK}.torn").read_bytes() == b'{"data":{"half'
    assert grown.journal.read_bytes().startswith(sound)


def test_a_journal_from_another_machine_is_taken_as_it_is(grown):
    shutil.rmtree(grown.data)
    grown.data.mkdir()
    with grown.opened() as held:
        assert (held.run.stage, held.repairs.restored, held.repairs.cut_at) == ("paused", (), None)
        held.record(Event("resumed", {"by": "s"}))
    assert grown.mirror.read_bytes() == grown.journal.read_bytes()


def test_a_snapshot_is_used_only_for_the_journal_it_was_taken_from(grown, monkeypatch):
    monkeypatch.setattr(journal, "replay", lambda *_: pytest.fail("replayed although nothing changed"))
    with grown.opened() as held:
        assert held.run.stage == "paused"
    monkeypatch.undo()
    replayed = []
    real = journal.replay
    monkeypatch.setattr(journal, "replay", lambda *given: replayed.append(1) or real(*given))
    data = grown.journal.read_bytes()
    os.unlink(grown.journal)
    grown.journal.write_bytes(data)
    with grown.opened() as held:
        assert held.run.stage == "paused"
    assert replayed == [1]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b'{"v":1}', b'{"v":1,"stamp":[],"run":{}}', b"\xff\xfe", b'{"v":9}']
)
def test_a_snapshot_that_cannot_be_read_is_made_again(grown, content):
    grown.snapshot.write_bytes(content)
    with grown.opened() as held:
        assert held.run.stage == "paused"


def test_a_snapshot_of_another_release_is_made_again(grown):
    first, last = grown.snapshot.read_text().splitlines()
    found = json.loads(last)
    for run in ({**found, "member_of_tomorrow": 1}, {"task": TASK}, {**found, "stations": [[1]]}, []):
        grown.snapshot.write_text(f"{first}\n{json.dumps(run)}")
        with grown.opened() as held:
            assert (held.run.stage, held.seq) == ("paused", 4)


CRASHES = ["append", "mirror", "snapshot", "statefile", "note_stamp"]


def crash_at(monkeypatch, step):
    """The process dies when it comes to this step of a record."""

    def gone(*_args, **_kwargs):
        raise Crash

    if step in ("append", "mirror"):
        real = disk.append

        def append(path, data, **options):
            if path.endswith("data") or ("/projects/" in path) == (step == "mirror"):
                raise Crash
            real(path, data, **options)

        monkeypatch.setattr(disk, "append", append)
    elif step == "statefile":
        monkeypatch.setattr(document, "update", gone)
    elif step == "snapshot":
        monkeypatch.setattr(snapshot, "save", gone)
    else:
        monkeypatch.setattr("assembly_line.storage.vault.Vault." + step, gone)


@pytest.mark.parametrize("step", CRASHES)
def test_a_crash_at_any_step_of_a_record_leaves_a_whole_story(grown, monkeypatch, step):
    with monkeypatch.context() as patch:
        crash_at(patch, step)
        with pytest.raises(Crash), grown.opened() as held:
            held.record(Event("resumed", {"by": "s"}))
    with grown.opened() as held:
        drive.record_repairs(held)
        stage = held.run.stage
        assert (held.repairs.restored, held.repairs.cut_at) == ((), None)
    assert stage == ("paused" if step == "append" else "agent_preparation")
    kinds = [item["kind"] for item in lines_of(grown.journal)]
    assert "tampered" not in kinds
    assert "repaired" not in kinds
    assert entry_of(grown)["stage"] == stage
    assert grown.mirror.read_bytes() == grown.journal.read_bytes()


@pytest.mark.parametrize("step", CRASHES)
def test_a_crash_in_the_first_record_of_all_leaves_a_whole_story(place, monkeypatch, step):
    with monkeypatch.context() as patch:
        crash_at(patch, step)
        with pytest.raises(Crash):
            place.begin()
    with place.opened() as held:
        drive.record_repairs(held)
        if step == "append":
            assert held.run.number == 0
            return
        assert held.run.stage == "bundle_creation"
    assert [item["kind"] for item in lines_of(place.journal)] == ["run_started", "lease_taken"]
    assert entry_of(place)["status"] == "in_progress"


def test_what_a_killed_writer_left_behind_is_swept_away(grown):
    left = [grown.state.with_name(f"{grown.state.name}.4242.tmp"), grown.mirror.parent / f"{TASK}.run.json.4242.tmp"]
    for path in left:
        path.write_bytes(b"half")
    grown.snapshot.unlink()  # the killed writer did not come to it
    with grown.opened() as held:
        held.record(Event("resumed", {"by": "s"}))
    assert [path for path in left if path.exists()] == []


def test_the_state_file_is_written_after_every_event_that_changes_it(place):
    place.begin()
    for event, stage in ((created(), "agent_preparation"), (ready(), "ready_for_bundler"), (paused(), "paused")):
        held = place.record(event)
        shown = entry_of(place)
        assert (shown["stage"], shown["journal"]["events"], shown["journal"]["head"]) == (stage, held.seq, held.head)


def test_notes_leave_the_state_file_alone(grown):
    before = grown.state.read_bytes()
    grown.record(Event("refused", {"what": "x", "why": "y"}, key="k"))
    assert grown.state.read_bytes() == before


FORGERIES = {
    "status": lambda text: text.replace("status: paused", "status: completed"),
    "stage": lambda text: text.replace("stage: paused", "stage: completed"),
    "criteria": lambda text: text.replace("acceptance_criteria_met: 0", "acceptance_criteria_met: 3"),
    "entry removed": lambda text: text.partition("\ntasks:")[0] + "\ntasks: {}\n",
    "emptied": lambda text: "",
    "no YAML": lambda text: text + "\n<<<<<<< HEAD\nx: [\n",
    "a list": lambda text: "- a\n",
    "NUL": lambda text: text + "\0",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_state_file_that_shows_something_else_is_written_again_and_that_is_recorded(grown, forgery):
    grown.state.write_text(FORGERIES[forgery](grown.state.read_text()))
    with grown.opened() as held:
        assert drive.record_repairs(held) == (STATE,)
    assert entry_of(grown)["status"] == "paused"
    assert lines_of(grown.journal)[-1]["data"]["files"] == [STATE]
    with grown.opened() as held:
        assert drive.record_repairs(held) == ()


def test_a_deleted_state_file_is_written_again_with_all_tasks(grown):
    grown.begin("TASK-009")
    grown.state.unlink()
    with grown.opened() as held:
        assert drive.record_repairs(held) == (STATE,)
    assert entry_of(grown)["status"] == "paused"


def test_a_state_file_with_both_sides_of_a_merge_is_set_aside_and_rebuilt_and_that_is_no_tampering(grown):
    grown.begin("TASK-009")
    broken = grown.state.read_bytes().replace(b"\ntasks:\n", b"\n<<<<<<< ours\ntasks:\n=======\n>>>>>>> theirs\n")
    grown.state.write_bytes(broken)
    with grown.opened() as held:
        assert drive.record_repairs(held) == ()
    assert entry_of(grown)["status"] == "paused"
    assert entry_of(grown, "TASK-009")["status"] == "in_progress"
    (aside,) = (grown.root / paths.BUNDLES).glob(grown.state.name + ".unreadable*")
    assert aside.read_bytes() == broken
    assert "tampered" not in [line["kind"] for line in lines_of(grown.journal)]


def test_a_broken_journal_of_another_task_does_not_keep_a_state_file_from_being_rebuilt(grown):
    grown.begin("TASK-009")
    (grown.root / paths.journal("TASK-010")).write_bytes(b"hello\nworld\n")
    grown.state.write_bytes(b"{{{")
    with grown.opened() as held:
        drive.record_repairs(held)
    assert entry_of(grown)["status"] == "paused"
    assert entry_of(grown, "TASK-009")["status"] == "in_progress"


def test_a_persons_own_words_in_the_state_file_are_no_tampering(grown):
    text = grown.state.read_text()
    grown.state.write_text(f"# kept by hand\n{text}  OTHER-1:\n    status: done\n    note: 'mine'\n")
    with grown.opened() as held:
        assert drive.record_repairs(held) == ()
        held.record(Event("resumed", {"by": "s"}))
    after = grown.state.read_text()
    assert after.startswith("# kept by hand\n")
    assert "  OTHER-1:\n    status: done\n    note: 'mine'\n" in after
    assert entry_of(grown)["stage"] == "agent_preparation"


def test_an_entry_forged_while_another_task_runs_is_found_by_its_own_next_hook(grown):
    grown.begin("TASK-009")
    grown.state.write_text(grown.state.read_text().replace("status: in_progress", "status: completed"))
    with grown.opened() as held:
        assert drive.record_repairs(held) == ()
        held.record(Event("resumed", {"by": "s"}))
    with grown.opened("TASK-009") as held:
        assert drive.record_repairs(held) == (STATE,)
    assert entry_of(grown, "TASK-009")["status"] == "in_progress"


@pytest.mark.parametrize("named", ["README.md", "/etc/hosts", "../x/.project-state.yaml", "docs/planning/x.yaml", ""])
def test_a_strangers_journal_cannot_make_another_file_the_state_file(place, named):
    (place.root / "README.md").write_text("mine\n")
    begin = start_event()
    place.record(begin._replace(data={**begin.data, "state_file": STATE}))
    shutil.rmtree(place.data)
    place.data.mkdir()
    (place.root / STATE).unlink()
    place.journal.write_bytes(rewritten(place.journal.read_bytes(), "state_file", named, 0))
    with pytest.raises(Damaged, match="names no valid state file"), place.opened():
        pass
    assert (place.root / "README.md").read_text() == "mine\n"
    assert not place.state.exists()


def test_peek_reads_and_never_writes(grown):
    grown.journal.write_bytes(grown.journal.read_bytes() + b'{"half')
    before = grown.journal.read_bytes()
    with pytest.raises(Damaged, match=r"jsonl:5: the last line is cut off"):
        follow.peek(str(grown.root), TASK)
    assert grown.journal.read_bytes() == before


def test_an_event_that_the_table_refuses_writes_nothing(grown):
    before = grown.journal.read_bytes()
    with pytest.raises(LineError, match="not allowed"), grown.opened() as held:
        held.record(Event("served", {"dispatch": "d-0001", "model": "m"}), Event("completed", {}))
    assert grown.journal.read_bytes() == before


def test_a_full_disk_leaves_the_run_where_it_was(grown, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    before = grown.journal.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(disk, "_sync", full)
        with pytest.raises(OSError, match="No space"), grown.opened() as held:
            held.record(Event("resumed", {"by": "s"}))
        assert held.run.stage == "paused"
    assert grown.journal.read_bytes() == before
    grown.record(Event("resumed", {"by": "s"}))
    assert entry_of(grown)["stage"] == "agent_preparation"


def test_a_remedy_that_another_release_worded_otherwise_is_no_tampering(grown):
    with grown.opened() as held:
        drive.record_repairs(held)
    text = grown.state.read_text()
    assert "what_to_do: " in text
    grown.state.write_text(re.sub(r"what_to_do: .*", "what_to_do: as an earlier release said it", text))
    with grown.opened() as held:
        assert drive.record_repairs(held) == ()
