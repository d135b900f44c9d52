"""Untrusted text and YAML: hostile input ends in one line, plain data comes through unchanged."""

import os
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from assembly_line.errors import LineError
from assembly_line.untrusted import inputs, terminal
from assembly_line.yamlio.reader import load_yaml

HOSTILE = {
    "deep flow": ("[" * 200_000, "f.yaml:1: nested deeper"),
    "deep flow mapping": ("{a: " * 60_000, "nested deeper"),
    "deep block": ("- " * 100_000 + "a", "nested deeper"),
    "deep in lines": ("\n".join(" " * depth + "a:" for depth in range(400)), "f.yaml:17: nested deeper"),
    "anchor": ("a: 1\nb: &x [c]\n", "f.yaml:2: anchor &x"),
    "alias bomb": ("a: &a [x]\n" + "".join(f"{k}: &{k} [*a,*a]\n" for k in "bcdefghi"), "anchor &a"),
    "recursive alias": ("&a [*a]", "anchor &a"),
    "alias alone": ("a: *b", "alias *b"),
    "merge key": ("a: 1\n<<: {b: 2}\n", "f.yaml:2: the merge key"),
    "python tag": ("!!python/object/apply:os.system ['true']", "tag"),
    "unknown tag": ("a: !secret b", "f.yaml:1: tag !secret"),
    "standard tag": ("a: !!int '3'", "tag"),
    "duplicate key": ("a: 1\nb: 2\na: 3\n", "f.yaml:3: duplicate key 'a', first in line 1"),
    "duplicate key deep": ("x:\n  - {a: 1,\n     a: 2}\n", "f.yaml:3: duplicate key 'a'"),
    "duplicate by quoting": ("a: 1\n'a': 2\n", "f.yaml:2: duplicate key 'a'"),
    "two documents": ("a: 1\n---\nb: 2\n", "f.yaml:2: a second document"),
    "tab indent": ("a:\n\tb: 1\n", "f.yaml:2: is not valid YAML"),
    "list as key": ("? [a]\n: b\n", "key"),
    "mapping as key": ("{a: b}: c\n", "key"),
    "nul": ("a: b\x00c", "contains the character"),
    "escape": ("a: b\x1b[31m", "f.yaml:1: contains the character"),
    "line separator": ("a: x\u2028b: y", "f.yaml:1: contains the character \\u2028"),
    "next line": ("z: 1\na: x\x85b: y", "f.yaml:2: contains the character \\x85"),
    "lone surrogate": ("a: \ud800", "contains the character"),
    "escaped surrogate": ('a: "\\ud800"', "f.yaml:1:"),
    "open quote": ("a: 1\nb: 'x\nc: 2\n", "f.yaml:2: is not valid YAML"),
    "backtick": ("- `x`", "quote the text"),
    "directive": ("%YAML 9.9\n---\na: 1", "f.yaml:1:"),
}


def test_hostile_yaml_is_refused_in_one_line_with_its_place_and_at_once():
    for text, words in HOSTILE.values():
        start = time.process_time()
        with pytest.raises(LineError) as caught:
            load_yaml(text, "f.yaml")
        assert time.process_time() - start < 1
        message = str(caught.value)
        assert words in message
        assert message.startswith("f.yaml:")
        assert message.isprintable()
        assert "; " in message


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_yaml_is_refused_without_the_parser_in_c(name, monkeypatch):
    monkeypatch.delattr(yaml, "CLoader", raising=False)
    text, words = HOSTILE[name]
    with pytest.raises(LineError) as caught:
        load_yaml(text, "f.yaml")
    assert words in str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="no resource module")
