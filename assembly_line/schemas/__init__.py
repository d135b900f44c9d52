"""All schemas of the project, one JSON Schema file each, and the one way to check against them."""

import json
import os
from typing import Any

from assembly_line.schemas.fits import fits

_LOADED: dict[str, dict[str, Any]] = {}


def load(name: str) -> dict[str, Any]:
    """The schema of that name."""
    if name not in _LOADED:
        with open(os.path.join(os.path.dirname(__file__), f"{name}.json"), encoding="utf-8") as file:
            _LOADED[name] = json.loads(file.read())
    return _LOADED[name]


def faults(name: str, value: Any) -> list[str]:
    """What is wrong with a value, one line for each place ("criteria[0].result: …"); empty when it fits."""
    if fits(load(name), value):
        return []
    import jsonschema  # 40 ms, which a hook pays only to say what is wrong

    validator = jsonschema.Draft202012Validator(load(name))
    found = sorted(validator.iter_errors(value), key=lambda error: [str(part) for part in error.absolute_path])
    return [f"{_place(error.absolute_path)}{_said(error)}" for error in found[:10]]


def _place(path: Any) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
    return f"{text}: " if text else ""


def _said(error: Any) -> str:
    message = str(error.message)
    return message if len(message) <= 200 else f"{message[:120]} … {message[-60:]}"
