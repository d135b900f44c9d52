"""The state file keeps what it does not know, and both ways of writing it give the same data."""

import re
import shutil
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assembly_line.core.projection import STATUSES
from assembly_line.errors import LineError
from assembly_line.statefile import document, edit, layout, sides
from assembly_line.system import disk
from assembly_line.yamlio import writer
from assembly_line.yamlio.reader import load_yaml
from tests.storage.place import STATE, make
from tests.support.walk import Line

NOW = "2026-11-20T12:00:00.000Z"
LATER = "2026-11-20T12:00:01.000Z"
RUN = Line().begin().run
TITLES = ["plain", "a: b", "😀", "x\u2028y: z", "- a", "no", "#", "'\"\\", "", "null", "\n", "\x85", "1e3", "x" * 200]


def entry(status="in_progress", title="plain", **members):
    body = {"status": status, "stage": status, "title": title, "iterations": 1, "completed_at": None}
    return {**body, "history": [{"iteration": 1, "gaps": [{"gap": title}]}], **members}


def blocks(entries):
    """The lines of each entry."""
    return {task: layout.marked(task, body) for task, body in entries.items()}


def update(place, task, body, now=NOW):
    document.update(str(place.root), STATE, blocks({task: body}), now, place.vault)


def shown(place):
    return yaml.safe_load(place.state.read_text("utf-8"))


def put(place, text):
    place.state.parent.mkdir(parents=True, exist_ok=True)
    place.state.write_bytes(text.encode())


def test_a_new_file_has_all_members_in_order(place):
    update(place, "TASK-008", entry())
    found = shown(place)
    assert list(found.items()) == [
        ("version", "1.0"),
        ("type", "project"),
        ("created_at", NOW),
        ("tasks", {"TASK-008": entry()}),
    ]


@pytest.mark.parametrize(
    ("name", "kind"),
    [(".project-state.yaml", "project"), (".feature-a-state.yaml", "feature"), (".issue-1-state.yaml", "issue")],
)
def test_the_type_is_told_by_the_files_name(place, name, kind):
    document.update(str(place.root), f"docs/planning/{name}", blocks({"TASK-1": entry()}), NOW, place.vault)
    assert document.load(str(place.root), f"docs/planning/{name}")["type"] == kind


@pytest.mark.parametrize("title", TITLES)
def test_any_text_survives_in_its_entry_and_harms_no_other(place, title):
    update(place, "TASK-1", entry(title="first"))
    update(place, "TASK-2", entry(title=title))
    update(place, "TASK-3", entry(title="third"))
    update(place, "TASK-2", entry("completed", title), LATER)
    assert shown(place)["tasks"] == {
        "TASK-1": entry(title="first"),
        "TASK-2": entry("completed", title),
        "TASK-3": entry(title="third"),
    }
    assert document.load(str(place.root), STATE)["tasks"] == shown(place)["tasks"]


@pytest.mark.parametrize(
    "task", ["TASK-1", "no", "1", "1.5", "null", "2026-01-01", "a.b_c-d", "true", "0x1f", "x" * 64]
)
def test_any_id_can_be_an_entry(place, task):
    for status in ("in_progress", "paused", "completed"):
        update(place, task, entry(status))
        assert document.load(str(place.root), STATE)["tasks"] == {task: entry(status)}


