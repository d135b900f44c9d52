"""Foreign text made fit for one line of a terminal or a file: whatever a terminal would act on is escaped."""

_JOINERS = "\u200c\u200d"  # needed to write Persian, Hindi and many emoji


def clean(text: str, limit: int) -> str:
    """One line for a terminal: at most `limit` characters, everything but printable characters escaped."""
    cut = text[:limit]
    if not cut.isprintable():
        cut = "".join(_visible(sign) for sign in cut)
    return cut if len(text) <= limit and len(cut) <= limit else cut[: max(limit - 1, 0)] + "…"


def one_line(text: str, limit: int) -> str:
    """One line for a file or a prompt: white space joined, hidden characters escaped, at most `limit` characters."""
    joined = " ".join(text[: 8 * limit].split())
    if not joined.isprintable():
        joined = "".join(sign if sign in _JOINERS else _visible(sign) for sign in joined)
    return joined if len(joined) <= limit else joined[: limit - 1].rstrip() + "…"


def _visible(sign: str) -> str:
    if sign.isprintable():
        return sign
    if sign.isspace() and sign not in "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029":
        return " "
    return sign.encode("unicode_escape").decode("ascii")
