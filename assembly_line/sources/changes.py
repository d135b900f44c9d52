"""What differs between two trees of a repository: files, line counts, and the text of the difference."""

import contextlib
import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from assembly_line.sources.private import Private
from assembly_line.sources.repository import is_below, split
from assembly_line.system import disk, git

_NONE = "0"  # of an object id, where there is no file
_COUNTED = 5_000  # files of which lines are counted where not all are here
_ASKED = 500  # paths that one call of git is given
CUT = b"[the diff is longer; it was cut here]\n"


class Change(NamedTuple):
    """One file's change; line counts are None for binary files and where git did not count."""

    path: str
    status: str  # A created, M modified, D deleted
    added: int | None
    removed: int | None


class _Raw(NamedTuple):
    """One file's change as git tells it without reading it."""

    path: str  # from the top
    status: str
    objects: tuple[str, ...]


def between(private: Private, before: str, after: str, out: frozenset[str]) -> tuple[Change, ...] | None:
    """The files that differ between two trees, sorted by path from the project's root; None when git cannot tell."""
    where, raw = private.where, _raw(private, before, after)
    counts = raw is not None and _counted(private, before, after, raw)
    if raw is None or counts is None or counts is False:
        return None
    files = []
    for item in raw:
        if where.is_watched(item.path) and not is_below(item.path, out):
            shown = where.outward(item.path).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            files.append(Change(shown, item.status, *counts.get(item.path, (None, None))))
    return tuple(sorted(files, key=lambda item: item.path))


def text(private: Private, before: str, after: str, out: frozenset[str], limit: int) -> str:
    """The unified diff of two trees, with paths from the repository's top; "" when git cannot tell."""
    raw = _raw(private, before, after)
    if not raw:
        return ""
    where, lacking = private.where, _lacking(private, raw)
    shown = [item.path for item in raw if where.is_watched(item.path) and not is_below(item.path, out)]
    here, away = [path for path in shown if path not in lacking], [path for path in shown if path in lacking]
    words = ["diff-tree", "-r", "-p", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", before, after]
    output = b"".join(f"[not shown, as no copy was kept: {path}]\n".encode("utf-8", "replace") for path in away)[:limit]
    for part in _parts(here, _ASKED):
        call = ["--literal-pathspecs", *words, "--", *part]
        more = git.beginning(where.place.top, call, private.variables, limit + 1, project=where.watched)
        output += more or b""
        if more is None or len(output) > limit:
            break
    if len(output) > limit:
        output = output[: output.rfind(b"\n", 0, max(0, limit - len(CUT))) + 1] + CUT
    return output.decode("utf-8", "replace")


def _raw(private: Private, before: str, after: str) -> list[_Raw] | None:
    output = private.run(["diff-tree", "-r", "-z", "--no-renames", "--raw", before, after])
    if output is None:
        return None
    fields = split(output)
    found = []
    for facts, path in zip(fields[::2], fields[1::2], strict=True):
        words = facts.split(" ")
        is_module = "160000" in (words[0][1:], words[1])
        objects = tuple(name for name in words[2:4] if name.strip(_NONE) and not is_module)
        found.append(_Raw(path, words[4][:1].replace("T", "M"), objects))
    return found


def _lacking(private: Private, raw: Iterable[_Raw]) -> set[str]:
    """The files of which no copy is here."""
    names = sorted({name for item in raw for name in item.objects})
    output = private.run(["cat-file", "--batch-check"], "".join(f"{name}\n" for name in names).encode()) or b""
    missing = {line.split(b" ")[0].decode() for line in output.splitlines() if line.endswith(b" missing")}
    return {item.path for item in raw if not missing.isdisjoint(item.objects)}


def _counted(
    private: Private, before: str, after: str, raw: list[_Raw]
) -> dict[str, tuple[int | None, int | None]] | None:
    """The lines of each file that were added and removed, cached because the summary is rendered twice."""
    cache, pair = os.path.join(private.folder, "changes"), f"{before} {after}\n".encode()
    cached = disk.read(cache) or b""
    if cached.startswith(pair):
        return _parsed(cached[len(pair) :])
    lacking = _lacking(private, raw)
    words, output = ["--literal-pathspecs", "diff-tree", "-r", "-z", "--no-renames", "--numstat", before, after], b""
    here = [item.path for item in raw if item.path not in lacking][:_COUNTED]
    for part in _parts(here, _ASKED) if lacking else [[]]:
        more = private.run([*words, "--", *part])
        if more is None:
            return None
        output += more
    with contextlib.suppress(OSError):  # only a cache
        disk.write(cache, pair + output, durable=False)
    return _parsed(output)


def _parsed(output: bytes) -> dict[str, tuple[int | None, int | None]]:
    rows = (line.split("\t", 2) for line in split(output))
    return {path: (_number(added), _number(removed)) for added, removed, path in rows}


def _parts(items: Sequence[str], size: int) -> list[Sequence[str]]:
    return [items[place : place + size] for place in range(0, len(items), size)]


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None
