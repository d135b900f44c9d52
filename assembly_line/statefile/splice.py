"""Replaces entries in a state file of our own layout as text, without parsing the rest."""

import re

from assembly_line.core.projection import STATUSES
from assembly_line.statefile.layout import STATISTICS, TASKS, Blocks, statistics, status_of
from assembly_line.system import disk
from assembly_line.yamlio import writer

_UPDATED = b"\nupdated_at:"
# A splice relies on ids in column 2, their members from column 4 on, and the statistics just before the tasks.
_FIRST = re.compile(rb"(?: *(?:#.*)?\n)*  [^ #\n]")
_ODD = re.compile(rb"\n(?:| |   )[^ #\n]")
_FIGURES = re.compile(rb"(?:  \w+: \d{1,9}\n)*  \w+: \d{1,9}")
# Counting the statuses relies on single-line values, so that each line can be read alone.
_ENTRY = re.compile(rb"^  [^ #\n]", re.MULTILINE)
_CLOSED = rb'"(?:[^"\\\n]|\\[^\n])*"|\[\]|\{\}|-?[^\s"' + rb"'\[\]{}|>&*!%@`#?,:-]"
_MEMBER = rb" {4,}(?:- +)*(?:[\w.-]+:(?: (?:" + _CLOSED + rb"[^\n]*))?|(?:" + _CLOSED + rb"[^:\n]*))\n"
_LAID = re.compile(rb'  ([\w.-]+|"[\w.-]+"):\n((?:' + _MEMBER + rb")+)((?: *(?:#[^\n]*)?\n)*)")


def is_ours(data: bytes, tasks: int) -> bool:
    """Whether the text of a state file with this many tasks has the layout that a splice relies on."""
    head, separator, body = data.partition(TASKS)
    top, _, figures = head.partition(STATISTICS)
    return (
        bool(separator)
        and bool(_FIGURES.fullmatch(figures))
        and top.count(b"\nupdated_at:") == 1
        and body.endswith(b"\n")
        and bool(_FIRST.match(body))
        and not _ODD.search(body)
        and len(_ENTRY.findall(body)) == tasks  # no line in a quoted text looks like an id
    )


def replace_many(data: bytes, blocks: Blocks, now: str) -> disk.Parts | None:
    """A known file with many entries replaced and its tasks counted; None when that is not certain to be right."""
    tasks = data.find(TASKS) + len(TASKS)
    pending = {f"  {writer.scalar(task)}:\n".encode(): text.encode() for task, text in blocks.items()}
    starts = [match.start() for match in _ENTRY.finditer(data, tasks)]
    after, counts = [data[tasks : starts[0]]], dict.fromkeys(STATUSES, 0)
    for start, stop in zip(starts, [*starts[1:], len(data)], strict=True):
        old = data[start:stop]
        new = pending.pop(old[: old.find(b"\n") + 1], None)
        if new != old:
            match = _LAID.fullmatch(old)
            if match is None or (new is None and not _is_plain(match[1].decode(), old)):
                return None
            new = old if new is None else new + match[3]
        after.append(new)
        _add(counts, new)
    for new in pending.values():
        after.append(new)
        _add(counts, new)
    return _head(data, counts, now), b"".join(after)


def _is_plain(key: str, entry: bytes) -> bool:
    """Whether a foreign entry has its id in our spelling, and one status that can be read without a parser."""
    one = entry.count(b"\n    status:") == 1
    return one and writer.scalar(key.strip('"')) == key and status_of(entry.decode()).replace("_", "").isalnum()


def _add(counts: dict[str, int], entry: bytes) -> None:
    status = status_of(entry.decode())
    counts[status if status in STATUSES else "pending"] += 1


def replace_one(data: bytes, task: str, new: str, now: str) -> disk.Parts | None:
    """A known file with one entry replaced, without parsing the rest; None when that is not certain to be right."""
    tasks, key = data.find(TASKS) + len(TASKS), writer.scalar(task)
    start = data.rfind(f"\n  {key}:\n".encode(), tasks - 1) + 1
    end = _block_end(data, start) if start else len(data)
    if (not start or key != task) and _count_key(data, task.encode(), tasks) != bool(start):
        return None  # the id is there in another spelling
    counts = _figures(data, tasks)
    if start:
        old = status_of(data[start:end].decode())
        if not old.replace("_", "").isalnum():
            return None
        old = old if old in STATUSES else "pending"
        counts[old] = counts.get(old, 1) - 1
    status = status_of(new)
    counts[status] = counts.get(status, 0) + 1
    view = memoryview(data)
    return _head(data, counts, now), view[tasks : start or end], new.encode(), view[end:]


def _count_key(data: bytes, task: bytes, start: int) -> int:
    """How often a task's id stands as a key, in any spelling."""
    count, place = 0, data.find(task, start)
    while place >= 0:
        before = data[data.rfind(b"\n", 0, place) + 1 : place]
        after = data[place + len(task) : place + len(task) + 80].lstrip(b"'\"").lstrip(b" \t")
        count += not before.strip(b" \t'\"") and after.startswith(b":")
        place = data.find(task, place + len(task))
    return count


def _block_end(data: bytes, start: int) -> int:
    """The offset after the lines of an entry; 0, which is never one, when a comment or blank line interrupts them."""
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


def _head(data: bytes, counts: dict[str, int], now: str) -> bytes:
    """The text before the tasks of a known file, with new statistics and a new time."""
    before, _, rest = data[: data.find(STATISTICS)].partition(_UPDATED)
    _, feed, after = rest.partition(b"\n")
    total = writer.dump({"statistics": statistics(counts)})
    time = f" {writer.scalar(now)}".encode()
    return b"".join((before, _UPDATED, time, feed, after, b"\n", total.encode(), b"tasks:\n"))


def _figures(data: bytes, tasks: int) -> dict[str, int]:
    """The statistics in the text before the tasks, without the total."""
    lines = data[data.find(STATISTICS) + len(STATISTICS) : tasks - len(TASKS)].decode().splitlines()
    counts = {name.strip(): int(number) for name, _, number in (line.partition(": ") for line in lines)}
    counts.pop("total", None)
    return counts
