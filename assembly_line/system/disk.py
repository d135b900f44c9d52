"""Every write of the package: atomic replacement, durable append, removal.

Other modules write only through these functions, so that a test can swap the system calls below them.
"""

import contextlib
import os
import stat
import sys
import time
from collections.abc import Sequence

from assembly_line.errors import LineError

WINDOWS = sys.platform == "win32"
Parts = Sequence[bytes | memoryview]
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def inside(root: str, relative: str) -> str:
    """The absolute path of a project's file; LineError when a link leads it out of the project."""
    if os.path.isabs(relative) or os.pardir in os.path.normpath(relative).split(os.sep):
        raise LineError(f"{relative}: lies outside of the project; name a file in it")
    path = os.path.join(root, relative)
    real, top = os.path.realpath(path), os.path.realpath(root)
    if real != os.path.join(top, os.path.normpath(relative)):
        raise LineError(f"{relative}: a symbolic link leads to {real}; replace it by a plain file or folder")
    return path


def write(path: str, data: bytes | Parts, mode: int = 0o644, *, durable: bool = True) -> None:
    """Replace a file by new content, whole or in parts: at every moment either the old or the new bytes are there.

    With `durable` that holds over a power failure too; without, the file must be one that can be made again.
    """
    folder = os.path.dirname(path)
    _make_folder(folder, durable)
    temporary = f"{path}.{os.getpid()}.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), mode)
    try:
        try:
            _write_all(descriptor, data)
            if durable:
                _sync(descriptor)
        finally:
            os.close(descriptor)
        _replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    if durable:
        _sync_folder(folder)


def append(path: str, data: bytes, *, durable: bool = True) -> None:
    """Add bytes at the end of a file; all of them are on disk on return, or none are and OSError is raised."""
    fresh = not os.path.exists(path)
    if fresh:
        _make_folder(os.path.dirname(path), durable)
    descriptor = os.open(path, _APPEND, 0o644)
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise LineError(f"{path}: not a regular file; remove it")
        try:
            _write_all(descriptor, data)
            if durable:
                _sync(descriptor)
        except OSError:
            os.ftruncate(descriptor, before.st_size)
            raise
    finally:
        os.close(descriptor)
    if fresh and durable:
        _sync_folder(os.path.dirname(path))


def truncate(path: str, size: int) -> None:
    """Cut a file to a size in bytes, durably."""
    descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0))
    try:
        os.ftruncate(descriptor, size)
        _sync(descriptor)
    finally:
        os.close(descriptor)


def read(path: str) -> bytes | None:
    """The bytes of a regular file, or None when there is none; never waits on a FIFO or follows a last link."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise LineError(f"{path}: cannot be read ({error.strerror}); replace it by a plain file") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise LineError(f"{path}: not a regular file; remove it")
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


def remove(path: str) -> None:
    """Remove a file if it is there."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def remove_tree(folder: str) -> None:
    """Remove a folder and all in it, links but not what they lead to; what cannot be removed stays."""
    found = [folder]
    for path in found:
        with contextlib.suppress(OSError):
            if not os.path.islink(path):
                found += [os.path.join(path, name) for name in os.listdir(path)]
    for path in reversed(found):
        _drop(path)


def _drop(path: str) -> None:
    with contextlib.suppress(OSError):
        (os.rmdir if os.path.isdir(path) and not os.path.islink(path) else os.unlink)(path)


def sweep(folder: str, of: str = "") -> None:
    """Remove what killed writers left behind in a folder, or of one file; use it under the lock that they take."""
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            words = name.rsplit(".", 2)
            if len(words) == 3 and words[1].isdigit() and words[2] == "tmp" and of in ("", words[0]):
                os.unlink(os.path.join(folder, name))


def clear(root: str, relative: str) -> bool:
    """Take away what keeps a project's path from being a plain file; whether there was any such thing.

    Links on the way are removed, never what they lead to; a folder in the file's place is set aside by name.
    """
    path, found = root, False
    for part in os.path.normpath(relative).split(os.sep):
        path = os.path.join(path, part)
        if os.path.islink(path):
            os.unlink(path)
            return True
    if os.path.isdir(path):
        os.rename(path, f"{path}.aside-{os.getpid()}")
        found = True
    elif os.path.lexists(path) and not os.path.isfile(path):
        os.unlink(path)
        found = True
    return found


def stamp(path: str) -> list[int]:
    """What changes when anybody writes the file: size, times, inode; [] when it is not there."""
    try:
        seen = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino]


def _make_folder(folder: str, durable: bool) -> None:
    """Make a folder and those above it; durably, so that no file in it is lost with one of them."""
    made = []
    while folder and not os.path.isdir(folder):
        made.append(folder)
        folder = os.path.dirname(folder)
    for path in reversed(made):
        os.makedirs(path, exist_ok=True)
        if durable:
            _sync_folder(os.path.dirname(path))


def _write_all(descriptor: int, data: bytes | Parts) -> None:
    for part in (data,) if isinstance(data, bytes) else data:
        view = memoryview(part)
        while view:
            view = view[os.write(descriptor, view) :]


def _sync(descriptor: int) -> None:
    if sys.platform == "darwin":
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fsync(descriptor)


def _sync_folder(folder: str) -> None:
    if WINDOWS:
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _replace(source: str, target: str) -> None:
    for delay in (0.01, 0.02, 0.05, 0.1, 0.3) if WINDOWS else ():
        try:
            os.replace(source, target)
            return
        except PermissionError:
            time.sleep(delay)  # a scanner or an editor holds the file for a moment
    os.replace(source, target)
