"""The run as JSON, for the snapshot."""

from typing import Any

from assembly_line.core.blueprint import Criterion
from assembly_line.core.run import Command, Dispatch, Failure, Gap, Issue, Past, Round, Run, Station
from assembly_line.core.settings import Settings, settings_of


def to_json(run: Run) -> dict[str, Any]:
    """The run as JSON-ready values."""
    return run._asdict()


def from_json(data: dict[str, Any]) -> Run:
    """The inverse of `to_json`, after a trip through JSON."""
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
    fields["criteria"] = tuple(Criterion(*item) for item in fields["criteria"])
    fields["stations"] = tuple(_station(*item) for item in fields["stations"])
    fields["settings"] = settings_of(dict(zip(Settings._fields, fields["settings"], strict=False)))
    for name in ("open", "last"):
        fields[name] = _dispatch(fields[name]) if fields[name] else None
    for name in ("reports", "answers", "owners", "concerns"):
        fields[name] = tuple(map(tuple, fields[name]))
    fields["issues"] = tuple(Issue(*item) for item in fields["issues"])
    fields["past"] = tuple(Past(*item)._replace(files=tuple(item[5])) for item in fields["past"])
    fields["gaps"] = tuple(Gap(*item) for item in fields["gaps"])
    fields["history"] = tuple(_round(item) for item in fields["history"])
    fields["error"] = Failure(*fields["error"])
    return Run(**fields)


def _station(name: str, role: str, agent: str, kind: str, model: str, needs: list[str], default: bool) -> Station:
    return Station(name, role, agent, kind, model, tuple(needs), default)


def _dispatch(values: list[Any]) -> Dispatch:
    dispatch = Dispatch(*values)
    commands = tuple(Command(*command) for command in dispatch.commands)
    return dispatch._replace(commands=commands, wrote=tuple(dispatch.wrote))


def _round(values: list[Any]) -> Round:
    item = Round(*values)
    return item._replace(gaps=tuple(Gap(*gap) for gap in item.gaps), regressions=tuple(item.regressions))
