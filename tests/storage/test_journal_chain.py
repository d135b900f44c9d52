"""The journal's lines: what is read back, what is repaired, what is refused."""

import json
import random

import pytest

from assembly_line.core.run import Run
from assembly_line.errors import LineError
from assembly_line.storage import journal
from assembly_line.storage.journal import GENESIS, Damaged, canonical, parse, replay, seal
from tests.support.walk import Line, verdict

KEY = b"k" * 32
TASK = "TASK-008"
NAME = f"docs/planning/journal/{TASK}.jsonl"


def written(line, task=TASK, key=KEY):
    """The journal of a run walked in memory."""
    from assembly_line.core.evolve import evolve

    run, head, lines = Run(), GENESIS, []
    for number, (event, ts) in enumerate(line.records, 1):
        run = evolve(run, event, ts)
        record, text = seal(event, ts, task, run, number, head, key)
        head = record.h
        lines.append(text)
    return lines


WALK = Line().begin().until("validation").work(verdict({"AC-2": "developer"})).until("completed")
LINES = written(WALK)
DATA = b"".join(LINES)
COUNT = len(LINES)


def resealed(number, **members):
    """The journal with one record changed and its hash made to fit again."""
    import hashlib

    value = {**json.loads(LINES[number]), **members}
    body = {name: member for name, member in value.items() if name not in ("h", "mac")}
    value["h"] = hashlib.sha256(canonical(body)).hexdigest()
    return [*LINES[:number], canonical(value) + b"\n", *LINES[number + 1 :]]


def test_a_journal_is_read_back_and_replayed_to_the_same_run():
    records, torn = parse(DATA, NAME, TASK)
    assert torn is None
    assert len(records) == COUNT
    assert replay(records, NAME) == WALK.run


def test_an_empty_journal_is_a_task_that_was_never_run():
    assert parse(b"", NAME, TASK) == ([], None)
    assert replay([], NAME) == Run()


@pytest.mark.parametrize("cut", range(COUNT + 1))
def test_the_first_lines_of_a_journal_lead_to_the_run_as_it_was_then(cut):
    from tests.support.walk import fold

    records, torn = parse(b"".join(LINES[:cut]), NAME, TASK)
    assert torn is None
    assert replay(records, NAME) == fold(WALK.records[:cut])


def test_a_bit_flipped_anywhere_is_never_believed():
    dice, told = random.Random(8), []
    for _ in range(400):
        place = dice.randrange(len(DATA))
        flipped = bytearray(DATA)
        flipped[place] ^= 1 << dice.randrange(8)
        line = DATA.count(b"\n", 0, place) + 1
        try:
            records, torn = parse(bytes(flipped), NAME, TASK)
        except Damaged as error:
            told.append(str(error).startswith((f"{NAME}:{line}:", f"{NAME}:{line + 1}:")))
            continue
        if torn is not None:
            assert len(records) == COUNT - 1
            continue
        # Only the keyed digest is outside of the chain; the mirror and the key tell it.
        assert [record._replace(mac="") for record in records] == [
            record._replace(mac="") for record in parse(DATA, NAME, TASK)[0]
        ]
        assert records != parse(DATA, NAME, TASK)[0]
    assert told
    assert all(told)


@pytest.mark.parametrize("number", range(COUNT - 1))
@pytest.mark.parametrize("attack", ["delete", "duplicate", "swap"])
def test_a_line_deleted_duplicated_or_swapped_is_refused_with_its_place(attack, number):
    lines = list(LINES)
    if attack == "delete":
        del lines[number]
    elif attack == "duplicate":
        lines.insert(number, lines[number])
    else:
        lines[number], lines[number + 1] = lines[number + 1], lines[number]
    with pytest.raises(Damaged, match=rf"{NAME}:{number + (2 if attack == 'duplicate' else 1)}: chain is broken"):
        parse(b"".join(lines), NAME, TASK)


def test_a_last_line_that_is_whole_but_does_not_belong_there_is_no_torn_end():
    with pytest.raises(Damaged, match="chain is broken"):
        parse(DATA + LINES[-1], NAME, TASK)


