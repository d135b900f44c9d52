"""Starts a command-line module, or names in one line what must be installed first; needs the standard library only."""

import importlib
import importlib.util
import signal
import sys

PACKAGES = {"click": "click", "jsonschema": "jsonschema", "yaml": "pyyaml"}  # module: package to install


def missing() -> str:
    """What this Python is missing and how to fix it, in one line; "" when nothing is."""
    if sys.version_info < (3, 10):  # noqa: UP036 - older versions are turned away here
        return f"Python 3.10 or newer is required, this is {sys.version.split()[0]}; use a newer Python"
    packages = [name for module, name in PACKAGES.items() if importlib.util.find_spec(module) is None]
    if packages:
        remedy = "run: python -m pip install -r requirements.txt"
        return f"{', '.join(packages)} not installed for {sys.executable}; {remedy}"
    return ""


def start(module: str) -> int:
    """Run a module's `main` and return its exit status, or 2 with one line on stderr when dependencies are missing."""
    if hasattr(signal, "SIGCHLD"):
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # where it is ignored, a git that failed would seem to succeed
    problem = missing()
    if problem:
        print(f"assembly-line: {problem}", file=sys.stderr)
        return 2
    return int(importlib.import_module(module).main() or 0)
