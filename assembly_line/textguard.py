"""Reads untrusted text files safely and untrusted YAML strictly, and makes untrusted text safe to print."""

import os
import re
import stat
from typing import Any

from assembly_line.errors import LineError
from assembly_line.printable import clean

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# What no YAML parser takes, and the separators that are line breaks to YAML 1.1 only: they can smuggle in a key.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]")
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


def load_yaml(text: str, name: str, *, strings: bool = False, lines: dict[tuple[Any, ...], int] | None = None) -> Any:
    """The one document in YAML text as plain data; LineError "name:line: what; remedy" for all that is not plain.

    Plain scalars become null, booleans, decimal integers and floats as YAML 1.2 writes them; everything else is text
    (`no`, `010`, dates, `12:30:45`). With `strings` only null is resolved and every other scalar stays as written.
    `lines` receives the line of every value by its path of keys and indexes.
    """
    import yaml  # late: most hooks read no document

    from assembly_line import yamlin

    name = clean(name, 300)
    if found := _UNFIT.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise LineError(f"{name}:{line}: holds the character {clean(found[0], 10)}; remove it, or escape it in quotes")
    try:
        return yamlin.build(yaml.parse(text, Loader=getattr(yaml, "CLoader", yaml.Loader)), name, strings, lines)
    except LineError:
        raise
    except yaml.YAMLError as error:
        raise LineError(_yaml_problem(error, text, name)) from None
    except Exception as error:  # a parser's own failure on hostile text must end as a refusal, not as a traceback
        raise LineError(f"{name}: cannot be read as YAML ({type(error).__name__}); simplify the file") from None


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


def _yaml_problem(error: Any, text: str, name: str) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = clean(getattr(error, "problem", None) or str(error), 200)
    remedy = "correct the indentation or quote the text there"
    if (getattr(error, "context", None) or "").startswith("while scanning a quoted scalar"):
        mark, remedy = error.context_mark or mark, "close the quote that starts there"
    elif problem.startswith("mapping values"):
        remedy = "quote the text that holds ': '"
    elif "cannot start any token" in problem and mark is not None:
        line = "".join(text.split("\n")[mark.line : mark.line + 1])
        tab = "\t" in line[: len(line) - len(line.lstrip())]
        remedy = "indent with spaces" if tab else "quote the text"
    place = f"{name}:{mark.line + 1}" if mark else name
    return f"{place}: is not valid YAML ({problem}); {remedy}"
