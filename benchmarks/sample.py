"""One measurement: a process started as the client starts a hook."""

import os
import sys
import time
from collections.abc import Mapping
from typing import NamedTuple


class Ran(NamedTuple):
    """A process that was started and ended."""

    ms: float  # from the start to its end
    code: int  # exit status
    out: str
    peak: float  # MB of memory, of the process or the largest that it started


class Child(NamedTuple):
    """A process that has been started and not been waited for."""

    pid: int
    out: int  # descriptor of its standard output
    since: int  # nanoseconds


def start(words: list[str], data: bytes, environment: Mapping[str, str], folder: str) -> Child:
    """Start a process with under 64 KB on standard input, which is a pipe, as the client's is."""
    os.chdir(folder)  # posix_spawn has no folder of its own
    stdin, feed = os.pipe()
    out, stdout = os.pipe()
    os.write(feed, data)
    os.close(feed)
    actions = [
        (os.POSIX_SPAWN_DUP2, stdin, 0),
        (os.POSIX_SPAWN_DUP2, stdout, 1),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    since = time.perf_counter_ns()
    pid = os.posix_spawnp(words[0], words, environment, file_actions=actions)
    os.close(stdin)
    os.close(stdout)
    return Child(pid, out, since)


def finish(child: Child) -> Ran:
    """Read a process to its end."""
    parts = []
    while part := os.read(child.out, 1 << 16):
        parts.append(part)
    _, status, used = os.wait4(child.pid, 0)
    took = (time.perf_counter_ns() - child.since) / 1e6
    os.close(child.out)
    peak = used.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    return Ran(took, os.waitstatus_to_exitcode(status), b"".join(parts).decode("utf-8", "replace"), peak)


def run(words: list[str], data: bytes, environment: Mapping[str, str], folder: str) -> Ran:
    """Start a process and wait for its end."""
    return finish(start(words, data, environment, folder))
