"""Builds the hooks' virtual environment in the plugin's data folder, under a lock; standard library only."""

import json
import os
import shutil
import subprocess
import sys
import time
import venv

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from assembly_line.system import disk, lock

REQUIREMENTS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "requirements.txt")
RETRY = 300  # seconds between a failure and the next attempt
WAIT = 240.0  # seconds to wait for another session's build
_PIP = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--only-binary", ":all:"]


def build(data: str) -> str:
    """Build the environment in a data folder if it is missing or outdated; returns the error, or ""."""
    folder = os.path.join(data, "venv")
    with lock.hold(os.path.join(data, "venv.lock"), WAIT):
        pinned = disk.read(REQUIREMENTS)
        if disk.read(os.path.join(folder, "requirements.txt")) == pinned:
            return ""
        failed = os.path.join(data, "venv.failed")
        if os.path.exists(failed) and time.time() - os.path.getmtime(failed) < RETRY:
            return (disk.read(failed) or b"").decode("utf-8", "replace")
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        python = os.path.join(folder, *(("Scripts", "python.exe") if disk.WINDOWS else ("bin", "python")))
        done = subprocess.run([python, "-I", *_PIP, "-r", REQUIREMENTS], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            why = (done.stderr.strip().splitlines() or ["pip failed"])[-1][:300]
            disk.write(failed, why.encode(), durable=False)
            return why
        # Written last: its presence shows that the environment is complete.
        disk.write(os.path.join(folder, "requirements.txt"), pinned or b"")
    return ""


def main() -> int:
    """Build, and report a failure in one line; the session continues either way."""
    try:
        failure = build(sys.argv[1])
    except Exception as error:
        failure = f"{type(error).__name__}: {error}"
    if failure:
        message = f"assembly-line: the environment could not be built ({failure}); start a session with network access"
        print(json.dumps({"systemMessage": message}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