@pytest.mark.parametrize("number", [0, COUNT // 2, COUNT - 1])
def test_a_version_of_a_later_release_is_refused_wherever_it_stands(number):
    with pytest.raises(Damaged, match=rf"{NAME}:{number + 1}: version 2 is not supported"):
        parse(b"".join(resealed(number, v=2)), NAME, TASK)


def test_the_journal_of_another_task_is_refused_even_with_a_single_line():
    for data in (DATA, LINES[0]):
        with pytest.raises(Damaged, match=r":1: record of TASK-008 in the journal of TASK-009"):
            parse(data, NAME, "TASK-009")


@pytest.mark.parametrize("size", [1, 10, len(LINES[-1]) // 2, len(LINES[-1]) - 1])
def test_a_torn_last_line_is_told_from_the_sound_part(size):
    sound = b"".join(LINES[:-1])
    records, torn = parse(sound + LINES[-1][:size], NAME, TASK)
    assert len(records) == COUNT - 1
    assert torn == journal.Torn(len(sound), LINES[-1][:size])


def test_a_last_line_whose_pages_came_out_of_order_is_torn():
    line = b"\0" * 40 + LINES[-1][40:]
    records, torn = parse(b"".join(LINES[:-1]) + line, NAME, TASK)
    assert len(records) == COUNT - 1
    assert torn is not None


@pytest.mark.parametrize("number", range(0, COUNT - 1, 5))
def test_a_line_cut_in_the_middle_is_damage_and_not_repaired(number):
    lines = [*LINES[:number], LINES[number][:-20] + b"\n", *LINES[number + 1 :]]
    with pytest.raises(Damaged, match=f"{NAME}:{number + 1}:"):
        parse(b"".join(lines), NAME, TASK)


SPELLINGS = {
    "a member twice": lambda text: text.replace(b'"seq":', b'"seq":1,"seq":', 1),
    "a blank": lambda text: text.replace(b'"seq":', b'"seq": ', 1),
    "another order": lambda text: canonical(dict(reversed(json.loads(text).items()))).replace(b'{"data"', b'{ "data"'),
    "an escape that is not needed": lambda text: text.replace(b"TASK-008", b"\\u0054ASK-008", 1),
    "carriage return": lambda text: text[:-1] + b"\r\n",
    "not a record": lambda text: b"[]\n",
    "not JSON": lambda text: b"hello\n",
    "a number as text": lambda text: text.replace(b'"v":1', b'"v":"1"', 1),
    "NaN": lambda text: text.replace(b'"v":1', b'"v":NaN', 1),
    "another digest": lambda text: text.replace(b'"h":"', b'"h":"0', 1),
    "not ASCII": lambda text: text.replace(b"TASK-008", "TÄSK-008".encode(), 1),
    "deep nesting": lambda text: b"[" * 100_000 + b"\n",
    "an empty line": lambda text: b"\n",
}


@pytest.mark.parametrize("case", SPELLINGS)
def test_a_line_in_another_spelling_is_refused_with_its_place(case):
    lines = [*LINES[:3], SPELLINGS[case](LINES[3]), *LINES[4:]]
    with pytest.raises(Damaged, match=rf"{NAME}:[45]: ") as refused:
        parse(b"".join(lines), NAME, TASK)
    assert "\n" not in str(refused.value)


def test_a_recomputed_chain_that_the_state_machine_does_not_allow_is_refused():
    with pytest.raises(Damaged, match=rf"{NAME}:1: "):
        replay([parse(DATA, NAME, TASK)[0][3]._replace(seq=1)], NAME)


@pytest.mark.parametrize("member", [{"stage": "completed"}, {"run": 7}])
def test_a_record_that_says_another_stage_than_replay_gives_is_refused(member):
    records = parse(DATA, NAME, TASK)[0]
    with pytest.raises(Damaged, match=f"{NAME}:{records[4].seq}:"):
        replay([*records[:4], records[4]._replace(**member), *records[5:]], NAME)


def test_a_record_without_the_data_of_its_kind_is_refused():
    records = parse(DATA, NAME, TASK)[0]
    for number, record in enumerate(records):
        if record.data:
            try:
                replay([*records[:number], record._replace(data={})], NAME)
            except Damaged as error:
                assert f"{NAME}:{number + 1}:" in str(error)  # noqa: PT017 - kinds without data of their own pass


def test_the_keyed_digest_needs_the_key():
    first, second = parse(DATA, NAME, TASK)[0][0], parse(b"".join(written(WALK, key=b"z" * 32)), NAME, TASK)[0][0]
    assert first.h == second.h
    assert first.mac != second.mac
    assert parse(b"".join(written(WALK, key=b"")), NAME, TASK)[0][0].mac == ""


def test_a_record_over_the_limit_is_refused_before_anything_is_written():
    event, ts = WALK.records[0]
    event = event._replace(data={**event.data, "description": "x" * journal.MAX_LINE})
    with pytest.raises(LineError, match="TASK-008: a run_started record of"):
        seal(event, ts, TASK, Run(number=1), 1, GENESIS, KEY)


def test_canonical_json_is_ascii_sorted_and_without_blanks():
    assert canonical({"b": "ü\u2028", "a": [1, None]}) == b'{"a":[1,null],"b":"\\u00fc\\u2028"}'
    with pytest.raises(ValueError, match="Out of range"):
        canonical({"a": float("nan")})
