"""A client process: its command line, its stream of JSON lines, and its end with everything that it started."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from assembly_line.client import lifeline


def stream(process: "subprocess.Popen[str]") -> Iterator[dict[str, Any]]:
    """The stream-json lines as they arrive, without those that are not JSON objects."""
    for line in process.stdout or ():
        try:
            value: Any = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            yield value


def kill(process: "subprocess.Popen[str]") -> None:
    """Kill the client as a crash would, with the shells and hooks it started, which have their own process groups."""
    if process.poll() is not None:
        return
    if os.name == "nt":
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False, timeout=30)
    else:
        children = lifeline.below(process.pid)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
    process.wait(timeout=30)


def tied(command: list[str]) -> list[str]:
    """The command that runs another one on a lifeline: what it started ends when its standard input is closed."""
    return [sys.executable, "-I", lifeline.__file__, *command]


def cut(process: "subprocess.Popen[str]", seconds: float = 20.0) -> None:
    """Close the lifeline of a process made by `tied`, and wait until it has killed all below it."""
    with suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=seconds)
    kill(process)


def command_line(pid: str) -> list[str]:
    """The words that a process was started with; [] when they cannot be read."""
    if not pid.isdigit():
        return []
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().decode("utf-8", "replace").rstrip("\0").split("\0")
    except OSError:
        pass
    try:  # where there is no /proc; words with blanks in them fall apart
        listed = subprocess.run(["ps", "-o", "command=", "-p", pid], capture_output=True, check=False, timeout=5)
    except (OSError, subprocess.SubprocessError):
        return []
    return listed.stdout.decode("utf-8", "replace").split()
