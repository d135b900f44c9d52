"""Makes foreign text safe for one line of a terminal or a file: whatever a terminal would act on is escaped."""

import re

_SPACE = re.compile(r"\s+")
_JOINERS = "\u200c\u200d"  # needed to write Persian, Hindi and many emoji


def clean(text: str, limit: int) -> str:
    """One line for a terminal: at most `limit` characters, unprintable ones escaped."""
    cut = text[:limit]
    if not cut.isprintable():
        cut = "".join(_visible(char) for char in cut)
    return cut if len(text) <= limit and len(cut) <= limit else cut[: max(limit - 1, 0)] + "…"


def one_line(text: str, limit: int) -> str:
    """One line for a file or a prompt: line breaks joined, hidden characters escaped, at most `limit` characters."""
    joined = joined_lines(text[: 8 * limit])
    if not joined.isprintable():
        joined = "".join(char if char in _JOINERS else _visible(char) for char in joined)
    return joined if len(joined) <= limit else joined[: limit - 1].rstrip() + "…"


def joined_lines(text: str) -> str:
    """The lines of a text in one; blanks within a line stay, as a criterion may count them."""
    return _SPACE.sub(lambda run: run[0] if run[0].strip(" ") == "" else " ", text).strip()


def _visible(char: str) -> str:
    if char.isprintable():
        return char
    if char.isspace() and char not in "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029":
        return " "
    return char.encode("unicode_escape").decode("ascii")
