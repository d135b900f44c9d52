"""Tells git how to merge state files: as the union of both sides, which their layout keeps valid."""

import contextlib
import os

from assembly_line import paths
from assembly_line.sources import repository
from assembly_line.system import disk

LINE = f"{paths.PLANNING}/.*-state.yaml merge=union"


def prepare(root: str) -> None:
    """Note it in the clone's own attributes, which no commit takes, unless the project or the person says otherwise."""
    where = repository.find(root)
    if where is None:
        return
    said = where.run(["check-attr", "merge", "--", where.inside(paths.STATE_FILE)])
    named = where.run(["rev-parse", "--git-path", "info/attributes"])
    if said is None or named is None or not said.rstrip().endswith(b": unspecified"):
        return
    path = os.path.join(where.place.top, os.fsdecode(named).rstrip("\n"))
    data = disk.read(path) or b""
    line = f"{where.prefix}{LINE}\n".encode()
    if '"' in where.prefix or " " in where.prefix or line in data:
        return  # a name that attributes cannot spell
    with contextlib.suppress(OSError):
        disk.write(path, data + (b"\n" if data and not data.endswith(b"\n") else b"") + line)