def test_200_kilobytes_of_brackets_neither_crash_nor_fill_the_memory():
    code = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))\n"
        "from assembly_line.yamlio.reader import load_yaml\n"
        "from assembly_line.errors import LineError\n"
        "for sign in '[{(-&*!?':\n"
        "    try:\n"
        "        load_yaml((sign + ' ') * 100_000, 'f.yaml')\n"
        "    except LineError:\n"
        "        pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, timeout=60
    )
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("written", "value"),
    [
        *[
            (text, text)
            for text in ("no", "yes", "on", "010", "0x1F", "0o17", "1_000", "12:30:45", "2026-01-01", ".nan", ".inf")
        ],
        *[(text, text) for text in ("12e7", "1.0e+999", "9" * 5000, "-.5", "2026-01-01T10:00:00Z", "=", "~x", "v1.0")],
        *[(text, None) for text in ("", "~", "null", "Null", "NULL")],
        *[("true", True), ("False", False), ("TRUE", True)],
        *[("0", 0), ("-3", -3), ("+4", 4), ("1.5", 1.5), ("1.10", 1.1), ("1e-05", 1e-05), ("1.0e+20", 1e20)],
        *[("'1'", "1"), ('"true"', "true"), ('"\\u2028"', "\u2028")],
    ],
)
def test_a_scalar_is_resolved_as_yaml_1_2_writes_it(written, value):
    found = load_yaml(f"a: {written}", "f.yaml")["a"]
    assert (found, type(found)) == (value, type(value))


def test_with_strings_only_null_is_resolved():
    text = "a: 1.10\nb: true\nc: ~\n~: x\n1: y\nd: 'null'\n"
    found = load_yaml(text, "f.yaml", strings=True)
    assert found == {"a": "1.10", "b": "true", "c": None, "~": "x", "1": "y", "d": "null"}


def test_lines_are_those_of_the_values():
    lines: dict = {}
    load_yaml("a:\n  - x\n  -\n    b: |\n      text\n", "f.yaml", lines=lines)
    assert lines == {(): 1, ("a",): 2, ("a", 0): 2, ("a", 1): 4, ("a", 1, "b"): 5}


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "null"])
def test_an_empty_document_is_null(text):
    assert load_yaml(text, "f.yaml") is None


def test_sixteen_levels_are_read_and_seventeen_are_not():
    assert load_yaml("[" * 16 + "]" * 16, "f.yaml")
    with pytest.raises(LineError):
        load_yaml("[" * 17 + "]" * 17, "f.yaml")


PLAIN = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=20)
KEYS = st.text(max_size=8) | st.integers(-(10**20), 10**20)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
DATA = st.recursive(
    PLAIN | FLOATS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(DATA, st.booleans(), st.booleans())
def test_what_pyyaml_dumps_comes_back_as_it_was(data, flow, beyond_ascii):
    text = yaml.safe_dump(data, default_flow_style=flow, allow_unicode=beyond_ascii)
    if any(sign in text for sign in "\x85\u2028\u2029"):
        return  # PyYAML may write these as they are; they are refused
    found = load_yaml(text, "f.yaml")
    assert found == data
    assert repr(found) == repr(yaml.safe_load(text))


def refused(read: Callable[..., object], *arguments: object, **options: bool) -> str:
    """The line of a refusal, "" after none. Any other exception fails the test."""
    try:
        read(*arguments, **options)
    except LineError as error:
        return str(error)
    return ""


YAMLISH = st.text(st.sampled_from("[]{}:-?&*!|>'\"%@`#,. \n\tab01~<=\\x\u2028\x85\r\x00é😀\ud800"), max_size=60)


@settings(max_examples=1500, deadline=None)
@given(YAMLISH | st.text(max_size=60))
def test_any_text_is_data_or_one_line(text):
    for strings in (False, True):
        message = refused(load_yaml, text, "f.yaml", strings=strings)
        assert message.isprintable()
        assert message.startswith("f.yaml") or not message


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_text_or_one_line(data):
    if message := refused(inputs.decode, data, "f.md"):
        assert message.startswith("f.md:")
    else:
        text = inputs.decode(data, "f.md")
        assert not any(sign not in "\n\t" and (sign < " " or "\x7f" <= sign < "\xa0") for sign in text)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a\nb\xff", "f.md:2: is not UTF-8"),
        ("a\nb".encode("utf-16"), "UTF-16"),
        (b"a\n\x00", "f.md:2: contains the control character \\x00"),
        (b"\x1b]52;c;eA==\x07", "\\x1b"),
        (b"a\rb", "\\r"),
        ("\x9b31m".encode(), "\\x9b"),
        (b"\xed\xa0\x80", "not UTF-8"),
    ],
)
def test_bytes_that_are_no_plain_text_are_refused_with_the_line(data, words):
    with pytest.raises(LineError) as caught:
        inputs.decode(data, "f.md")
    assert words in str(caught.value)


