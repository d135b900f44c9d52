"""The records that a step reads again from a journal that was found sound."""

import hashlib
import json

import pytest

from assembly_line.core.events import ALL
from assembly_line.core.run import Event
from assembly_line.engine import drive
from assembly_line.storage import journal
from assembly_line.storage.journal import Damaged
from tests.storage.place import TASK, make

WORDS = ['x","kind":"paused', "\u2028\x85\x0b\x0c\r\n", '","kind":"refused"}\\', ""]


@pytest.fixture
def place(tmp_path):
    made = make(tmp_path)
    made.begin()
    return made


def refused(what, key):
    return Event("refused", {"what": what, "kind": what, "why": {"kind": "paused", "zz": what}}, key=key)


def test_records_are_told_by_their_own_kind_whatever_their_data_hold(place):
    place.record(*(refused(word, f"k{number}") for number, word in enumerate(WORDS)))
    data = place.journal.read_bytes()
    records, _ = journal.parse(data, "x", TASK)
    assert journal.recall(data, ALL) == records
    for kind in sorted(ALL):
        assert journal.recall(data, {kind}) == [record for record in records if record.kind == kind]


def test_records_of_one_run_are_told_by_its_own_number_whatever_their_data_hold(place):
    place.record(refused('","run":2,', "k1"), Event("aborted", {"reason": "restart", "message": "anew"}))
    place.begin()
    data = place.journal.read_bytes()
    records, _ = journal.parse(data, "x", TASK)
    for number in (1, 2, 3):
        assert journal.recall(data, ALL, number) == [item for item in records if item.run == number]


def test_a_journal_that_is_changed_while_a_hook_works_gives_no_records_and_is_put_back_by_the_next(place):
    with place.opened() as held:
        held.record(refused("Write by relay", "k1"))
        sound = place.journal.read_bytes()
        place.journal.write_bytes(sound.replace(b"Write by relay", b"Writ3 by relay"))
    with pytest.raises(Damaged), place.opened() as held:
        held.records()
    with place.opened() as held:
        assert drive.record_repairs(held) == (held.relative,)
        assert [record.data["what"] for record in held.records({"refused"})] == ["Write by relay"]
    assert place.journal.read_bytes().startswith(sound)


def test_a_journal_that_is_forged_with_fitting_hashes_while_a_hook_works_is_not_believed_either(place):
    with place.opened() as held:
        held.record(refused("Write by relay", "k1"))
        sound = place.journal.read_bytes()
        place.journal.write_bytes(rehashed(sound, b"Write by relay", b"Forged by x"))
    with pytest.raises(Damaged, match="changed while being read"), place.opened() as held:
        held.records()
    with place.opened() as held:
        assert drive.record_repairs(held) == (held.relative,)
        assert [record.data["what"] for record in held.records({"refused"})] == ["Write by relay"]


@pytest.mark.parametrize("left", [b"", b"\0" * 300, b'{"a":'])
def test_a_mirror_that_a_power_failure_cut_takes_nothing_from_a_sound_journal(place, left):
    place.record(refused("Write by relay", "k1"))
    sound = place.mirror.read_bytes()
    place.mirror.write_bytes(sound[: sound.rfind(b"\n", 0, -1) + 20] + left)
    with place.opened() as held:
        assert [record.data["what"] for record in held.records({"refused"})] == ["Write by relay"]
        held.record(refused("Write by relay", "k2"))
    with place.opened() as held:
        assert drive.record_repairs(held) == ()
        assert len(held.records({"refused"})) == 2
    assert place.mirror.read_bytes() == place.journal.read_bytes()


def rehashed(data, old, new):
    """The journal with a text replaced and every hash made to fit again, as somebody without the key could."""
    lines, head = [], journal.GENESIS
    for text in data.replace(old, new).splitlines():
        value = {**json.loads(text), "prev": head}
        body = {name: member for name, member in value.items() if name not in ("h", "mac")}
        head = hashlib.sha256(journal.canonical(body)).hexdigest()
        lines.append(journal.canonical({**value, "h": head}) + b"\n")
    return b"".join(lines)