FOREIGN = {
    "entries after ours": "tasks:\n  {ours}\n  Z-1:\n    status: done\n",
    "a flow entry": "tasks:\n  Z-1: {{status: pending, n: 1}}\n  {ours}\n",
    "a quoted id": 'tasks:\n  "Z-1":\n    status: completed\n',
    "four columns": "tasks:\n    Z-1:\n        status: failed\n",
    "one column": "tasks:\n Z-1:\n  status: failed\n",
    "three columns inside": "tasks:\n  Z-1:\n     status: failed\n     x: 1\n",
    "members after the tasks": "tasks:\n  Z-1:\n    status: done\nnotes: mine\nlist:\n- a\n- b\n",
    "members before the tasks": "owner: me\nnested:\n  deep: {{a: [1, 2]}}\ntasks:\n  Z-1:\n    status: paused\n",
    "no tasks": "owner: me\n",
    "empty tasks": "tasks:\nowner: me\n",
    "empty flow of tasks": "tasks: {{}}\nowner: me\n",
    "comments": "# top\n\n# second\ntasks:\n  # before\n  Z-1:  # beside\n    status: done # s\n  # between\n\n  Z-2:\n"
    "    # inner\n    a: 1\n# after\nowner: me  # end\n# last\n",
    "document start": "---\ntasks:\n  Z-1:\n    status: done\n",
    "carriage returns": "owner: me\r\ntasks:\r\n  Z-1:\r\n    status: done\r\n",
    "no last line feed": "tasks:\n  Z-1:\n    status: done",
    "byte order mark": "\ufefftasks:\n  Z-1:\n    status: done\n",
    "block scalars": "tasks:\n  Z-1:\n    note: |\n      status: x\n\n      tasks:\n    text: >-\n      a\n      b\n",
    "a text that ends like a comment": "tasks:\n  Z-1:\n    status: x\n    note: |\n      a\n      # b\n# c\n",
    "a status in a text": 'tasks:\n  Z-1:\n    note: "x\n\n      status: done"\n    status: failed\n',
    "entries that are no mappings": "tasks:\n  Z-1: done\n  Z-2:\n  Z-3: [1]\n",
    "only a comment": "# nothing yet\n",
    "empty": "",
    "statistics of another tool": "statistics:\n  total: 99\n  mine: 4\ntasks:\n  Z-1:\n    status: done\n",
    "ours in one line": "tasks:\n  TASK-008: {{status: paused}}\n  Z-1:\n    status: done\n",
    "ours quoted": "tasks:\n  'TASK-008':\n    status: paused\n  Z-1:\n    status: done\n",
    "ours with a comment": "tasks:\n  TASK-008:  # mine\n    status: paused\n  Z-1:\n    status: done\n",
    "ours without status": "tasks:\n  TASK-008:\n    x: 1\n  Z-1:\n    status: done\n",
    "ours with an odd status": "tasks:\n  TASK-008:\n    status: done\n  Z-1:\n    status: in_progress\n",
}


@pytest.mark.parametrize("case", FOREIGN)
def test_foreign_keys_tasks_and_comments_survive_every_update(place, case):
    text = FOREIGN[case].format(ours="Y-1:\n    status: pending")
    put(place, text)
    before = load_yaml(text.lstrip("\ufeff").replace("\r\n", "\n"), "x") or {}
    comments = [line.strip() for line in text.splitlines() if line.strip().startswith("#")]
    wanted = dict(before.get("tasks") or {})
    for task, status in (
        ("TASK-008", "in_progress"),
        ("Z-9", "in_progress"),
        ("TASK-008", "completed"),
        ("Z-9", "paused"),
    ):
        update(place, task, entry(status), LATER)
        wanted[task] = entry(status)
        after = load_yaml(place.state.read_text("utf-8"), "x")
        assert after["tasks"] == wanted
        assert {name: after[name] for name in before if name != "tasks"} == {
            name: value for name, value in before.items() if name != "tasks"
        }
        lines = [line.strip() for line in place.state.read_text("utf-8").splitlines()]
        assert [line for line in comments if line not in lines] == []


def test_a_task_of_others_that_is_run_later_is_replaced_and_not_written_twice(place):
    put(place, "tasks:\n  TASK-1: {status: pending, mine: 1}\n  'TASK-2':\n    status: pending\n")
    for task in ("TASK-3", "TASK-1", "TASK-2"):
        update(place, task, entry())
    assert shown(place)["tasks"] == {"TASK-1": entry(), "TASK-2": entry(), "TASK-3": entry()}


