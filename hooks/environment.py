"""Builds the hooks' virtual environment in the plugin's data folder, under a lock; standard library only."""

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from assembly_line.errors import reason
from assembly_line.system import disk, lock, programs

REQUIREMENTS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "requirements.txt")
SECONDS = 20.0  # for everything; the hook that waits for it has 60
# Only what was reviewed is installed: wheels, which run no code meanwhile, with the pinned hashes.
_INSTALL = ["install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-warn-script-location"]
_INSTALL += ["--only-binary", ":all:", "--require-hashes", "--retries", "1", "--timeout", "5", "-r", REQUIREMENTS]


def build(data: str, seconds: float = SECONDS) -> str:
    """Build the environment in a data folder if it is missing or outdated; returns why it could not be, or ""."""
    until = time.monotonic() + seconds
    folder = os.path.join(data, "venv")
    with lock.hold(os.path.join(data, "venv.lock"), seconds):
        pinned = disk.read(REQUIREMENTS)
        if disk.read(os.path.join(folder, "requirements.txt")) == pinned:
            return ""
        fresh, old = f"{folder}.new", f"{folder}.old"
        for name in (fresh, old):
            shutil.rmtree(name, ignore_errors=True)
        python = os.path.join(fresh, *(("Scripts", "python.exe") if disk.WINDOWS else ("bin", "python")))
        for words in _steps(fresh, python):
            if why := _run(words, until - time.monotonic(), seconds):
                shutil.rmtree(fresh, ignore_errors=True)
                return why
        _record(fresh)
        # Its presence shows that the environment is complete.
        disk.write(os.path.join(fresh, "requirements.txt"), pinned or b"")
        if os.path.exists(folder):
            os.rename(folder, old)  # a hook that runs in it right now finds the new one at its place
        os.rename(fresh, folder)
        shutil.rmtree(old, ignore_errors=True)
    return ""


def _steps(folder: str, python: str) -> list[list[str]]:
    """The commands that make the environment, with this Python's own pip if it can, which takes half of the time."""
    try:
        version = tuple(int(part) for part in importlib.metadata.version("pip").split(".")[:2])
    except (importlib.metadata.PackageNotFoundError, ValueError):
        version = (0,)
    here = [sys.executable, "-I"]
    if version < (22, 3):  # it cannot install into another environment
        return [[*here, "-m", "venv", folder], [python, "-I", "-m", "pip", *_INSTALL]]
    return [[*here, "-m", "venv", "--without-pip", folder], [*here, "-m", "pip", "--python", python, *_INSTALL]]


def _run(words: list[str], seconds: float, whole: float) -> str:
    """Run a command; why it did not succeed, or ""."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=max(seconds, 0.1))
    except subprocess.TimeoutExpired:
        return f"it took more than {whole:g} s"
    if done.returncode == 0:
        return ""
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return lines[-1][:300] if lines else f"{words[-1]} failed with status {done.returncode}"


def _record(folder: str) -> None:
    """Record git and what decides how it behaves, whatever a project puts before it later."""
    git = programs.git(os.environ.get("CLAUDE_PROJECT_DIR") or os.getcwd())
    kept = {name: os.environ[name] for name in programs.KEPT if name in os.environ}
    known = {"git": git or "", "python": sys.executable, "environment": kept}
    disk.write(os.path.join(folder, "programs.json"), json.dumps(known).encode())


def main(words: list[str]) -> int:
    """Build, and print why that failed as one line that fits between the quotes of a JSON text; "" when it did not."""
    try:
        failure = build(os.path.abspath(words[0]), float(words[1]) if len(words) > 1 else SECONDS)
    except Exception as error:
        failure = reason(error)
    if failure:
        plain = failure.replace('"', "'").replace("\\", "/")
        print("".join(char if char.isascii() and char.isprintable() else " " for char in plain))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
