"""The page of guarantees is generated from the tests."""

import re

from tools import guarantees


def test_the_page_of_guarantees_is_the_one_that_the_tests_make() -> None:
    assert guarantees.GUARANTEES.file.read_text(encoding="utf-8") == guarantees.text(guarantees.GUARANTEES)


def test_every_shortcut_has_a_test() -> None:
    named = {row.group for row in guarantees.rows(guarantees.GUARANTEES)}
    assert {f"S{number}" for number in range(1, 30)} <= named
    assert {name for name in named if not re.fullmatch(r"S\d+", name)} == {"Stubborn", "Trap"}
