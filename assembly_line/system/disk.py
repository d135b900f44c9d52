"""The package's file access: atomic replacement, durable append, reading, removal.

Other modules write only through these functions, so that tests can replace the system calls below them.
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
        raise LineError(f"{relative}: lies outside the project; name a file inside it")
    path = os.path.join(root, relative)
    real, top = os.path.realpath(path), os.path.realpath(root)
    if real != os.path.join(top, os.path.normpath(relative)):
        raise LineError(f"{relative}: a symbolic link leads to {real}; replace it with a plain file or folder")
    return path


def write(path: str, data: bytes | Parts, mode: int = 0o644, *, durable: bool = True) -> None:
    """Replace a file's content, given whole or in parts; at every moment it holds either the old or the new bytes.

    With `durable` this survives a power failure too; without, the file must be one that can be rebuilt.
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
    """Append bytes to a file; on return all of them are on disk, else OSError is raised and none are."""
    created = not os.path.exists(path)
    if created:
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
    if created and durable:
        _sync_folder(os.path.dirname(path))


def truncate(path: str, size: int) -> None:
    """Truncate a file to a size in bytes, durably."""
    descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0))
    try:
        os.ftruncate(descriptor, size)
        _sync(descriptor)
    finally:
        os.close(descriptor)


def read(path: str) -> bytes | None:
    """The bytes of a regular file, or None when there is none; never blocks on a FIFO or follows a link at the end."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise LineError(f"{path}: cannot be read ({error.strerror}); replace it with a plain file") from None
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
    """Remove a folder and everything in it, links but never their targets; what cannot be removed stays."""
    paths = [folder]
    for path in paths:
        with contextlib.suppress(OSError):
            if not os.path.islink(path):
                paths += [os.path.join(path, name) for name in os.listdir(path)]
    for path in reversed(paths):
        with contextlib.suppress(OSError):
            (os.rmdir if os.path.isdir(path) and not os.path.islink(path) else os.unlink)(path)


def sweep(folder: str, of: str = "") -> None:
    """Remove temporary files that killed writers left in a folder, or of one file; call it under the writers' lock."""
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            parts = name.rsplit(".", 2)
            if len(parts) == 3 and parts[1].isdigit() and parts[2] == "tmp" and of in ("", parts[0]):
                os.unlink(os.path.join(folder, name))


def clear(root: str, relative: str) -> bool:
    """Remove what keeps a project's path from being a plain file; whether there was anything.

    A link on the way is removed, never its target; a folder in the file's place is renamed.
    """
    path = root
    for part in os.path.normpath(relative).split(os.sep):
        path = os.path.join(path, part)
        if os.path.islink(path):
            os.unlink(path)
            return True
    if os.path.isdir(path):
        os.rename(path, f"{path}.aside-{os.getpid()}")
        return True
    if os.path.lexists(path) and not os.path.isfile(path):
        os.unlink(path)
        return True
    return False


def stamp(path: str) -> list[int]:
    """Size, times and inode of a file, which differ after any write; [] when it does not exist."""
    return stamp_of(status(path))


def status(path: str) -> os.stat_result | None:
    """What the system says of a file or a link; None when it does not exist."""
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def stamp_of(status: os.stat_result | None) -> list[int]:
    """The stamp of a file of this status."""
    if status is None:
        return []
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def make_folder(folder: str) -> None:
    """Create a folder and its parents so that they survive a power failure."""
    _make_folder(folder, True)


def _make_folder(folder: str, durable: bool) -> None:
    """Create a folder and its parents, durably if asked, so that a file in it is not lost with one of them."""
    missing = []
    while folder and not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for path in reversed(missing):
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
            time.sleep(delay)  # a virus scanner or an editor has the file open
    os.replace(source, target)
