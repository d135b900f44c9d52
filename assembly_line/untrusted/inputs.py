"""Bounded reads of foreign files, regular and UTF-8 only, and a check of ids that become paths."""

import os
import re
import stat

from assembly_line.errors import LineError
from assembly_line.untrusted.terminal import clean

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ID = re.compile(r"(?!.*\.\.)[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|\Z)", re.IGNORECASE | re.ASCII)


def read_bytes(path: str | os.PathLike[str], limit: int, name: str = "") -> bytes:
    """The bytes of a regular file of at most `limit` bytes; LineError, naming it `name`, for all else, links too."""
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
        raise LineError(f"{name}: no such file; check the name") from None
    except (OSError, ValueError) as error:
        reason = clean(getattr(error, "strerror", None) or str(error), 100)
        raise LineError(f"{name}: cannot be read ({reason}); check its path and permissions") from None
    if len(data) > limit:
        raise LineError(f"{name}: larger than {limit} bytes; shorten it")
    return data


def decode(data: bytes, name: str) -> str:
    """UTF-8 text without byte order mark and with LF line ends; LineError for other encodings or control characters."""
    name = clean(name, 300)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise LineError(f"{name}:1: is UTF-16; save it as UTF-8")
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise LineError(f"{name}:{line}: is not UTF-8; save the file as UTF-8") from None
    if match := _CONTROL.search(text):
        line = text.count("\n", 0, match.start()) + 1
        raise LineError(f"{name}:{line}: contains the control character {clean(match[0], 10)}; remove it")
    return text


def check_id(task: str) -> str:
    """The id itself; LineError with the rules for ids when it is invalid."""
    if not _ID.fullmatch(task) or _DEVICE.match(task):
        raise LineError(
            f"'{clean(task, 80)}' is not a task id; use one such as TASK-008: up to 64 letters, digits, '.', '_' and"
            " '-', starting with a letter or digit, no '..', no '.' at the end, no device name such as CON"
        )
    return task


def _regular(status: os.stat_result, name: str) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise LineError(f"{name}: is a symbolic link; put the file itself there")
    if not stat.S_ISREG(status.st_mode):
        raise LineError(f"{name}: is not a regular file; put a text file there")