def test_a_byte_order_mark_and_windows_line_ends_are_dropped():
    assert inputs.decode(b"\xef\xbb\xbfa\r\nb\r\n", "f.md") == "a\nb\n"


def refusal(path, limit=100):
    with pytest.raises(LineError) as caught:
        inputs.read_bytes(path, limit, "tasks/T-1.md")
    assert str(caught.value).startswith("tasks/T-1.md: ")
    return str(caught.value)


def test_only_a_regular_file_within_the_limit_is_read(tmp_path):
    path = tmp_path / "T-1.md"
    assert "no such file" in refusal(path)
    path.write_bytes(b"x" * 100)
    assert inputs.read_bytes(path, 100) == b"x" * 100
    assert "larger than 99" in refusal(path, 99)
    assert "not a regular file" in refusal(tmp_path)
    assert "cannot be read" in refusal(path / "below")
    assert "cannot be read" in refusal("a\0b")


@pytest.mark.skipif(sys.platform == "win32", reason="needs rights there")
def test_links_pipes_and_devices_are_refused_without_waiting(tmp_path):
    target = tmp_path / "target"
    target.write_text("x")
    (tmp_path / "link").symlink_to(target)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    assert "symbolic link" in refusal(tmp_path / "link")
    assert "symbolic link" in refusal(tmp_path / "dangling")
    assert "not a regular file" in refusal(tmp_path / "pipe")
    assert "not a regular file" in refusal("/dev/zero")


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="no such flag")
def test_a_link_that_takes_the_place_of_a_file_after_the_check_is_not_followed(tmp_path, monkeypatch):
    (tmp_path / "target").write_text("secret")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    monkeypatch.setattr(os, "lstat", os.stat)
    assert "cannot be read" in refusal(tmp_path / "link")


@settings(max_examples=300)
@given(st.text(), st.integers(1, 40))
def test_clean_text_is_one_short_printable_line(text, limit):
    found = terminal.clean(text, limit)
    assert found.isprintable()
    assert len(found) <= limit
    if text.isprintable() and len(text) <= limit:
        assert found == text


@pytest.mark.parametrize(
    "sign", ["\n", "\x1b", "\x85", "\u2028", "\u202e", "\u2066", "\u200f", "\x9b", "\ud800", "\U000e0041"]
)
def test_clean_shows_what_a_terminal_would_obey_or_hide(sign):
    assert sign not in terminal.clean(f"a{sign}b", 80)
    assert "\\" in terminal.clean(f"a{sign}b", 80)


def test_wide_spaces_become_plain_spaces():
    assert terminal.clean("a\u3000b\xa0c", 80) == "a b c"


@pytest.mark.parametrize("task", ["TASK-008", "T-M1-01.02", "8", "a" * 64, "CONSOLE", "task_1", "com", "nul-1"])
def test_a_sound_id_is_returned(task):
    assert inputs.check_id(task) == task


BAD_IDS = [
    "",
    "../x",
    "a/b",
    "a\\b",
    "a..b",
    ".a",
    "-a",
    "a.",
    "a b",
    "a\n",
    "a" * 65,
    "CON",
    "nul",
    "Lpt1.txt",
    "com0",
    "ä",
    "x; y",
    "a\0",
]


@pytest.mark.parametrize("task", BAD_IDS)
def test_an_id_that_could_leave_its_folder_is_refused(task):
    with pytest.raises(LineError, match="TASK-008") as caught:
        inputs.check_id(task)
    assert str(caught.value).isprintable()
