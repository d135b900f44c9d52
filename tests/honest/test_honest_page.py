"""The page of honest work is generated from the tests."""

from tools import guarantees


def test_the_page_of_honest_work_is_the_one_that_the_tests_make() -> None:
    assert guarantees.HONEST.file.read_text(encoding="utf-8") == guarantees.text(guarantees.HONEST)


def test_every_kind_of_honest_work_has_a_test() -> None:
    named = {row.group for row in guarantees.rows(guarantees.HONEST)}
    assert {*(f"H{number}" for number in range(1, 14)), "H18"} <= named
