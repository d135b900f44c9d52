"""Markdown building blocks; text from agents is escaped."""

from collections.abc import Iterable, Sequence

_SPECIAL = str.maketrans({sign: f"\\{sign}" for sign in "\\<>[]|"})


def cell(text: str) -> str:
    """Untrusted text within a line: tags, links and table cells are escaped; emphasis and code are not."""
    return _flat(text).translate(_SPECIAL)


def code(text: str) -> str:
    """Untrusted text as inline code on one line."""
    return f"`{_flat(text).replace('`', chr(39)).replace('|', chr(92) + '|')}`"


def _flat(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def bullets(lines: Iterable[str]) -> str:
    """A list, one item per line."""
    return "\n".join(f"- {line}" for line in lines)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; the cells are not escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(item) for item in line)} |" for line in lines)
