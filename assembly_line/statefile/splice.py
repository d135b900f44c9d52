"""Replaces entries in a state file of our own layout as text, without parsing the rest."""

import re

from assembly_line.statefile.layout import COMPUTED, TASKS, Blocks
from assembly_line.system import disk
from assembly_line.yamlio import writer

_COMPUTED = tuple(f"\n{name}:".encode() for name in COMPUTED)
# A splice relies on ids in column 2 and on their members from column 4 on.
_FIRST = re.compile(rb"(?: *(?:#.*)?\n)*  [^ #\n]")
_ODD = re.compile(rb"\n(?:| |   )[^ #\n]")
# Replacing one entry among many relies on single-line values, so that each line can be read alone.
_ENTRY = re.compile(rb"^  [^ #\n]", re.MULTILINE)
_CLOSED = rb'"(?:[^"\\\n]|\\[^\n])*"|\[\]|\{\}|-?[^\s"' + rb"'\[\]{}|>&*!%@`#?,:-]"
_VALUE = rb"(?: (?:" + _CLOSED + rb")[^\n]*|  #[^\n]*)?"
_MEMBER = rb" {4,}(?:- +)*(?:[\w.-]+:" + _VALUE + rb"|(?:" + _CLOSED + rb"[^:\n]*)(?:  #[^\n]*)?)\n"
_LAID = re.compile(rb'  ([\w.-]+|"[\w.-]+"):\n((?:' + _MEMBER + rb")+)((?: *(?:#[^\n]*)?\n)*)")


def is_ours(data: bytes, tasks: int) -> bool:
    """Whether the text of a state file with this many tasks has the layout that a splice relies on."""
    body = data.partition(TASKS)[2]
    return (
        not is_former(data)
        and body.endswith(b"\n")
        and bool(_FIRST.match(body))
        and not _ODD.search(body)
        and len(_ENTRY.findall(body)) == tasks  # no line in a quoted text looks like an id
    )


def is_former(data: bytes) -> bool:
    """Whether the head of a file has members that are no longer written, so that it has to be parsed once."""
    head = b"\n" + data[: data.find(TASKS)]
    return any(name in head for name in _COMPUTED)


def replace_many(data: bytes, blocks: Blocks) -> disk.Parts | None:
    """A known file with many entries replaced; None when that is not certain to be right."""
    tasks = data.find(TASKS) + len(TASKS)
    pending = {f"  {writer.scalar(task)}:\n".encode(): text.encode() for task, text in blocks.items()}
    starts = [match.start() for match in _ENTRY.finditer(data, tasks)]
    after = [data[: starts[0]]]
    for start, stop in zip(starts, [*starts[1:], len(data)], strict=True):
        old = data[start:stop]
        new = pending.pop(old[: old.find(b"\n") + 1], None)
        if new != old:
            match = _LAID.fullmatch(old)
            if match is None or (new is None and not _is_plain(match[1].decode())):
                return None
            new = old if new is None else new + match[3]
        after.append(new)
    return (b"".join((*after, *pending.values())),)


def _is_plain(key: str) -> bool:
    """Whether a foreign entry has its id in our spelling, so that it is none of the entries to be replaced."""
    return writer.scalar(key.strip('"')) == key


def replace_one(data: bytes, task: str, new: str) -> disk.Parts | None:
    """A known file with one entry replaced, without parsing the rest; None when that is not certain to be right."""
    tasks, key = data.find(TASKS) + len(TASKS), writer.scalar(task)
    start = data.rfind(f"\n  {key}:\n".encode(), tasks - 1) + 1
    end = _block_end(data, start) if start else len(data)
    if (not start or key != task) and _count_key(data, task.encode(), tasks) != bool(start):
        return None  # the id is there in another spelling
    if not end:
        return None
    view = memoryview(data)
    return view[: start or end], new.encode(), view[end:]


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