@pytest.mark.parametrize("between", ["", "# c\n", "    # deep\n", " \n"])
def test_an_entry_of_others_that_goes_on_after_a_blank_line_is_replaced_whole(place, between):
    body = "  TASK-1:\n    status: paused\n    note: |\n      a\n\n      b\n"
    put(place, f"tasks:\n{body}{between}  Z-1:\n    status: pending\n")
    for task in ("TASK-2", "TASK-1"):
        update(place, task, entry())
    assert shown(place)["tasks"] == {"TASK-1": entry(), "TASK-2": entry(), "Z-1": {"status": "pending"}}
    assert f"{between}  Z-1:\n    status: pending\n" in place.state.read_text()


NAMED = re.compile(r"\.(project|(feature|issue)-[A-Za-z0-9._-]+)-state\.yaml\Z")
PARTS = [".", "-", "project", "feature", "issue", "state", "-state.yaml", ".yaml", "a", "A_1", "é", "\n", "/", " "]


@settings(max_examples=500)
@given(st.one_of(st.lists(st.sampled_from(PARTS), max_size=7).map("".join), st.from_regex(NAMED), st.text()))
def test_the_name_of_a_state_file_says_whose_it_is(name):
    assert document.is_name(name) == bool(NAMED.match(name))


@given(st.text())
def test_the_key_of_a_state_file_is_a_file_name(name):
    assert document.relative_key(name) == re.sub(r"[^A-Za-z0-9.-]", "_", name)


