"""The package's NamedTuple does what typing's does."""

import typing

import pytest

from assembly_line.core import named

VALUES = [((), {}), ((1,), {}), ((1, 2), {}), ((1, 2, 3), {}), ((1, 2, 3, 4), {}), ((1,), {"b": 5}), ((), {"a": 1}),
          ((1,), {"a": 2}), ((1,), {"d": 2}), ((), {"c": 1, "b": 2, "a": 3})]  # fmt: skip


def made(base):
    class Point(base):
        a: int
        b: int = 2
        c: str = "x"

        @property
        def both(self) -> int:
            return self.a + self.b

    return Point


OURS, THEIRS = made(named.NamedTuple), made(typing.NamedTuple)


def outcome(action):
    try:
        return action()
    except (TypeError, ValueError) as error:
        return type(error)


@pytest.mark.parametrize(("values", "members"), VALUES)
def test_one_is_made_of_the_same_values_or_refused(values, members):
    found = [outcome(lambda kind=kind: tuple(kind(*values, **members))) for kind in (OURS, THEIRS)]
    assert found[0] == found[1]


@pytest.mark.parametrize("changes", [{}, {"a": 9}, {"b": 8, "c": "y"}, {"d": 1}])
def test_a_changed_copy_has_the_same_values_or_is_refused(changes):
    found = [outcome(lambda kind=kind: tuple(kind(1)._replace(**changes))) for kind in (OURS, THEIRS)]
    assert found[0] == found[1]


@pytest.mark.parametrize("attribute", ["a", "b", "c", "both", "_fields", "__match_args__", "__slots__"])
def test_what_it_tells_of_itself_is_the_same(attribute):
    assert getattr(OURS(1, 5), attribute) == getattr(THEIRS(1, 5), attribute)
    assert OURS._field_defaults == THEIRS._field_defaults
    assert OURS(1)._asdict() == THEIRS(1)._asdict()
    assert repr(OURS(1)) == repr(THEIRS(1))


def test_it_is_a_tuple_that_cannot_be_changed_and_equals_one_with_the_same_values():
    item = OURS(1, 2)
    assert isinstance(item, tuple)
    assert item == THEIRS(1, 2) == (1, 2, "x")
    assert hash(item) == hash((1, 2, "x"))
    with pytest.raises(AttributeError):
        item.a = 3
    with pytest.raises(AttributeError):
        item.other = 3
