"""A quick check that a value is valid, without importing a validator; only its yes is final."""

from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
    "boolean": (bool,),
}
# fmt: off
_KNOWN = {
    "$schema", "title", "description", "type", "enum", "const", "properties", "required", "additionalProperties",
    "items", "minItems", "maxItems", "minLength", "maxLength", "minimum", "maximum", "allOf", "if", "then", "else",
}
# fmt: on


def fits(schema: Any, value: Any) -> bool:
    """True when the value is certainly valid; False when it is not, or when the schema uses a keyword unknown here."""
    if not isinstance(schema, dict) or not schema.keys() <= _KNOWN:
        return False
    if "type" in schema and not _is(value, schema["type"]):
        return False
    if "enum" in schema and not any(_same(value, item) for item in schema["enum"]):
        return False
    if "const" in schema and not _same(value, schema["const"]):
        return False
    if isinstance(value, dict):
        valid = _members(schema, value)
    elif isinstance(value, list):
        valid = _within(schema, "Items", len(value)) and (
            "items" not in schema or all(fits(schema["items"], item) for item in value)
        )
    elif isinstance(value, str):
        valid = _within(schema, "Length", len(value))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        valid = bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))
    else:
        valid = True
    return valid and all(fits(part, value) for part in schema.get("allOf", ())) and _either(schema, value)


def _members(schema: dict[str, Any], value: dict[str, Any]) -> bool:
    known = schema.get("properties", {})
    if not value.keys() >= set(schema.get("required", ())):
        return False
    if schema.get("additionalProperties", True) is not True and not value.keys() <= known.keys():
        return False
    return all(fits(known[name], member) for name, member in value.items() if name in known)


def _either(schema: dict[str, Any], value: Any) -> bool:
    """Whether the value passes `if`; only a condition on one constant member is evaluated."""
    if "if" not in schema:
        return "then" not in schema and "else" not in schema
    condition = schema["if"]
    members = condition.get("properties", {})
    if set(condition) != {"properties"} or len(members) != 1 or not isinstance(value, dict):
        return False
    ((name, member),) = members.items()
    if set(member) != {"const"}:
        return False
    branch = "then" if name not in value or _same(value[name], member["const"]) else "else"
    return branch not in schema or fits(schema[branch], value)


def _within(schema: dict[str, Any], unit: str, size: int) -> bool:
    return bool(schema.get(f"min{unit}", size) <= size <= schema.get(f"max{unit}", size))


def _is(value: Any, names: str | list[str]) -> bool:
    kinds = [names] if isinstance(names, str) else names
    return any(type(value) in _TYPES.get(kind, ()) for kind in kinds)


def _same(value: Any, other: Any) -> bool:
    return isinstance(other, str) and isinstance(value, str) and value == other
