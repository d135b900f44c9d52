"""Builds the hooks' virtual environment in the plugin's data folder, once, under a lock; standard library only."""

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
RETRY = 300  # seconds after a failure before the next try: each costs a session start some seconds
WAIT = 240.0  # seconds for another session that builds it
_PIP = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--only-binary", ":all:"]


def build(data: str) -> str:
    """Make the environment below a data folder if it is not there yet; what went wrong, or ""."""
    folder = os.path.join(data, "venv")
    with lock.hold(os.path.join(data, "venv.lock"), WAIT):
        wanted = disk.read(REQUIREMENTS)
        if disk.read(os.path.join(folder, "requirements.txt")) == wanted:
            return ""
        failed = os.path.join(data, "venv.failed")
        if os.path.exists(failed) and time.time() - os.path.getmtime(failed) < RETRY:
            return (disk.read(failed) or b"").decode("utf-8", "replace")
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        python = (
            os.path.join(folder, "Scripts", "python.exe") if disk.WINDOWS else os.path.join(folder, "bin", "python")
        )
        done = subprocess.run([python, "-I", *_PIP, "-r", REQUIREMENTS], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            why = (done.stderr.strip().splitlines() or ["pip failed"])[-1][:300]
            disk.write(failed, why.encode(), durable=False)
            return why
        # Written last: its presence says that the environment is whole.
        disk.write(os.path.join(folder, "requirements.txt"), wanted or b"")
    return ""


def main() -> int:
    """Build, and tell the person in one line when that failed; the session goes on either way."""
    try:
        failure = build(sys.argv[1])
    except Exception as error:
        failure = f"{type(error).__name__}: {error}"
    if failure:
        said = f"assembly-line: its environment could not be built ({failure}); start a session with network access"
        print(json.dumps({"systemMessage": said}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
