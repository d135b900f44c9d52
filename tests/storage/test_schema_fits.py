"""The quick look at reports accepts nothing that the schema's validator refuses, and nearly all that it accepts."""

import copy
import random
from typing import Any

import jsonschema
import pytest

from assembly_line import schemas
from assembly_line.schemas.fits import fits

SEED, CASES = 7, 2000
ODD = [None, True, False, 0, -1, 1.0, 1.5, 101, "", "x", "PASS", "FAIL", "done", "y" * 5000, [], {}, [1], {"a": 1}]


def made(schema: dict[str, Any], dice: random.Random) -> Any:
    """A value that fits the schema."""
    if "enum" in schema:
        return dice.choice(schema["enum"])
    kind = schema["type"] if isinstance(schema["type"], str) else dice.choice(schema["type"])
    if kind == "object":
        named = schema["properties"].items()
        return {
            name: made(part, dice) for name, part in named if name in schema.get("required", ()) or dice.random() < 0.6
        }
    if kind == "array":
        return [made(schema["items"], dice) for _ in range(dice.randint(schema.get("minItems", 0), 3))]
    simple = {"string": "x" * dice.choice([1, 5]), "integer": dice.choice([0, 7]), "number": dice.choice([0, 99.5])}
    return simple.get(kind)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(inner for name, part in members for inner in places(part, (*path, name)))]


def spoilt(value: Any, dice: random.Random) -> Any:
    """The value with one place changed, removed or filled up."""
    value = copy.deepcopy(value)
    path = dice.choice(places(value))
    if not path:
        return dice.choice(ODD)
    inner = value
    for name in path[:-1]:
        inner = inner[name]
    way = dice.random()
    if way < 0.3:
        del inner[path[-1]]
    elif way < 0.5 and isinstance(inner, dict):
        inner[dice.choice(["zz", "status", "result", "gap"])] = dice.choice(ODD)
    elif way < 0.6 and isinstance(inner, list):
        inner.extend([inner[path[-1]]] * dice.choice([1, 60]))
    else:
        inner[path[-1]] = dice.choice(ODD)
    return value


@pytest.mark.parametrize("name", ["report", "verdict", "compliance"])
def test_the_quick_look_accepts_nothing_that_the_validator_refuses(name: str) -> None:
    dice, schema = random.Random(SEED), schemas.load(name)
    validator = jsonschema.Draft202012Validator(schema)
    answers = []
    for _ in range(CASES):
        value = made(schema, dice)
        for _ in range(dice.choice([0, 0, 1, 2])):
            value = spoilt(value, dice)
        answers.append((fits(schema, value), validator.is_valid(value), value))
    assert [value for quick, valid, value in answers if quick and not valid] == []
    accepted, valid = (sum(answer[number] for answer in answers) for number in (0, 1))
    assert valid > CASES / 4
    assert accepted > 0.97 * valid
