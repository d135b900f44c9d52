"""Reads workflows: which stations a task of a type goes through, with the project's own agents and models put in."""

import functools
import os
import re

from assembly_line import schemas
from assembly_line.core.blueprint import Blueprint
from assembly_line.core.run import Station
from assembly_line.errors import LineError
from assembly_line.project.config import FILE, Config
from assembly_line.yamlio.reader import load_yaml

GENERIC = "generic"
TIERED = "tiered"
# The model of each kind of station; a project may choose another for a role. Only developers follow the tiers: their
# work is checked afterwards, and nobody checks a judge.
MODELS = {
    "bundling": "haiku",
    "design": "opus",
    "development": TIERED,
    "test": "sonnet",
    "review": "sonnet",
    "documentation": "sonnet",
    "validation": "opus",
    "compliance": "sonnet",
}
_FOLDER = os.path.join(os.path.dirname(os.path.dirname(__file__)), "workflows")


Workflow = tuple[tuple[str, ...], tuple[Station, ...], dict[str, tuple[str, ...]]]  # as load gives it


def names() -> list[str]:
    """The names of all workflows that come with the plugin, sorted."""
    return sorted(name[:-5] for name in os.listdir(_FOLDER) if name.endswith(".yaml"))


@functools.cache
def load(name: str) -> Workflow:
    """A workflow's types, its stations in order, and for skippable stations the words that call for them.

    LineError when there is none of that name, or its file is malformed.
    """
    if name not in names():
        raise LineError(f"workflow {name!r} is not known; it is one of {', '.join(names())}")
    place = f"workflows/{name}.yaml"
    found = load_yaml(_text_of(name), place)
    faults = schemas.faults("workflow", found)
    if faults:
        raise LineError(f"{place}: {faults[0]}")
    stations = tuple(
        Station(
            item["name"],
            item.get("role", item["name"]),
            item["agent"],
            item["kind"],
            MODELS[item["kind"]],
            tuple(item.get("needs", ())),
            item.get("default", False),
        )
        for item in found["stations"]
    )
    words = {item["name"]: tuple(item["unless_mentioned"]) for item in found["stations"] if "unless_mentioned" in item}
    return tuple(found["types"]), stations, words


def for_type(type_: str, config: Config) -> str:
    """The name of the workflow for a task's type; generic for an unknown one."""
    for chosen in config.workflows.values():
        if chosen not in names():
            raise LineError(f"{FILE}: workflows: {chosen!r} is not one of {', '.join(names())}")
    if type_ in config.workflows:
        return config.workflows[type_]
    candidates = (name for name in names() if type_ and type_ in _text_of(name))  # the others need no parsing
    return next((name for name in candidates if type_ in load(name)[0]), GENERIC)


def resolve(blueprint: Blueprint, config: Config) -> tuple[str, tuple[Station, ...], tuple[str, ...]]:
    """The workflow's name, its stations as this project staffs them, and the stations that this task skips."""
    _check_roles(config)
    name = for_type(blueprint.type, config)
    _, stations, words = load(name)
    staffed = tuple(
        item._replace(
            agent=config.agents.get(item.role, item.agent),
            model=config.models.get(item.role, item.model),
        )
        for item in stations
    )
    mentioned = set(re.findall(r"[a-z0-9]+", _text(blueprint).lower()))
    skipped = tuple(station for station, wanted in words.items() if not mentioned & set(wanted))
    return name, staffed, skipped


def _check_roles(config: Config) -> None:
    for member, chosen in (("agents", config.agents), ("models", config.models)):
        roles = {station.role for name in names() for station in load(name)[1]} if chosen else set()
        for role in chosen:
            if role not in roles:
                raise LineError(f"{FILE}: {member}: {role!r} is not one of {', '.join(sorted(roles))}")


def _text_of(name: str) -> str:
    with open(os.path.join(_FOLDER, f"{name}.yaml"), encoding="utf-8") as file:
        return file.read()


def _text(blueprint: Blueprint) -> str:
    outcomes = " ".join(f"{item.text} {item.context}" for item in blueprint.criteria)
    return f"{blueprint.title} {blueprint.description} {outcomes}"
