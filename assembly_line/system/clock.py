"""The clock, the only one in the package; the core gets its times from here."""

import time


def utc_now() -> str:
    """The present time, ISO 8601 UTC with milliseconds."""
    now = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z"
