"""The package's base exception, and one line for an error of the system; both are shown to people as they are."""

import errno

# What a person can do about an error of the system, by its number.
_REMEDIES = {
    errno.EACCES: "make it writable for this user",
    errno.EPERM: "make it writable for this user",
    errno.EROFS: "it is on a file system that is mounted read-only",
    errno.ENOSPC: "free some space on its disk",
    errno.EDQUOT: "free some space on its disk",
    errno.EEXIST: "something else stands there; move it away",
    errno.ENOTDIR: "something else stands there; move it away",
    errno.EISDIR: "something else stands there; move it away",
    errno.EMFILE: "close some programs",
    errno.ENFILE: "close some programs",
}


class LineError(Exception):
    """A refusal: one line that names the subject, the place and the remedy."""


def reason(error: BaseException) -> str:
    """An error in one line: a refusal's own, or the file, what is wrong with it and a remedy, or what it is called."""
    if isinstance(error, LineError):
        return str(error)
    if isinstance(error, OSError) and error.filename and error.strerror:
        remedy = _REMEDIES.get(error.errno or 0, "see assembly-line doctor")
        return f"{error.filename2 or error.filename}: {error.strerror.lower()}; {remedy}"
    return f"{type(error).__name__}: {error}"