REFUSED = {
    "a flow of tasks": "tasks: {Z-1: {status: done}}\n",
    "a flow at the top": "{tasks: {Z-1: {status: done}}, owner: me}\n",
    "a list at the top": "- a\n",
    "a text at the top": "hello\n",
    "a list of tasks": "tasks: [a]\n",
    "a text as tasks": "tasks: later\n",
    "conflict markers": "<<<<<<< ours\ntasks: {}\n=======\n>>>>>>> theirs\n",
    "a key twice": "tasks:\n  Z-1:\n    status: a\n  Z-1:\n    status: b\n",
    "an alias": "a: &x 1\ntasks:\n  Z-1: *x\n",
    "a tag": "tasks: !!omap []\n",
    "a tab": "tasks:\n\tZ-1:\n",
    "two documents": "tasks: {}\n---\nx: 1\n",
    "a document end": "tasks:\n  Z-1:\n    status: done\n...\n",
    "NUL": "tasks:\n  Z-1: \0\n",
    "U+2028": "tasks:\n  Z-1: a\u2028b: c\n",
    "deep": "tasks:\n  Z-1: " + "[" * 50 + "]" * 50 + "\n",
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_cannot_be_understood_is_refused_in_one_line_and_left_alone(place, case):
    put(place, REFUSED[case])
    before = place.state.read_bytes()
    with pytest.raises(LineError) as refused:
        update(place, "TASK-008", entry())
    assert "\n" not in str(refused.value)
    assert place.state.read_bytes() == before


def test_a_file_that_is_not_utf8_is_refused_with_its_line(place):
    place.state.parent.mkdir(parents=True)
    place.state.write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(LineError, match=r"\.project-state\.yaml:2: is not UTF-8"):
        update(place, "TASK-008", entry())


def test_a_state_file_that_is_a_link_out_of_the_project_is_refused(place, tmp_path):
    place.state.parent.mkdir(parents=True)
    (tmp_path / "victim").write_text("theirs")
    place.state.symlink_to(tmp_path / "victim")
    with pytest.raises(LineError, match="symbolic link"):
        update(place, "TASK-008", entry())
    assert (tmp_path / "victim").read_text() == "theirs"


def test_the_quick_way_is_taken_for_a_file_as_it_was_last_written(place, monkeypatch):
    update(place, "TASK-1", entry())
    monkeypatch.setattr(edit, "apply", lambda *_: pytest.fail("parsed a file that is known"))
    update(place, "TASK-1", entry("paused"))
    update(place, "TASK-2", entry())
    assert list(shown(place)["tasks"]) == ["TASK-1", "TASK-2"]


# Both ways of writing, compared on random files.

WORDS = st.sampled_from([*STATUSES, "done", "todo", "5", "null"])
COMMENT = st.sampled_from(["", "# a comment", "# status: completed", "  # TASK-1:", "    # deep", "#"])
IDS = st.sampled_from(["TASK-1", "TASK-2", "no", "Z-1", "1", "a.b"])


@st.composite
def written(draw, column):
    """One foreign entry, written by hand."""
    name, pad = draw(st.sampled_from(["TASK-1", "TASK-2", "Z-1", "Z-2", "Z-3"])), " " * column
    quote = draw(st.sampled_from(["", "'", '"']))
    inner = " " * (column + draw(st.integers(1, 5)))
    status = draw(WORDS)
    form = draw(st.integers(0, 5))
    if form == 0:
        return name, f"{pad}{quote}{name}{quote}: {{status: {status}}}\n"
    if form == 1:
        return name, f"{pad}{quote}{name}{quote}:\n"
    tail = draw(st.sampled_from(["", " # x", "  "]))
    members = [f"{inner}status: {status}{tail}", f"{inner}note: |", f"{inner}  status: x", f"{inner}  tasks:"]
    members += [f"{inner}list:", f"{inner}- a", f"{inner}- b: 1"]
    kept = members[: draw(st.sampled_from([1, 4, 7]))]
    order = kept if draw(st.booleans()) else [*kept[1:], kept[0]]
    return name, f"{pad}{quote}{name}{quote}:{tail}\n" + "".join(f"{line}\n" for line in order)


@st.composite
def files(draw):
    """A state file as a person or another tool may have left it."""
    column = draw(st.integers(1, 4))
    entries = dict(draw(st.lists(written(column), max_size=4)))
    comments = st.lists(COMMENT, max_size=2)
    parts = [f"{line}\n" for line in draw(comments)]
    tops = draw(st.lists(st.sampled_from(["owner: me", "list:\n- a", "updated_at: x", "version: 7"]), unique=True))
    cut = draw(st.integers(0, len(tops)))
    parts += [f"{line}\n" for line in tops[:cut]]
    if draw(st.booleans()):
        parts.append("statistics:\n  total: 5\n  completed: 2\n")
    if entries:
        parts.append("tasks:\n")
        for text in entries.values():
            parts += [text, *(f"{line}\n" for line in draw(comments))]
    elif draw(st.booleans()):
        parts.append(draw(st.sampled_from(["tasks:\n", "tasks: {}\n", "tasks: ~\n"])))
    parts += [f"{line}\n" for line in tops[cut:]]
    return "".join(parts)


@settings(max_examples=200, deadline=None)
@given(files(), st.lists(st.tuples(IDS, st.sampled_from(STATUSES), st.sampled_from(TITLES)), min_size=1, max_size=5))
@example("tasks:\n TASK-1:\n  note: |\n    x\n    # deep\n", [("TASK-2", "pending", "plain")])
def test_splicing_and_parsing_give_equal_data(text, updates):
    folder = Path(tempfile.mkdtemp())
    try:
        quick, slow = make(folder / "quick"), make(folder / "slow")
        before = load_yaml(text, "x") or {}
        wanted = dict(before.get("tasks") or {})
        for place in (quick, slow):
            put(place, text)
        for task, status, title in updates:
            wanted[task] = entry(status, title)
            for place in (quick, slow):
                update(place, task, entry(status, title))
            slow.vault.note_stamp(document.relative_key(STATE), [])  # as if somebody else had written it
            found = [load_yaml(place.state.read_text("utf-8"), "x") for place in (quick, slow)]
            assert found[0] == found[1]
            assert found[0]["tasks"] == wanted
            for name, value in before.items():
                assert name == "tasks" or found[0][name] == value
    finally:
        shutil.rmtree(folder)


def test_entries_of_many_tasks_are_written_at_once(place):
    put(place, "# top\ntasks:\n    Z-1:\n        status: done\n    TASK-2:\n        status: x\n")
    entries = {f"TASK-{number}": entry() for number in (1, 2, 3)}
    document.update(str(place.root), STATE, blocks(entries), NOW, place.vault)
    assert shown(place)["tasks"] == {"Z-1": {"status": "done"}, **entries}
    assert place.state.read_text().startswith("# top\n")


# Many entries at once, in a file that is known.

REST = st.sampled_from(["", "# c\n", "\n", "    # deep\n", "  # TASK-1:\n\n", " \n"])
ODD = [
    "  {}: {{status: done}}\n",
    "  '{}':\n    status: paused\n",
    "  {} :\n    status: paused\n",
    "  {}:  # mine\n    status: paused\n",
    "  {}:\n    x: 1\n",
    "  {}:\n      status: failed\n",
    "  {}:\n    status: 'completed'\n",
    "  {}:\n    status: completed # s\n",
    '  {}:\n    status: paused\n    note: "a\n    status: failed\n    b"\n',
    '  {}:\n    note: "a\n    status: failed\n    b"\n',
    "  {}:\n    note: {{a: 1,\n    status: failed}}\n    status: paused\n",
    "  {}:\n    status: paused\n    note: |\n      a\n\n      status: failed\n      # b\n",
    "  {}:\n    status: paused\n    # inner\n    x: 1\n",
    "  {}:\n    status: paused\n\n    x: 1\n",
    "  {}:\n    x: 'a: b'\n    status: paused\n",
    "  {}:\n    status: paused\n    list:\n    - a\n    - b: -1.5\n      c: []\n",
    "  {}: done\n",
    "  {}:\n",
]


@st.composite
def laid(draw):
    """A state file with the layout that a splice relies on, and the bytes in it that are nobody's of ours."""
    parts, foreign = (
        [
            draw(st.sampled_from(["", "# top\n", "owner: me\n"])),
            "version: 7\ntype: x\ncreated_at: x\n",
            "tasks:\n",
        ],
        [],
    )
    chosen = draw(st.lists(st.sampled_from(["TASK-1", "TASK-2", "TASK-3", "1", "no", "Z-1", "Z-2"]), unique=True))
    for name in chosen or ["Z-1"]:
        form = draw(st.sampled_from(["", "", "", "", *ODD])) if "-" in name else ""
        status, rest = draw(WORDS), draw(REST)
        text = form.format(name) or writer.dump({name: entry(status, draw(st.sampled_from(TITLES)))}, 2)
        parts += [text, rest]
        foreign += [text, rest] if name.startswith("Z") else [rest]
    return "".join(parts), foreign


MANY = st.dictionaries(
    st.sampled_from(["TASK-1", "TASK-2", "TASK-3", "TASK-4", "1", "no"]),
    st.tuples(st.sampled_from(STATUSES), st.sampled_from(TITLES)),
    min_size=2,
)


@settings(max_examples=200, deadline=None)
@given(laid(), MANY)
def test_many_entries_spliced_are_what_the_parser_makes_of_them_and_foreign_bytes_stay(file, many):
    text, foreign = file
    folder = Path(tempfile.mkdtemp())
    try:
        quick, slow = make(folder / "quick"), make(folder / "slow")
        for place in (quick, slow):
            put(place, text)
        before = load_yaml(text, "x")
        document.adopt(str(quick.root), STATE, quick.vault, len(before["tasks"]))
        assert quick.vault.stamp_of(document.relative_key(STATE))
        entries = {task: entry(*words) for task, words in many.items()}
        for place in (quick, slow):
            document.update(str(place.root), STATE, blocks(entries), LATER, place.vault)
        found, other = (load_yaml(place.state.read_text("utf-8"), "x") for place in (quick, slow))
        assert found == other
        assert found["tasks"] == {**before["tasks"], **entries}
        position, after = 0, quick.state.read_text("utf-8")
        for part in foreign:
            position = after.index(part, position) + len(part)
    finally:
        shutil.rmtree(folder)


def test_many_entries_of_a_known_file_are_spliced_between_plain_ones_of_others(place, monkeypatch):
    update(place, "Z-1", entry("failed"))
    text = place.state.read_text()
    put(
        place,
        f"{text}# between\n\n  Z-2:\n    status: pending\n    note: plain\n{writer.dump({'TASK-2': entry()}, 2)}",
    )
    document.adopt(str(place.root), STATE, place.vault, 3)
    monkeypatch.setattr(edit, "apply", lambda *_: pytest.fail("parsed a file that is known"))
    entries = {f"TASK-{number}": entry("paused") for number in (1, 2, 3)}
    document.update(str(place.root), STATE, blocks(entries), LATER, place.vault)
    assert list(shown(place)["tasks"]) == ["Z-1", "Z-2", "TASK-2", "TASK-1", "TASK-3"]
    assert "# between\n\n  Z-2:\n" in place.state.read_text()


def test_a_line_of_a_quoted_text_that_looks_like_the_tasks_id_is_never_taken_for_it(place):
    update(place, "TASK-1", entry("pending"))
    odd = '  OTHER:\n    status: pending\n    note: "a\n  TASK-1:\n    status: completed\n    b"\n'
    put(place, place.state.read_text() + odd)
    before = load_yaml(place.state.read_text(), "x")
    document.adopt(str(place.root), STATE, place.vault, 2)
    update(place, "TASK-1", entry("paused"))
    after = load_yaml(place.state.read_text(), "x")
    assert after["tasks"] == {**before["tasks"], "TASK-1": entry("paused")}


FORMER = f"updated_at: x\nstatistics:\n  total: 7\n{''.join(f'  {name}: 1' + chr(10) for name in STATUSES)}"


@pytest.mark.parametrize("known", [True, False])
def test_what_earlier_releases_counted_is_left_out_from_the_next_write_on(place, known):
    put(place, f"version: '1.0'\n{FORMER}notes: mine\ntasks:\n{writer.dump({'TASK-1': entry()}, 2)}")
    if known:
        place.vault.note_stamp(document.relative_key(STATE), disk.stamp(str(place.state)))
    update(place, "TASK-2", entry("paused"))
    found = load_yaml(place.state.read_text(), "x")
    assert {name: found[name] for name in found if name != "created_at"} == {
        "version": "1.0",
        "type": "project",
        "notes": "mine",
        "tasks": {"TASK-1": entry(), "TASK-2": entry("paused")},
    }


def test_no_two_entries_have_a_line_in_common_and_the_last_line_of_one_never_changes():
    one, other, later = (layout.block(task, RUN, seq, "a" * 64) for task, seq in (("T-1", 1), ("T-2", 1), ("T-1", 2)))
    assert not set(one.splitlines()) & set(other.splitlines())
    assert one != later
    assert one.splitlines()[-1] == later.splitlines()[-1]


SIDES = """version: '1.0'
{head}tasks:
<<<<<<< ours
  TASK-1:
    status: completed
{base}=======
  TASK-2:
    status: paused
>>>>>>> theirs
  Z-1:
    status: done
"""


@pytest.mark.parametrize("base", ["", "||||||| base\n  TASK-0:\n    status: x\n"])
def test_both_sides_of_a_merge_give_the_first_with_the_entries_of_both(base):
    text = SIDES.format(head="owner: me  # mine\n", base=base)
    found = load_yaml(sides.united(text, "x"), "x")
    assert (found["owner"], set(found["tasks"])) == ("me", {"TASK-1", "TASK-2", "Z-1"})
    assert "# mine" in sides.united(text, "x")
    assert sides.line(text) == 4


UNMARKED = ["", "tasks: {}\n", "note: |\n  =======\n  >>>>>>> x\n", "<<<<<<< a\n", "<<<<<<< a\n=======\n"]


@pytest.mark.parametrize("text", [*UNMARKED, "<<<<<<< a\n- x\n=======\n[\n>>>>>>> b\n"])
def test_what_is_not_marked_as_two_sides_or_cannot_be_read_is_not_united(text):
    assert sides.united(text, "x") == ""


def test_a_file_that_takes_longer_to_read_than_a_hook_may_is_refused_with_its_size_and_a_way_out(place):
    place.state.parent.mkdir(parents=True, exist_ok=True)
    place.state.write_text("x: [" + "1, " * 10_000_000 + "1]\n")
    with pytest.raises(LineError, match=rf"{STATE}: has 30 million characters, .* with --state"):
        update(place, "TASK-1", entry())
    assert place.state.stat().st_size > 30_000_000
