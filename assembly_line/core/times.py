"""Times of the journal as numbers; pure, as the times themselves come from outside."""

_FORM = "9999-99-99T99:99:99"
_DIGITS = str.maketrans("012345678", "9" * 9)
_PARTS = ((0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19))


def seconds(ts: str) -> float:
    """An ISO 8601 UTC time as seconds since 1970; ValueError when it is none.

    The days are counted here, as `calendar` or `datetime` would cost a hook 2 ms.
    """
    shape, fraction = ts[:19].translate(_DIGITS), ts[20:-1]
    tail = f".{'9' * len(fraction)}Z" if fraction else "Z"
    if shape != _FORM or ts[19:].translate(_DIGITS) != tail or len(fraction) > 6:
        raise ValueError(f"not a UTC time: {ts!r}")
    year, month, day, hour, minute, second = (int(ts[start:end]) for start, end in _PARTS)
    if not (1 <= month <= 12 and 1 <= day <= 31):
        raise ValueError(f"not a date: {ts!r}")
    year -= month < 3  # a year that begins in March has its leap day last
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * ((month + 9) % 12) + 2) // 5 + day - 719469
    return ((days * 24 + hour) * 60 + minute) * 60 + second + float(f"0.{fraction or 0}")


def between(start: str, end: str) -> float:
    """Seconds from one time to another; 0 when either is missing."""
    return seconds(end) - seconds(start) if start and end else 0.0


def said(duration: float) -> str:
    """Seconds as a person says them: 14 s, 3 min 5 s, 2 h 10 min."""
    whole = max(0, round(duration))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
