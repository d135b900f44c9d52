"""The package's JSON schemas, one file each, and validation against them."""

import json
import os
from typing import Any

from assembly_line.schemas.fits import fits

_LOADED: dict[str, dict[str, Any]] = {}


def load(name: str) -> dict[str, Any]:
    if name not in _LOADED:
        with open(os.path.join(os.path.dirname(__file__), f"{name}.json"), encoding="utf-8") as file:
            _LOADED[name] = json.loads(file.read())
    return _LOADED[name]


def faults(name: str, value: Any) -> list[str]:
    """A value's faults, one line each ("criteria[0].result: …"), at most ten; empty when it is valid."""
    if fits(load(name), value):
        return []
    import jsonschema  # late, as a hook needs it only for an invalid value

    validator = jsonschema.Draft202012Validator(load(name))
    errors = sorted(validator.iter_errors(value), key=lambda error: [str(part) for part in error.absolute_path])
    return [f"{_place(error.absolute_path)}{_message(error)}" for error in errors[:10]]


def _place(path: Any) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
    return f"{text}: " if text else ""


def _message(error: Any) -> str:
    message = str(error.message)
    return message if len(message) <= 200 else f"{message[:120]} … {message[-60:]}"
