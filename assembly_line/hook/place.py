"""Where an agent or a session works: in the project, below it, or in a work tree that is not the project's."""

import os

from assembly_line import paths

SHOWN = 200  # characters of a folder in a message


def elsewhere(root: str, folder: str) -> str:
    """The folder when what is written there is not in the project: outside it, or in a work tree of its own."""
    if not folder:
        return ""
    top, here = os.path.realpath(root), os.path.realpath(folder)
    if here != top and not here.startswith(top.rstrip(os.sep) + os.sep):
        return here[-SHOWN:]
    while here != top:
        if os.path.lexists(os.path.join(here, ".git")):
            return os.path.relpath(os.path.realpath(folder), top)[-SHOWN:]
        here = os.path.dirname(here)
    return ""


def above(root: str) -> str:
    """The project that holds this folder, when the folder itself is none; "" otherwise."""
    if any(os.path.isdir(os.path.join(root, name)) for name in (paths.PLANNING, *paths.TASKS)) or _is_project(root):
        return ""
    folder = os.path.realpath(root)
    while not os.path.lexists(os.path.join(folder, ".git")) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
        if _is_project(folder):
            return folder
    return ""


def _is_project(folder: str) -> bool:
    from assembly_line.project import config  # late, as it reads YAML, and most hooks only look where an agent works

    return os.path.isdir(os.path.join(folder, paths.PLANNING)) or os.path.isfile(os.path.join(folder, config.FILE))
