"""NamedTuple and the words of annotations, without importing `typing`, whose 4 ms every hook would pay."""

from _collections_abc import Callable as Callable
from _collections_abc import Container as Container
from _collections_abc import Iterable as Iterable
from _collections_abc import Iterator as Iterator
from _collections_abc import Mapping as Mapping
from _collections_abc import Sequence as Sequence

TYPE_CHECKING = False  # a checker takes it for True and sees the real names


class _Probe:
    field: int


if TYPE_CHECKING or "__annotations__" not in vars(_Probe):  # from 3.14 on, a class's body does not hold them
    from typing import Any as Any
    from typing import NamedTuple as NamedTuple
    from typing import NoReturn as NoReturn
else:
    Any = NoReturn = object

    class _Fields(type):
        """Makes a class's annotated names the fields of a tuple."""

        def __new__(cls, name, bases, space):
            fields = tuple(space.get("__annotations__", ()))
            defaults = {field: space.pop(field) for field in fields if field in space}
            getters = {field: _getter(place) for place, field in enumerate(fields)}
            own = {"__slots__": (), "__match_args__": fields, "_fields": fields, "_field_defaults": defaults}
            return super().__new__(cls, name, bases, {**space, **getters, **own})

    def _getter(place):
        try:
            from _collections import _tuplegetter  # what collections.namedtuple uses, in C
        except ImportError:
            return property(lambda self: self[place])
        return _tuplegetter(place, "")

    class NamedTuple(tuple, metaclass=_Fields):
        """A tuple with named fields, as typing.NamedTuple makes it."""

        def __new__(cls, *values, **named):
            if len(values) != len(cls._fields) or named:
                rest = cls._fields[len(values) :]
                lacking = [field for field in rest if field not in named and field not in cls._field_defaults]
                if lacking or not named.keys() <= set(rest) or len(values) > len(cls._fields):
                    raise TypeError(f"{cls.__name__} has fields {cls._fields}, got {len(values)} and {list(named)}")
                values = (*values, *(named[f] if f in named else cls._field_defaults[f] for f in rest))
            return tuple.__new__(cls, values)

        def _replace(self, **changes):
            values = [changes.pop(field) if field in changes else self[at] for at, field in enumerate(self._fields)]
            if changes:
                raise ValueError(f"{type(self).__name__} has no field {', '.join(changes)}")
            return tuple.__new__(type(self), values)

        def _asdict(self):
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self):
            said = ", ".join(f"{field}={value!r}" for field, value in self._asdict().items())
            return f"{type(self).__name__}({said})"

        def __getnewargs__(self):
            return tuple(self)
