"""The snapshot of a run: the result of replaying its journal at a known stamp, so that few hooks replay it again."""

import json
import os
from typing import Any

from assembly_line.core.run import Run
from assembly_line.core.run_json import from_json, to_json
from assembly_line.storage.vault import Vault, compact, parsed
from assembly_line.system import disk

VERSION = 3


def load(vault: Vault, task: str, stamp: list[int]) -> tuple[Run, int, str] | None:
    """The run and its last record's number and hash, if the snapshot is of a journal with this stamp."""
    head, run = _parts(vault, task, stamp)
    if not run:
        return None
    try:
        return from_json(json.loads(run)), head["seq"], head["head"]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return None  # written by another release


def load_block(vault: Vault, task: str, stamp: list[int]) -> tuple[str, str] | None:
    """The run's state file and the lines of its entry there, if the snapshot is of a journal with this stamp."""
    head, _ = _parts(vault, task, stamp)
    try:
        return head["state_file"], head["block"]
    except KeyError:
        return None


def save(vault: Vault, task: str, stamp: list[int], run: Run, seq: int, head: str, block: str) -> None:
    """Store the run that a journal with this stamp leads to, and the lines of its entry in the state file."""
    first = {"v": VERSION, "stamp": stamp, "seq": seq, "head": head, "state_file": run.state_file, "block": block}
    disk.write(_path(vault, task), f"{compact(first)}\n{compact(to_json(run))}".encode(), durable=False)


def forget(vault: Vault, task: str) -> None:
    disk.remove(_path(vault, task))


def _parts(vault: Vault, task: str, stamp: list[int]) -> tuple[dict[str, Any], bytes]:
    """A snapshot's head and the run as JSON; ({}, b"") when it is of another stamp."""
    first, _, run = (disk.read(_path(vault, task)) or b"").partition(b"\n")
    head = parsed(first)
    current = bool(stamp) and head.get("v") == VERSION and head.get("stamp") == stamp
    return (head, run) if current else ({}, b"")


def _path(vault: Vault, task: str) -> str:
    return os.path.join(vault.folder, f"{task}.run.json")
