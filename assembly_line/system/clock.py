"""The package's only clock; the core is given its times from here."""

import time


def utc_now() -> str:
    """The current time, ISO 8601 UTC with milliseconds."""
    return utc(time.time())


def utc(seconds: float) -> str:
    """Seconds since 1970 as a time in that form."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds * 1000) % 1000:03d}Z"
