"""Where git is: as recorded when the environment was built, else found on PATH outside the project."""

import functools
import json
import os
import shutil
from typing import Any

_FILE = os.path.join("venv", "programs.json")  # in the plugin's data folder
KEPT = ("PATH", "HOME", "XDG_CONFIG_HOME")  # which decide what git is, what it starts and how the person set it up


def git(root: str) -> str | None:
    """The path of git, never one inside the project: programs there must not be run."""
    top = os.path.realpath(root) + os.sep
    known = _recorded().get("git", "")
    if os.path.isabs(known) and _outside(known, top) and _is_program(known):
        return str(known)
    folders = [name for name in environment().get("PATH", os.defpath).split(os.pathsep) if os.path.isabs(name)]
    outside = [name for name in folders if _outside(name, top)]
    if os.name == "nt":
        return shutil.which("git", path=os.pathsep.join(outside)) if outside else None
    return next((path for path in (os.path.join(folder, "git") for folder in outside) if _is_program(path)), None)


def environment() -> dict[str, str]:
    """The environment for git: as recorded, and without variables that point it at another repository."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    kept: dict[str, str] = _recorded().get("environment", {})
    return {**{name: value for name, value in given.items() if name not in KEPT}, **kept} if kept else given


def _recorded() -> dict[str, Any]:
    data = os.environ.get("CLAUDE_PLUGIN_DATA", "")
    return _read(os.path.join(data, _FILE)) if data else {}


@functools.cache
def _read(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _is_program(path: str) -> bool:
    return os.access(path, os.X_OK) and os.path.isfile(path)


def _outside(path: str, top: str) -> bool:
    return not (os.path.realpath(path) + os.sep).startswith(top)
