"""The state file: where every task stands, written by replacing one task's lines and leaving all others alone."""

import os
from typing import Any

from assembly_line import paths
from assembly_line.statefile import edit, layout, splice
from assembly_line.storage.vault import Vault
from assembly_line.system import disk
from assembly_line.untrusted import inputs
from assembly_line.yamlio import writer

MAX_BYTES = 64 * 1024 * 1024
_ID = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"


def update(root: str, relative: str, blocks: layout.Blocks, now: str, vault: Vault) -> None:
    """Put entries of tasks into the state file; everything else in it survives byte for byte.

    A file as this machine last wrote it is spliced as text; any other is read as YAML first. LineError when
    the file cannot be understood.
    """
    path, name = disk.inside(root, relative), relative_key(relative)
    data = disk.read(path)
    known = data is not None and bool(stamp := disk.stamp(path)) and vault.stamp_of(name) == stamp
    parts: disk.Parts | None = None
    if data is None:
        parts = (layout.fresh(relative, blocks, now),)
    elif known:
        parts = _spliced(data, blocks, now)
    ours = parts is not None  # a splice keeps the layout
    if parts is None:
        text, tasks = edit.edited(data or b"", relative, blocks, now)
        parts, ours = (text,), splice.is_ours(text, tasks)
    disk.write(path, parts)
    vault.note_stamp(name, disk.stamp(path) if ours else [], foreign=data is not None and not known)


def check(root: str, relative: str, vault: Vault, task: str = "") -> None:
    """LineError when the state file cannot be understood or takes no entry of a task; one of ours needs no look."""
    path = disk.inside(root, relative)
    stamp = disk.stamp(path)
    if stamp and stamp == vault.stamp_of(relative_key(relative)):
        return
    data = disk.read(path)
    if data is not None and task:
        edit.edited(data, relative, {task: f"  {writer.scalar(task)}:\n    status: pending\n"}, "")
    elif data is not None:
        load(root, relative)


def adopt(root: str, relative: str, vault: Vault, tasks: int) -> None:
    """Take a file of so many tasks that somebody else wrote for known, if it has the layout that a splice relies on."""
    path = disk.inside(root, relative)
    stamp = disk.stamp(path)
    if stamp != vault.stamp_of(relative_key(relative)) and splice.is_ours(disk.read(path) or b"", tasks):
        vault.note_stamp(relative_key(relative), stamp, foreign=True)


def relative_key(relative: str) -> str:
    """A file name for the stamp of a state file."""
    return "".join(sign if sign in _ID and sign != "_" else "_" for sign in relative)


def load(root: str, relative: str) -> dict[str, Any]:
    """The state file's content with `tasks` as a mapping; {} when there is no file; LineError when it is not one."""
    data = disk.read(disk.inside(root, relative))
    if data is None:
        return {}
    return edit.whole(inputs.decode(data, relative), relative)


def is_name(name: str) -> bool:
    """Whether a file of that name is a state file: of the project, or of a feature or an issue that it names."""
    middle = name.removeprefix(".").removesuffix("-state.yaml")
    what, dash, which = middle.partition("-")
    known = middle == "project" or (what in ("feature", "issue") and dash and which and not which.strip(_ID))
    return bool(known) and name == f".{middle}-state.yaml"


def is_place(relative: str) -> bool:
    """Whether a state file may be at a path from the project's root; the one that a journal names may be forged."""
    folder, name = os.path.split(relative)
    return folder == paths.PLANNING and is_name(name)


def _spliced(data: bytes, blocks: layout.Blocks, now: str) -> disk.Parts | None:
    """A known file with blocks replaced, without parsing the rest; None when that cannot be done with certainty."""
    if len(blocks) == 1:
        ((task, new),) = blocks.items()
        return splice.spliced(data, task, new, now)
    return splice.splice(data, blocks, now)
