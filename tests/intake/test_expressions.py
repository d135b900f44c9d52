"""What hooks judge without regular expressions, whose module they do not load, is judged as expressions would."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assembly_line import textguard, workflow
from assembly_line.config import Config
from assembly_line.errors import LineError
from assembly_line.intake import draft, lookup, reader

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|\Z)", re.IGNORECASE)
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
BLANK = re.compile(r"\W*\Z|\{\{[^{}]*\}\}\Z|\[[^][]*\]\Z|<[^<>]*>\Z")
SLOT = re.compile(r"[][{}<>#]")
FILLER = re.compile(r"(\A|[-_.])0*(X{2,}|N{3,}|Y{3,})(\Z|[-_.])")


def texts(signs: str, *words: str) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from([*signs, *words]) | st.characters(), max_size=12).map("".join)


IDISH = texts("aB0\uff19\xb2._-/\n \u212a\u017f", "con", "PRN", "aux", "Nul", "com", "lpt", "LPT9", "x" * 31, "y" * 32)
TASKISH = texts("0XNYxA1._-[]{}<>#\n", "XX", "NNN", "YYY", "TASK-")


SLOTS = texts("[]{}<>a_ .…é", "{{", "}}")
SLOTS |= st.builds(str.format, st.sampled_from(["{{{{{}}}}}", "[{}]", "<{}>", "{{{}}}"]), texts("[]{}<>a"))


def accepted(task: str) -> bool:
    try:
        return textguard.check_id(task) == task
    except LineError:
        return False


@settings(max_examples=500, deadline=None)
@given(IDISH)
def test_an_id_is_one_by_two_expressions(task):
    expected = ID.fullmatch(task) and ".." not in task and not task.endswith(".") and not DEVICE.match(task)
    assert accepted(task) == bool(expected)


@settings(max_examples=400, deadline=None)
@given(texts("a\n\t\r\x00\x0b\x1f\x7f\x80\x85\x9f\xa0\u200b\u2028\ufeff", "\r\n"))
def test_text_with_a_control_character_is_refused_with_the_line_of_the_first(text):
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return
    expected = data.removeprefix(b"\xef\xbb\xbf").decode().replace("\r\n", "\n")
    found = CONTROL.search(expected)
    if found is None:
        assert textguard.decode(data, "f.md") == expected
        return
    line = expected.count("\n", 0, found.start()) + 1
    with pytest.raises(LineError, match=rf"^f\.md:{line}: holds the control character"):
        textguard.decode(data, "f.md")


@settings(max_examples=500, deadline=None)
@given(TASKISH)
def test_a_placeholder_is_one_by_two_expressions(task):
    assert lookup.placeholder(task) == bool(SLOT.search(task) or FILLER.search(task))


def by_name(stem: str) -> str:
    parts = re.split(r"([-_])", stem)
    for index in range(0, len(parts), 2):
        if any(sign.isdigit() for sign in parts[index]):
            while parts[index + 1 : index + 2] == ["-"] and parts[index + 2].isdigit():
                index += 2
            return "".join(parts[: index + 1])
    return stem.partition("_")[0]


@settings(max_examples=500, deadline=None)
@given(texts("a1²-_", "-2", "_2", "TASK-008"))
def test_the_id_in_a_files_name_ends_where_an_expression_parts_it(stem):
    assert lookup._by_name(stem) == by_name(stem)


@settings(max_examples=500, deadline=None)
@given(SLOTS)
def test_a_criterion_without_words_is_one_by_an_expression(text):
    assert reader._says_nothing(text) == bool(BLANK.match(text))


def parted(text: str) -> list[str]:
    parts = re.split(r"[,;]\s*|\n", text)
    if all(re.fullmatch(r"[\w.-]*", part.strip()) for part in parts):
        return [part for part in parts if part.strip().lower() not in ("none", "-", "")]
    return [text]


@settings(max_examples=500, deadline=None)
@given(texts("aé_1.- ,;\n\t\x1f\x85\u2028²", "none", "TASK-008", ", ", "a b"))
def test_dependencies_in_one_text_are_parted_as_an_expression_parts_them(text):
    assert draft._split(text) == parted(text)


@settings(max_examples=400, deadline=None)
@given(texts("az09AZ?- \u212aé", "sql", "API"))
def test_the_words_of_a_task_are_those_of_an_expression(text):
    assert workflow._words(text.lower()) == set(re.findall(r"[a-z0-9]+", text.lower()))


def test_every_type_leads_to_its_own_workflow_and_others_to_the_generic_one():
    for name in workflow.names():
        assert {workflow.for_type(type_, Config()) for type_ in workflow.load(name)[0]} <= {name}
    assert {workflow.for_type(type_, Config()) for type_ in ("", "development", "name", "x")} == {workflow.GENERIC}
