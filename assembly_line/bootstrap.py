"""Starts a command line, or says in one line what must be installed first; imports nothing that could be missing."""

import importlib
import importlib.util
import sys

PACKAGES = {"click": "click", "jsonschema": "jsonschema", "yaml": "pyyaml"}  # module: what to install


def missing() -> str:
    """What this Python lacks, as one line with the remedy; "" when it lacks nothing."""
    if sys.version_info < (3, 10):  # noqa: UP036 - this is where an older one is told
        return f"Python 3.10 or newer is needed, this is {sys.version.split()[0]}; start it with another one"
    lacking = [name for module, name in PACKAGES.items() if importlib.util.find_spec(module) is None]
    if lacking:
        remedy = "run: python -m pip install -r requirements.txt"
        return f"{', '.join(lacking)} not installed for {sys.executable}; {remedy}"
    return ""


def start(module: str) -> int:
    """The exit status of a module's `main`, or 2 with one line on standard error when it cannot run here."""
    lacks = missing()
    if lacks:
        print(f"assembly-line: {lacks}", file=sys.stderr)
        return 2
    return int(importlib.import_module(module).main() or 0)
