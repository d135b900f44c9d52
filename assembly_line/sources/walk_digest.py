"""The digest of the work tree's sources where git cannot compute it: every file is read."""

import fnmatch
import hashlib
import os

from assembly_line.sources.ignored import OWN, is_cached


def digest(root: str) -> str:
    """A hash over the paths and contents of all sources."""

    def is_skipped(name: str) -> bool:
        return name == ".git" or is_cached(name)

    total = hashlib.sha256()
    for folder, folders, files in os.walk(root):
        here = os.path.relpath(folder, root).replace(os.sep, "/")
        prefix = "" if here == "." else f"{here}/"
        folders[:] = sorted(name for name in folders if not is_skipped(name) and f"{prefix}{name}" not in OWN)
        for name in sorted(files):
            path = f"{prefix}{name}"
            if is_skipped(name) or any(fnmatch.fnmatch(path, own) for own in OWN):
                continue
            total.update(path.encode("utf-8", "surrogateescape") + b"\0" + _content(os.path.join(folder, name)))
    return total.hexdigest()


def _content(path: str) -> bytes:
    try:
        if os.path.islink(path):
            return hashlib.sha256(os.readlink(path).encode("utf-8", "surrogateescape")).digest()
        if not os.path.isfile(path):
            return b"no file"  # a FIFO or a device is not a source, and reading one may never end
        with open(path, "rb") as file:
            content = hashlib.sha256()
            while part := file.read(1 << 20):
                content.update(part)
            return content.digest()
    except OSError:
        return b"unreadable"
