"""Compares the journal with its mirror, and restores what this machine wrote when something else changed it."""

import json
import os

from assembly_line.storage import journal
from assembly_line.storage.journal import Damaged
from assembly_line.storage.vault import Vault
from assembly_line.system import disk


def sound(root: str, relative: str, task: str, vault: Vault) -> tuple[bytes, bool]:
    """The journal's trusted bytes, now on disk too, and whether they had to be restored."""
    path, mirror = disk.inside(root, relative), vault.mirror(task)
    data, copy = disk.read(path) or b"", mirrored(mirror, task)
    trusted = vouched(copy, data, vault.key()) if copy else data
    if trusted == data:
        return data, False
    if not vault.lease(task):
        from assembly_line.system import git  # late, as few hooks ask git

        if _checked_out(root, relative, data):
            disk.remove(mirror)
            return data, False
        if git.merging(root):
            return data, False
    disk.write(os.path.join(vault.folder, f"{task}.tampered"), data)
    disk.write(path, trusted)
    return trusted, True


def mirrored(mirror: str, task: str) -> bytes:
    """The valid part of the mirror, which is not synced and may be damaged by a power failure."""
    copy = disk.read(mirror) or b""
    try:
        torn = journal.parse(copy, mirror, task)[1]
    except Damaged:
        return b""
    return copy[: torn.offset] if torn else copy


def _checked_out(root: str, relative: str, data: bytes) -> bool:
    """Whether git, not an edit, gave the journal this content: outside a run it may follow a branch."""
    from assembly_line.system import git  # late: only for a journal that is not the mirror's

    committed = git.committed(root, relative)
    if os.path.lexists(os.path.join(root, relative)):
        return committed == data
    return committed is None and git.remembered(root, relative)


def vouched(copy: bytes, data: bytes, key: bytes) -> bytes:
    """The journal as this machine wrote it: the mirror, and the lines that continue it with our signature.

    A crash may have left the mirror behind; a torn last line is the parser's to repair.
    """
    if not data.startswith(copy):
        return copy
    trusted, head = copy, json.loads(copy.splitlines()[-1])["h"]
    for line in data[len(copy) :].splitlines(keepends=True):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            return data if len(trusted) + len(line) == len(data) else trusted
        try:
            if record["prev"] != head or record["mac"] != journal.mac_of(record["h"], key):
                return trusted
            head = record["h"]
        except (KeyError, TypeError, AttributeError):
            return trusted  # a complete line, so no crash explains it
        trusted += line
    return trusted
