"""Bounded reads of files that others wrote: regular files only, UTF-8 only, and ids that are safe in paths."""

import os
import re
import stat

from assembly_line.errors import LineError
from assembly_line.untrusted.terminal import clean

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ID = re.compile(r"(?!.*\.\.)[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|\Z)", re.IGNORECASE | re.ASCII)


def read_bytes(path: str | os.PathLike[str], limit: int, name: str = "") -> bytes:
    """The bytes of a regular file of at most `limit` bytes; LineError (calling it `name`) for all else, links too."""
    name = clean(name or str(path), 300)
    # O_NONBLOCK: opening a FIFO must not wait for a writer; Windows has neither flag and relies on lstat.
    flags = os.O_RDONLY
    for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, flag, 0)
    try:
        _regular(os.lstat(path), name)
        with os.fdopen(os.open(path, flags), "rb") as file:
            _regular(os.fstat(file.fileno()), name)
            data = file.read(limit + 1)
    except FileNotFoundError:
        raise LineError(f"{name}: there is no such file; check the name") from None
    except (OSError, ValueError) as error:
        reason = clean(getattr(error, "strerror", None) or str(error), 100)
        raise LineError(f"{name}: cannot be read ({reason}); check its permissions and its path") from None
    if len(data) > limit:
        raise LineError(f"{name}: larger than {limit} bytes; shorten it")
    return data


def decode(data: bytes, name: str) -> str:
    """UTF-8 text without byte order mark, lines ended by LF; LineError for other encodings and control characters."""
    name = clean(name, 300)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise LineError(f"{name}:1: is UTF-16; save it as UTF-8")
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise LineError(f"{name}:{line}: is not UTF-8; save the file as UTF-8") from None
    if found := _CONTROL.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise LineError(f"{name}:{line}: holds the control character {clean(found[0], 10)}; remove it")
    return text


def check_id(task: str) -> str:
    """The id itself; LineError that says what an id looks like when it cannot be one."""
    if not _ID.fullmatch(task) or _DEVICE.match(task):
        raise LineError(
            f"'{clean(task, 80)}' is not a task id; an id looks like TASK-008: up to 64 letters, digits, '.', '_' and"
            " '-', a letter or digit first, no '..', no '.' at the end, not a device name such as CON"
        )
    return task


def _regular(status: os.stat_result, name: str) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise LineError(f"{name}: is a symbolic link; put the file itself there")
    if not stat.S_ISREG(status.st_mode):
        raise LineError(f"{name}: is not a regular file; put a plain text file there")
