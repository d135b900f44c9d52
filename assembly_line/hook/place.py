"""Where an agent or a session works: in the project, or in a work tree that is not the project's."""

import os

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
