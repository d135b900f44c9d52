"""Makes foreign text safe for one line of a terminal or a file: whatever a terminal would act on is escaped."""

_JOINERS = "\u200c\u200d"  # needed to write Persian, Hindi and many emoji


def clean(text: str, limit: int) -> str:
    """One line for a terminal: at most `limit` characters, unprintable ones escaped."""
    cut = text[:limit]
    if not cut.isprintable():
        cut = "".join(_visible(char) for char in cut)
    return cut if len(text) <= limit and len(cut) <= limit else cut[: max(limit - 1, 0)] + "…"


def one_line(text: str, limit: int) -> str:
    """One line for a file or a prompt: white space joined, hidden characters escaped, at most `limit` characters."""
    joined = " ".join(text[: 8 * limit].split())
    if not joined.isprintable():
        joined = "".join(char if char in _JOINERS else _visible(char) for char in joined)
    return joined if len(joined) <= limit else joined[: limit - 1].rstrip() + "…"


def _visible(char: str) -> str:
    if char.isprintable():
        return char
    if char.isspace() and char not in "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029":
        return " "
    return char.encode("unicode_escape").decode("ascii")
