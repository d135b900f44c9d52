"""Small pieces of Markdown; text from agents is escaped, so that it stays text."""

from collections.abc import Iterable, Sequence

_SPECIAL = str.maketrans({sign: f"\\{sign}" for sign in "\\<>[]|"})


def cell(text: str) -> str:
    """Foreign text for within a line: it opens no tag, link or table cell; emphasis and code stay as written."""
    return _flat(text).translate(_SPECIAL)


def code(text: str) -> str:
    """Foreign text as inline code on one line."""
    flat = _flat(text)
    return f"`{flat.replace('`', chr(39)).replace('|', chr(92) + '|')}`"


def _flat(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def bullets(lines: Iterable[str]) -> str:
    """A list, one item a line."""
    return "\n".join(f"- {line}" for line in lines)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; its cells are taken as they are."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(item) for item in line)} |" for line in lines)
