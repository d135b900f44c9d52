"""The journal against its mirror: what this machine wrote is put back when somebody else changed it."""

import json
import os

from assembly_line.storage import journal
from assembly_line.storage.journal import Damaged
from assembly_line.storage.vault import Vault
from assembly_line.system import disk


def sound(root: str, relative: str, task: str, vault: Vault) -> tuple[bytes, bool]:
    """The journal's bytes as they are to be believed, on disk too, and whether they had to be put back."""
    path, mirror = disk.inside(root, relative), vault.mirror(task)
    data, kept = disk.read(path) or b"", mirrored(mirror, task)
    wanted = vouched(kept, data, vault.key()) if kept else data
    if wanted == data:
        return data, False
    if not vault.lease(task):
        if _checked_out(root, relative, data):
            disk.remove(mirror)
            return data, False
        if _is_merging(root):
            return data, False
    disk.write(os.path.join(vault.folder, f"{task}.tampered"), data)
    disk.write(path, wanted)
    return wanted, True


def mirrored(mirror: str, task: str) -> bytes:
    """The sound part of the mirror, which is not synced and may have suffered in a power failure."""
    kept = disk.read(mirror) or b""
    try:
        torn = journal.parse(kept, mirror, task)[1]
    except Damaged:
        return b""
    return kept[: torn.offset] if torn else kept


def _checked_out(root: str, relative: str, data: bytes) -> bool:
    """Whether git, not somebody's hand, made the journal what it is: outside a run it may follow a branch."""
    from assembly_line.system import git

    committed = git.committed(root, relative)
    if os.path.lexists(os.path.join(root, relative)):
        return committed == data
    return committed is None and git.remembered(root, relative)


def _is_merging(root: str) -> bool:
    from assembly_line.system import git

    return git.merging(root)


def vouched(kept: bytes, data: bytes, key: bytes) -> bytes:
    """The journal as this machine wrote it: the mirror, and lines that go on from it with our signature.

    A crash may have come before the mirror; the line that it tore, which is the last, is the parser's to repair.
    """
    if not data.startswith(kept):
        return kept
    known, head = kept, json.loads(kept.splitlines()[-1])["h"]
    for line in data[len(kept) :].splitlines(keepends=True):
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            return data if len(known) + len(line) == len(data) else known
        try:
            if found["prev"] != head or found["mac"] != journal.mac_of(found["h"], key):
                return known
            head = found["h"]
        except (KeyError, TypeError, AttributeError):
            return known  # whole, so that no crash explains it
        known += line
    return known
