"""What is printed in Markdown is shown as it was given: escaped once, where a renderer would act on it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assembly_line.text.markdown import bullets, cell, code, table
from assembly_line.untrusted.terminal import joined_lines

CELLS = {
    r"\d+": r"\d+",  # no punctuation follows: the backslash is shown
    r"`\d+`": r"`\d+`",  # nothing is escaped in a code span
    r"`a|b`": r"`a|b`",
    r"a\*b": r"a\\\*b",
    r"C:\dir" + "\\": r"C:\dir" + "\\\\",
    "<b>": r"\<b>",
    "`<b>`": "`<b>`",
    "[x](y)": r"\[x](y)",
    "![x](y)": r"!\[x](y)",
    "`[x](y)`": "`[x](y)`",
    "``": r"\`\`",
    "a ` b": r"a \` b",
    "``a`b``": "``a`b``",
    "`a`` b": r"\`a\`\` b",
    "\\`x`": r"\\`x`",
    "*.py and *.txt": r"\*.py and \*.txt",
    "2 * 3": "2 * 3",
    "__init__": r"\_\_init\_\_",
    "test_task_008": "test_task_008",
    "~~gone~~": r"\~\~gone\~\~",
    "&lt; &amp;": r"\&lt; \&amp;",
    "a && b": "a && b",
    "a -> b": "a -> b",
    "# head": r"\# head",
    "- item": r"\- item",
    "1. item": r"1\. item",
    "> said": r"\> said",
    "a\nb\t\x1b[31m": r"a b \[31m",
    "": "",
}
CODES = {
    "a": "`a`",
    "a`b": "``a`b``",
    "``": "` `` `",
    "`": "`` ` ``",
    r"\d|x": r"`\d|x`",
    "a\\": "`a\\`",
    "a\n b\n": "`a ⏎ b`",
    "": "",
}


@pytest.mark.parametrize("text", CELLS)
def test_text_is_escaped_only_where_a_renderer_would_act_on_it(text):
    assert cell(text) == CELLS[text]


@pytest.mark.parametrize("text", CODES)
def test_code_stands_in_a_span_that_it_does_not_end(text):
    assert code(text) == CODES[text]


@pytest.mark.parametrize("text", ["a|b", "`a|b`", r"a\|b"])
def test_a_pipe_is_escaped_by_the_table_and_by_nothing_else(text):
    assert bullets([cell(text)]).count("\\|") == text.count("\\|")
    row = table(["Head"], [[cell(text)]]).splitlines()[-1]
    assert row == f"| {cell(text).replace('|', chr(92) + '|')} |"


@settings(max_examples=300)
@given(st.text(alphabet="ab1 `\\|*_<>[]()!#~&;=-+.\n", max_size=30))
def test_what_is_escaped_loses_nothing_but_blanks_and_gains_nothing_but_backslashes(text):
    flat = joined_lines(text)
    escaped = iter(cell(text))
    assert all(sign in escaped for sign in flat)  # in this order
    assert len(cell(text)) - cell(text).count("\\") == len(flat) - flat.count("\\")
    assert "\n" not in cell(text)
