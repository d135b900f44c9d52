"""The project's settings of the client, as a run found them and as they are now, member by member."""

import hashlib
import json
import os
from collections.abc import Mapping
from typing import Any

from assembly_line.system import disk

FILES = (".claude/settings.json", ".claude/settings.local.json")
MAX_BYTES = 4 * 1024 * 1024
UNREADABLE = "unreadable"  # in place of the members of a file that cannot be read
Seen = dict[str, dict[str, str]]  # by file: the digest of each member


def stamps(root: str) -> list[list[int]]:
    """What changes when one of the files does."""
    return [disk.stamp(os.path.join(root, name)) for name in FILES]


def look(root: str) -> Seen:
    """The digests of the members of each file that is there."""
    found = {name: _members(os.path.join(root, name)) for name in FILES}
    return {name: members for name, members in found.items() if members}


def differences(before: Mapping[str, Any], now: Seen) -> dict[str, list[str]]:
    """The files that differ, each with the members that do."""
    found = {}
    for name in FILES:
        old, new = before.get(name) or {}, now.get(name) or {}
        members = sorted(member for member in {*old, *new} if old.get(member) != new.get(member))
        if members:
            found[name] = members
    return found


def _members(path: str) -> dict[str, str]:
    try:
        with open(path, "rb") as file:
            value = json.loads(file.read(MAX_BYTES).decode("utf-8-sig"))
        if not isinstance(value, dict):
            raise ValueError(path)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError, RecursionError):
        return {UNREADABLE: str(disk.stamp(path))}
    return {str(name)[:60]: _digest(item) for name, item in value.items()}


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode("utf-8", "replace")).hexdigest()[:16]
