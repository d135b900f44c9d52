"""Replaces entries in a state file as this machine wrote it, as text, without parsing the rest."""

import re

from assembly_line.core.projection import STATUSES
from assembly_line.statefile.layout import STATISTICS, TASKS, Blocks, statistics, status_of
from assembly_line.system import disk
from assembly_line.yamlio import writer

_UPDATED = b"\nupdated_at:"
# What a splice relies on: ids in column 2 and their members from column 4 on; statistics just before the tasks.
_FIRST = re.compile(rb"(?: *(?:#.*)?\n)*  [^ #\n]")
_ODD = re.compile(rb"\n(?:| |   )[^ #\n]")
_FIGURES = re.compile(rb"(?:  \w+: \d{1,9}\n)*  \w+: \d{1,9}")
# What the count of the statuses relies on: no value goes on in the next line, so that each line speaks for itself.
_ENTRY = re.compile(rb"^  [^ #\n]", re.MULTILINE)
_CLOSED = rb'"(?:[^"\\\n]|\\[^\n])*"|\[\]|\{\}|-?[^\s"' + rb"'\[\]{}|>&*!%@`#?,:-]"
_MEMBER = rb" {4,}(?:- +)*(?:[\w.-]+:(?: (?:" + _CLOSED + rb"[^\n]*))?|(?:" + _CLOSED + rb"[^:\n]*))\n"
_LAID = re.compile(rb'  ([\w.-]+|"[\w.-]+"):\n((?:' + _MEMBER + rb")+)((?: *(?:#[^\n]*)?\n)*)")


def is_ours(data: bytes, tasks: int) -> bool:
    """Whether the text of a state file of so many tasks has the layout that a splice relies on."""
    head, found, body = data.partition(TASKS)
    top, _, figures = head.partition(STATISTICS)
    return (
        bool(found)
        and bool(_FIGURES.fullmatch(figures))
        and top.count(b"\nupdated_at:") == 1
        and body.endswith(b"\n")
        and bool(_FIRST.match(body))
        and not _ODD.search(body)
        and len(_ENTRY.findall(body)) == tasks  # no line within a quoted text looks like an id
    )


def splice(data: bytes, blocks: Blocks, now: str) -> disk.Parts | None:
    """A known file with many blocks replaced and its tasks counted; None when that cannot be done with certainty."""
    tasks = data.find(TASKS) + len(TASKS)
    wanted = {f"  {writer.scalar(task)}:\n".encode(): text.encode() for task, text in blocks.items()}
    starts = [found.start() for found in _ENTRY.finditer(data, tasks)]
    after, counts = [data[tasks : starts[0]]], dict.fromkeys(STATUSES, 0)
    for start, stop in zip(starts, [*starts[1:], len(data)], strict=True):
        was = data[start:stop]
        new = wanted.pop(was[: was.find(b"\n") + 1], None)
        if new != was:
            laid = _LAID.fullmatch(was)
            if laid is None or (new is None and not _is_plain(laid[1].decode(), was)):
                return None
            new = was if new is None else new + laid[3]
        after.append(new)
        _add(counts, new)
    for new in wanted.values():
        after.append(new)
        _add(counts, new)
    return headed(data, counts, now), b"".join(after)


def _is_plain(key: str, entry: bytes) -> bool:
    """Whether an entry of others has its id in our spelling, and one status that can be told without a parser."""
    one = entry.count(b"\n    status:") == 1
    return one and writer.scalar(key.strip('"')) == key and status_of(entry.decode()).replace("_", "").isalnum()


def _add(counts: dict[str, int], entry: bytes) -> None:
    status = status_of(entry.decode())
    counts[status if status in STATUSES else "pending"] += 1


def spliced(data: bytes, task: str, new: str, now: str) -> disk.Parts | None:
    """A known file with one entry replaced, without parsing the rest; None when that cannot be done with certainty."""
    tasks, key = data.find(TASKS) + len(TASKS), writer.scalar(task)
    start = data.rfind(f"\n  {key}:\n".encode(), tasks - 1) + 1
    end = _block_end(data, start) if start else len(data)
    if (not start or key != task) and _spelled(data, task.encode(), tasks) != bool(start):
        return None  # the id in another spelling
    counts = _figures(data, tasks)
    if start:
        was = status_of(data[start:end].decode())
        if not was.replace("_", "").isalnum():
            return None
        was = was if was in STATUSES else "pending"
        counts[was] = counts.get(was, 1) - 1
    status = status_of(new)
    counts[status] = counts.get(status, 0) + 1
    view = memoryview(data)
    return headed(data, counts, now), view[tasks : start or end], new.encode(), view[end:]


def _spelled(data: bytes, task: bytes, start: int) -> int:
    """How often a task's id stands as a key, in whatever spelling."""
    count, place = 0, data.find(task, start)
    while place >= 0:
        before = data[data.rfind(b"\n", 0, place) + 1 : place]
        after = data[place + len(task) : place + len(task) + 80].lstrip(b"'\"").lstrip(b" \t")
        count += not before.strip(b" \t'\"") and after.startswith(b":")
        place = data.find(task, place + len(task))
    return count


def _block_end(data: bytes, start: int) -> int:
    """Where the lines of an entry end; 0, where none does, when a comment or a blank line stands between them."""
    place = end = data.find(b"\n", start) + 1
    while place < len(data):
        after = data.find(b"\n", place) + 1
        if data[place:after].lstrip(b" ")[:1] not in b"#\n":
            if not data.startswith(b"    ", place):
                break
            if end != place:
                return 0
            end = after
        place = after
    return end


def headed(data: bytes, counts: dict[str, int], now: str) -> bytes:
    """What stands before the tasks of a known file, with other figures and another time."""
    before, _, rest = data[: data.find(STATISTICS)].partition(_UPDATED)
    _, feed, after = rest.partition(b"\n")
    total = writer.dump({"statistics": statistics(counts)})
    time = f" {writer.scalar(now)}".encode()
    return b"".join((before, _UPDATED, time, feed, after, b"\n", total.encode(), b"tasks:\n"))


def _figures(data: bytes, tasks: int) -> dict[str, int]:
    """The statistics in the text before the tasks."""
    lines = data[data.find(STATISTICS) + len(STATISTICS) : tasks - len(TASKS)].decode().splitlines()
    counts = {name.strip(): int(number) for name, _, number in (line.partition(": ") for line in lines)}
    counts.pop("total", None)
    return counts
