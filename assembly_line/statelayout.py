"""The layout of a state file that can be spliced: how it is recognised, and many entries replaced in one pass."""

import re

from assembly_line import disk, yamlout
from assembly_line.core.projection import STATUSES
from assembly_line.statetext import STATISTICS, TASKS, Blocks, headed, status_of

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
    wanted = {f"  {yamlout.scalar(task)}:\n".encode(): text.encode() for task, text in blocks.items()}
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
    return one and yamlout.scalar(key.strip('"')) == key and status_of(entry.decode()).replace("_", "").isalnum()


def _add(counts: dict[str, int], entry: bytes) -> None:
    status = status_of(entry.decode())
    counts[status if status in STATUSES else "pending"] += 1
