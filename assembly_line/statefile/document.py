"""The state file: the status of every task, updated by replacing a task's own lines and leaving all others alone."""

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
    """Write tasks' entries into the state file and keep everything else byte for byte.

    A file as this machine last wrote it is spliced as text; any other is parsed as YAML first. LineError when the
    file cannot be parsed.
    """
    path, name = disk.inside(root, relative), relative_key(relative)
    data = disk.read(path)
    known = data is not None and bool(stamp := disk.stamp(path)) and vault.stamp_of(name) == stamp
    parts: disk.Parts | None = None
    if data is None:
        from assembly_line.sources import repository  # late, as a project has its first state file once

        parts = (layout.fresh(relative, blocks, repository.began(root) or now),)
    elif known:
        parts = _spliced(data, blocks)
    ours = parts is not None  # a splice keeps our layout
    if parts is None:
        text, tasks = edit.apply(data or b"", relative, blocks, now)
        parts, ours = (text,), splice.is_ours(text, tasks)
    disk.write(path, parts)
    vault.note_stamp(name, disk.stamp(path) if ours else [], foreign=data is not None and not known)


def check(root: str, relative: str, vault: Vault, task: str = "") -> None:
    """LineError when the state file cannot be parsed or a task's entry cannot be added; skipped for a known file."""
    path = disk.inside(root, relative)
    stamp = disk.stamp(path)
    if stamp and stamp == vault.stamp_of(relative_key(relative)):
        return
    data = disk.read(path)
    if data is not None and task:
        edit.apply(data, relative, {task: f"  {writer.scalar(task)}:\n    status: pending\n"}, "")
    elif data is not None:
        load(root, relative)


def adopt(root: str, relative: str, vault: Vault, tasks: int) -> None:
    """Treat a foreign file with this many tasks as known, if it has the layout that a splice relies on."""
    path = disk.inside(root, relative)
    stamp = disk.stamp(path)
    if stamp != vault.stamp_of(relative_key(relative)) and splice.is_ours(disk.read(path) or b"", tasks):
        vault.note_stamp(relative_key(relative), stamp, foreign=True)


def relative_key(relative: str) -> str:
    """The name under which the vault keeps the stamp of a state file."""
    return "".join(sign if sign in _ID and sign != "_" else "_" for sign in relative)


def load(root: str, relative: str) -> dict[str, Any]:
    """The state file's content with `tasks` as a mapping; {} when there is no file; LineError when it is invalid."""
    data = disk.read(disk.inside(root, relative))
    if data is None:
        return {}
    return edit.parse(inputs.decode(data, relative), relative)


def is_name(name: str) -> bool:
    """Whether a file name is that of a state file: the project's, or a named feature's or issue's."""
    middle = name.removeprefix(".").removesuffix("-state.yaml")
    kind, _, label = middle.partition("-")
    valid = middle == "project" or (kind in ("feature", "issue") and label != "" and not label.strip(_ID))
    return valid and name == f".{middle}-state.yaml"


def is_place(relative: str) -> bool:
    """Whether a path from the project's root is allowed for a state file; the one in a journal may be forged."""
    folder, name = os.path.split(relative)
    return folder == paths.PLANNING and is_name(name)


def _spliced(data: bytes, blocks: layout.Blocks) -> disk.Parts | None:
    """A known file with entries replaced, without parsing the rest; None when that is not certain to be right."""
    if splice.is_former(data):
        return None
    if len(blocks) == 1:
        ((task, new),) = blocks.items()
        return splice.replace_one(data, task, new)
    return splice.replace_many(data, blocks)
