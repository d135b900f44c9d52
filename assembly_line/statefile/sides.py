"""A state file that git could not merge: its two sides, and one valid text that loses nothing of them."""

import re

from assembly_line.errors import LineError
from assembly_line.statefile import edit
from assembly_line.yamlio import writer

_BEGIN = re.compile(r"^<{7} ", re.MULTILINE)


def line(text: str) -> int:
    """The line in which git's marks of a merge begin, counted from 1; 0 when there are none."""
    match = _BEGIN.search(text)
    return text.count("\n", 0, match.start()) + 1 if match else 0


def united(text: str, relative: str) -> str:
    """The first side that can be read, with the entries that only the other has; "" when there is none.

    Entries that both have are the first side's; those with a journal are rebuilt from it anyway.
    """
    found = []
    for side in split(text):
        try:
            found.append((side, edit.parse(side, relative)["tasks"]))
        except LineError:
            continue
    if not found:
        return ""
    (first, known), *others = found
    missing = {task: entry for _, tasks in others for task, entry in tasks.items() if task not in known}
    lines = {task: writer.dump({task: entry}, 2) for task, entry in missing.items()}
    try:
        return edit.apply(first.encode(), relative, lines, "")[0].decode() if lines else first
    except LineError:
        return first


def split(text: str) -> list[str]:
    """Our side and theirs, as git marks them; [] when it is not marked so."""
    sides: tuple[list[str], list[str]] = ([], [])
    into: tuple[list[str], ...] = sides
    for item in text.splitlines(keepends=True):
        if item.startswith("<<<<<<< ") and into is sides:
            into = sides[:1]
        elif item.startswith("||||||| ") and into == sides[:1]:
            into = ()
        elif item.rstrip() == "=======" and into is not sides:
            into = sides[1:]
        elif item.startswith(">>>>>>> ") and into is not sides:
            into = sides
        else:
            for side in into:
                side.append(item)
    return ["".join(side) for side in sides] if line(text) and into is sides else []
