"""What lies in the work tree and in no commit of it: nested repositories, and what links that leave lead to.

The digest holds their state, so that a change of it is a change, and names them.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from itertools import islice

from assembly_line.sources.repository import Repository, holds
from assembly_line.system import disk

_FILES = 2_000  # files of a folder elsewhere that are looked at
_READ = 1024 * 1024  # bytes of a file elsewhere that are read; of a longer one size and time count
_ALL = 16 * _READ  # bytes of a folder elsewhere that are read at each look; of the rest sizes and times count

States = dict[str, str]  # by path from the top


def is_leaving(where: Repository, path: str) -> bool:
    """Whether a link leads out of what is watched, to something that is there."""
    full = os.path.join(where.place.top, path)
    real = os.path.realpath(full)
    is_inside = holds(where.watched, real) and not any(holds(folder, real) for folder in where.place[1:])
    return os.path.islink(full) and not is_inside and os.path.exists(real)


def state_of(path: str) -> str:
    """The state of what a link leads to."""
    total, left, room, folders = hashlib.sha256(), _FILES, _ALL, [os.path.realpath(path)]
    if not os.path.isdir(folders[0]):
        return _file(folders[0], _READ)[0]
    while folders:
        here = folders.pop()
        try:
            with os.scandir(here) as listed:
                found = sorted(islice(listed, left + 1), key=lambda item: item.name)
        except OSError:
            continue
        for item in found:
            left -= 1
            if left < 0:
                return f"{total.hexdigest()[:40]} and more"
            total.update(os.fsencode(os.path.relpath(item.path, os.path.realpath(path))) + b"\0")
            if item.is_dir(follow_symlinks=False):
                folders.append(item.path)
            else:
                state, size = _file(item.path, min(_READ, room))
                total.update(state.encode() + b"\0")
                room -= size
    return total.hexdigest()[:40]


def _file(path: str, most: int) -> tuple[str, int]:
    """The content of a file of at most so many bytes, of any other its size and time; and how many were read."""
    try:
        status = os.lstat(path)
        if os.path.isfile(path) and not os.path.islink(path) and status.st_size <= most:
            with open(path, "rb") as file:
                return hashlib.sha256(file.read()).hexdigest()[:40], status.st_size
        return f"{status.st_mode} {status.st_size} {status.st_mtime_ns if os.path.isfile(path) else 0}", 0
    except OSError:
        return "unreadable", 0


def kept(folder: str, states: States) -> str:
    """The name of some states, under which they are kept in a folder; "" for none."""
    if not states:
        return ""
    data = json.dumps(states, sort_keys=True).encode()
    name = hashlib.sha256(data).hexdigest()[:16]
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        disk.write(path, data, durable=False)
    return name


def known(folder: str, name: str) -> States | None:
    """The states of this name; None when they are not kept."""
    if not name:
        return {}
    data = disk.read(os.path.join(folder, name)) if name.isalnum() else None
    if data is None or hashlib.sha256(data).hexdigest()[:16] != name:
        return None
    found: States = json.loads(data)
    return found


def differing(before: States, after: States) -> Iterable[str]:
    """The paths whose states differ, sorted."""
    return (path for path in sorted({*before, *after}) if before.get(path) != after.get(path))
