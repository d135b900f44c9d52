"""What differs between two trees of a repository: files, line counts, and the text of the difference."""

import contextlib
import os
from typing import NamedTuple

from assembly_line.sources import index
from assembly_line.sources.repository import Repository, is_below
from assembly_line.system import disk, git

_NOT = ":(exclude,glob)"
CUT = b"[the diff is longer; it was cut here]\n"


class Change(NamedTuple):
    """One file's change; line counts are None for binary files and where git did not count."""

    path: str
    status: str  # A created, M modified, D deleted
    added: int | None
    removed: int | None


def between(where: Repository, folder: str, before: str, after: str, out: frozenset[str]) -> tuple[Change, ...] | None:
    """The files that differ between two trees, sorted by path from the project's root; None when git cannot tell."""
    output = _listed(where, folder, before, after)
    if output is None:
        return None
    fields = [os.fsdecode(field) for field in output.split(b"\0")[:-1]]
    place, status = 0, {}
    while place < len(fields) and fields[place].startswith(":"):
        status[fields[place + 1]] = fields[place].rpartition(" ")[2]
        place += 2
    files = []
    for line in fields[place:]:
        added, removed, path = line.split("\t", 2)
        if where.is_watched(path) and not is_below(path, out):
            shown = where.outward(path).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            files.append(Change(shown, status.get(path, "M"), _number(added), _number(removed)))
    return tuple(sorted(files, key=lambda item: item.path))


def text(where: Repository, folder: str, before: str, after: str, out: frozenset[str], limit: int) -> str:
    """The unified diff of two trees, with paths from the repository's top; "" when git cannot tell."""
    words = ["diff-tree", "-r", "-p", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", before, after]
    words += ["--", where.only or ".", *git.literal_patterns(_NOT, sorted(out))]
    top, variables = where.place.top, index.objects(where, folder)
    output = git.beginning(top, words, variables, limit + 1, project=where.watched)
    if output is not None and len(output) > limit:
        output = output[: output.rfind(b"\n", 0, max(0, limit - len(CUT))) + 1] + CUT
    return (output or b"").decode("utf-8", "replace")


def _listed(where: Repository, folder: str, before: str, after: str) -> bytes | None:
    """git's list of what differs, cached because the summary is rendered twice: when written and when the run ends."""
    cache, pair = os.path.join(folder, "changes"), f"{before} {after}\n".encode()
    cached = disk.read(cache) or b""
    if cached.startswith(pair):
        return cached[len(pair) :]
    words = ["diff-tree", "-r", "-z", "--no-renames", "--raw", "--numstat", before, after]
    output = where.run(words, index.objects(where, folder))
    if output is not None:
        with contextlib.suppress(OSError):  # only a cache
            disk.write(cache, pair + output, durable=False)
    return output


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None
