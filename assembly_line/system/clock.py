"""The package's only clock; the core is given its times from here."""

import time


def utc_now() -> str:
    """The current time, ISO 8601 UTC with milliseconds."""
    now = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z"
