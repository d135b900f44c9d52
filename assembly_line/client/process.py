"""A started client: its stream of JSON lines, and its end with everything that it started."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from typing import Any


def stream(process: "subprocess.Popen[str]") -> Iterator[dict[str, Any]]:
    """The run's stream-json lines as they come; what is no JSON object is left out."""
    for line in process.stdout or ():
        try:
            loaded: Any = json.loads(line)
        except ValueError:
            continue
        if isinstance(loaded, dict):
            yield loaded


def kill(process: "subprocess.Popen[str]") -> None:
    """Ends the client at once, as a crash would, and the shells and hooks it started, which have their own groups."""
    if process.poll() is not None:
        return
    if os.name == "nt":
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False, timeout=30)
    else:
        started = _descendants(process.pid)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        for child in started:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
    process.wait(timeout=30)


def _descendants(root: int) -> list[int]:
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=False, timeout=30)
    pairs = [(int(pid), int(parent)) for pid, parent in (line.split() for line in listed.stdout.splitlines())]
    found = [root]
    for parent in found:  # grows while it is walked
        found += [pid for pid, of in pairs if of == parent]
    return found[1:]
