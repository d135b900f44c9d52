"""Writes plain data as block YAML that any YAML 1.1 or 1.2 parser reads back unchanged."""

from typing import Any

_FIRST = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
_PLAIN = _FIRST | frozenset("0123456789./- ")
_RESERVED = {"null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"}


def dump(value: dict[str, Any], indent: int = 0) -> str:
    """A mapping as lines that end in a line feed; `indent` in columns."""
    return "".join(f"{line}\n" for line in _mapping(value, indent))


def scalar(value: Any) -> str:
    """A scalar on one line; text is quoted unless every parser reads it as text."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        text = repr(value)
        return text if "." in text else text.replace("e", ".0e")  # YAML 1.1 reads 1e+16 as text
    text = str(value)
    if text.isascii() and text.isprintable():
        return text if _is_plain(text) else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _is_plain(text: str) -> bool:
    """Whether every parser reads the bare text as text: words with single spaces, no number or reserved word."""
    if not 0 < len(text) < 100 or text[0] not in _FIRST or text[-1] == " " or "  " in text:
        return False
    return _PLAIN.issuperset(text) and text.lower() not in _RESERVED


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char == "\n":
        return "\\n"
    code = ord(char)
    if 0xD800 <= code < 0xE000:
        return "\\uFFFD"
    if char.isprintable() and code not in (0x85, 0x2028, 0x2029, 0xFEFF):
        return char
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def _mapping(value: dict[str, Any], indent: int) -> list[str]:
    lines = []
    for key, member in value.items():
        head = f"{' ' * indent}{scalar(key)}:"
        lines += _member(head, member, indent)
    return lines


def _member(head: str, value: Any, indent: int) -> list[str]:
    if isinstance(value, dict) and value:
        return [head, *_mapping(value, indent + 2)]
    if isinstance(value, list | tuple) and value:
        return [head, *_sequence(value, indent + 2)]
    return [f"{head} {_leaf(value)}"]


def _sequence(values: list[Any] | tuple[Any, ...], indent: int) -> list[str]:
    lines = []
    for value in values:
        dash = f"{' ' * indent}-"
        if isinstance(value, dict) and value:
            first, *rest = _mapping(value, indent + 2)
            lines += [f"{dash} {first[indent + 2 :]}", *rest]
        elif isinstance(value, list | tuple) and value:
            lines += [dash, *_sequence(value, indent + 2)]
        else:
            lines.append(f"{dash} {_leaf(value)}")
    return lines


def _leaf(value: Any) -> str:
    if isinstance(value, dict):
        return "{}"
    return "[]" if isinstance(value, list | tuple) else scalar(value)
