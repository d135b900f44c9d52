"""Whose records stand in a work tree, and which journal counts."""

import pytest

from assembly_line.core import identity
from assembly_line.core.identity import REFUSE, RESTORE, RETURN, TAKE, Found, Marks

NOTHING = Found(False, False, False, False, False, False, False, False, False)
MARKED = Marks("id", "id", "id", noted=True, used=True)


@pytest.mark.parametrize(
    ("marks", "same"),
    [
        (MARKED, True),
        (MARKED._replace(project=""), True),  # git clean
        (MARKED._replace(project="of another"), True),
        (MARKED._replace(repository=""), False),  # a new repository beside hidden files
        (MARKED._replace(repository="", project=""), False),  # a clone
        (MARKED._replace(repository="", inhabited=True), True),
        (MARKED._replace(repository="", noted=False), True),  # the folder became a repository
        (MARKED._replace(repository=None), True),  # and is none any more
        (MARKED._replace(repository=None, project=""), False),
        (Marks("", "", None, used=True), True),  # a vault of an earlier release
        (Marks("", "", "", used=False), False),
    ],
)
def test_a_work_tree_is_the_same_as_long_as_the_repository_or_else_the_project_bears_its_mark(marks, same):
    assert identity.is_same(marks) == same


@pytest.mark.parametrize(
    ("found", "what"),
    [
        # While a session drives a run, its journal stays.
        ({"driven": True}, RESTORE),
        ({"driven": True, "missing": True}, RESTORE),
        ({"driven": True, "committed": True}, RESTORE),
        ({"driven": True, "missing": True, "moved": True}, RETURN),
        # Missing: a checkout took it, the work is gone with it, or a person cleaned up.
        ({"missing": True}, RETURN),
        ({"missing": True, "leased": True}, RETURN),
        ({"missing": True, "moved": True}, RETURN),
        ({"missing": True, "gone": True, "leased": True}, TAKE),
        ({"missing": True, "committed": True}, TAKE),
        ({"missing": True, "committed": True, "leased": True}, RETURN),
        ({"missing": True, "committed": True, "leased": True, "moved": True}, TAKE),
        ({"missing": True, "committed": True, "leased": True, "elsewhere": True}, TAKE),
        # Another one stands in its place.
        ({}, RESTORE),
        ({"ours": True}, RESTORE),
        ({"leased": True}, RESTORE),
        ({"committed": True}, TAKE),
        ({"committed": True, "leased": True}, RETURN),
        ({"committed": True, "leased": True, "elsewhere": True}, TAKE),
        ({"merging": True}, TAKE),
        ({"merging": True, "leased": True}, RETURN),
        ({"moved": True}, REFUSE),
        ({"moved": True, "committed": True, "leased": True}, TAKE),
        ({"moved": True, "ours": True}, TAKE),
    ],
)
def test_which_journal_counts(found, what):
    assert identity.journal_of(NOTHING._replace(**found)) == what


@pytest.mark.parametrize(
    ("signed", "committed", "leased", "counts"),
    [(True, False, True, True), (False, True, False, True), (False, True, True, False), (False, False, False, False)],
)
def test_in_a_new_work_tree_a_journal_counts_that_git_or_this_machine_vouches_for(signed, committed, leased, counts):
    assert identity.may_be_taken(signed=signed, committed=committed, leased=leased) == counts
