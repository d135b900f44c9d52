"""Makes the private index track what the person's index does: names and modes, and nothing that it says of files."""

import os
from collections.abc import Callable
from typing import Any

from assembly_line.sources import update
from assembly_line.sources.private import Private
from assembly_line.sources.repository import Repository
from assembly_line.system import disk

_YES = ("true", "yes", "on", "1")


def follow(
    private: Private,
    known: dict[str, Any],
    settings: dict[str, str],
    aside: list[Any],
    counts: Callable[[str], bool],
    counts_new: Callable[[str], bool],
) -> bool:
    """Take over what is tracked if that may have changed, or what counts (`aside`); whether that was possible.

    `known` is what was noted with the last look, and is brought up to date. `counts` tells whether a tracked file
    counts, `counts_new` whether one does that only we have added.
    """
    top = private.where.place.top
    stamp = disk.stamp(private.where.place.index_file)
    if known["theirs"] == stamp and known["aside"] == aside and not _any_there(top, known["sparse"]):
        back = {path: entry for path, entry in known["gone"].items() if os.path.lexists(os.path.join(top, path))}
        known["gone"] = {path: entry for path, entry in known["gone"].items() if path not in back}
        return update.put(private, back)
    theirs, listed = _theirs(private.where, settings), private.run(["ls-files", "-s", "-z"])
    if theirs is None or listed is None:
        return False
    ours = {path: entry for path, entry, _ in update.entries(listed)}
    theirs = {path: found for path, found in theirs.items() if counts(path)}
    extra = {path for path in known["extra"] if path not in theirs and counts_new(path)}
    # A mode that git does not read from the file is the person's to set.
    takes_modes = settings.get("core.filemode", "").lower() in ("false", "no", "off", "0")
    fresh: dict[str, update.Entry] = {}
    sparse = []
    for path, (mode, name, is_skipped) in theirs.items():
        mine = ours.get(path)
        if is_skipped and not os.path.lexists(os.path.join(top, path)):
            sparse.append(path)
            fresh[path] = (mode, name)
        elif mine is None or path in known["sparse"]:
            fresh[path] = (mode, name)
        elif takes_modes and mine[0] != mode:
            fresh[path] = (mode, mine[1])
    known |= {"theirs": stamp, "aside": aside, "extra": sorted(extra), "gone": {}, "sparse": sparse}
    modules = {path for path, found in theirs.items() if found[0] == update.MODULE}
    known["modules"] = sorted(modules | {*known["modules"]} & extra)
    known["links"] = sorted(path for path in known["links"] if path in theirs or path in extra)
    known["tree"] = known["tree"] if not fresh and ours.keys() <= theirs.keys() | extra else ""
    dropped = update.drop(private, [path for path in ours if path not in theirs and path not in extra])
    return dropped and update.put(private, fresh) and update.flag(private, ["--skip-worktree"], sparse)


def _any_there(top: str, paths: list[str]) -> bool:
    return any(os.path.lexists(os.path.join(top, path)) for path in paths)


def _theirs(where: Repository, settings: dict[str, str]) -> dict[str, tuple[str, str, bool]] | None:
    """What the person's index tracks: mode, object, and whether a sparse checkout may have left the file out."""
    if not os.path.exists(where.place.index_file):
        return {}
    output = where.run(["ls-files", "-v", "-s", "-z"])
    if output is None:
        return None
    is_sparse = settings.get("core.sparsecheckout", "").lower() in _YES
    listed = update.entries(output, tagged=True)
    return {path: (*entry, is_sparse and tag in "Ss") for path, entry, tag in listed}
