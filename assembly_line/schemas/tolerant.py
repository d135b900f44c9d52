"""Mends slips of form by the schema: values that can mean one thing only become what the schema wants."""

import re
from typing import Any

_NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,6})?")
_NONE = frozenset({"no", "no concerns", "no issues", "no violations"})  # in a list
_NOTHING = frozenset({"", "none", "n/a", "na", "null", "nil", "nothing", "-"})


def tolerate(schema: dict[str, Any], value: Any) -> Any:
    """The value in the schema's form where a person would read it so; everything else as it is."""
    types = schema.get("type", ())
    types = (types,) if isinstance(types, str) else tuple(types)
    if "enum" in schema:
        return _choice(schema["enum"], value)
    if "array" in types:
        return _list(schema.get("items", {}), value)
    if "string" in types:
        return _text(value)
    if "integer" in types or "number" in types:
        return None if "null" in types and _is_nothing(value) else _number(value)
    if "object" in types and isinstance(value, dict):
        return _members(schema, value)
    return value


def _members(schema: dict[str, Any], value: dict[Any, Any]) -> dict[Any, Any]:
    known, required = schema.get("properties", {}), schema.get("required", ())
    return {
        name: tolerate(known.get(name, {}), member)
        for name, member in value.items()
        if name in required or known.get(name, {}).get("type") != "object" or not _is_nothing(member)
    }


def _list(items: dict[str, Any], value: Any) -> Any:
    if _is_none_of(value):
        return []
    if items.get("type") == "string":
        value = [item for item in value if not _is_none_of(item)] if isinstance(value, list) else [value]
    return [tolerate(items, item) for item in value] if isinstance(value, list) else value


def _text(value: Any) -> Any:
    """A text; a mapping of one key is a sentence with a colon that was not quoted."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, dict) and len(value) == 1:
        ((key, rest),) = value.items()
        if not isinstance(rest, dict | list):
            return f"{_text(key)}: {_text(rest)}".rstrip()
    return value


def _choice(choices: list[Any], value: Any) -> Any:
    folded = _folded(value) if isinstance(value, str) else None
    return next((choice for choice in choices if isinstance(choice, str) and _folded(choice) == folded), value)


def _folded(text: str) -> str:
    return text.strip(" \t\n.!").replace(" ", "_").replace("-", "_").lower()


def _is_none_of(value: Any) -> bool:
    """Whether a list, or an item of one, says that there is nothing in it."""
    said = value.strip(" \t\n.").lower() if isinstance(value, str) else ""
    return value is False or said in _NONE or _is_nothing(value)


def _number(value: Any) -> Any:
    """A number that was written as a text, also in per cent."""
    text = value.strip().removesuffix("%").strip() if isinstance(value, str) else ""
    return (float(text) if "." in text else int(text)) if _NUMBER.fullmatch(text) else value


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value.strip(" \t\n.").lower() in _NOTHING)
