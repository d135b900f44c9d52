"""The journal's times as numbers, and durations as text."""

import re
from datetime import datetime

from assembly_line.core.run import Run

LEAP = 24 * 3600.0  # between two events of a run at work; what is longer was the clock
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,6})?Z", re.ASCII)


def seconds(ts: str) -> float:
    """An ISO 8601 UTC time as seconds since 1970; ValueError when it is not one."""
    match = _TIME.fullmatch(ts)
    if match is None:
        raise ValueError(f"not a UTC time: {ts!r}")
    return datetime.fromisoformat(f"{match[1]}+00:00").timestamp() + float(match[2] or 0)


def between(start: str, end: str) -> float:
    """Seconds from one time to another; 0 when either is missing, or when the clock was put back meanwhile."""
    return max(0.0, seconds(end) - seconds(start)) if start and end else 0.0


def took(start: str, end: str) -> float | None:
    """Seconds that an agent took; None when the clock leapt meanwhile, so that nobody knows."""
    elapsed = seconds(end) - seconds(start)
    return elapsed if 0 <= elapsed <= LEAP else None


def following(last: str, now: str) -> str:
    """The time of a record: never before the last one, unless that was written while the clock was far ahead."""
    return last if last and 0 < seconds(last) - seconds(now) <= LEAP else now


def duration_of(run: Run, now: str = "") -> float:
    """Seconds of work in a run, without the time in which nobody drove it.

    Journals of earlier releases count the time from the run's start to its end, or to `now`.
    """
    return run.worked if run.has_checks else between(run.started_at, run.ended_at or now or run.at)


def duration(elapsed: float) -> str:
    """Seconds as text for a person: 14 s, 3 min 5 s, 2 h 10 min."""
    whole = max(0, round(elapsed))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def day(ts: str) -> str:
    """A time of the journal for a person, to the minute: 2026-11-20 09:05 UTC."""
    return f"{ts[:10]} {ts[11:16]} UTC" if ts else ""
