"""The state file: where every task stands, written by replacing one task's lines and leaving all others alone."""

import os
import re
from typing import Any, NamedTuple

from assembly_line import disk, yamlout
from assembly_line.core.projection import STATUSES
from assembly_line.errors import LineError
from assembly_line.vault import Vault

VERSION = "1.0"
MAX_BYTES = 64 * 1024 * 1024
NAME = re.compile(r"\.(project|(feature|issue)-[A-Za-z0-9._-]+)-state\.yaml\Z")
_STATUS = re.compile(rb"^    status: (\w+)$", re.MULTILINE)
_COUNT = re.compile(rb"^  (\w+): (\d+)$", re.MULTILINE)
_TASKS = b"\ntasks:\n"


class Span(NamedTuple):
    """Lines of a file: from `start` up to, not including, `end`; equal when nothing stands there yet."""

    start: int
    end: int


def update(root: str, relative: str, task: str, entry: dict[str, Any], now: str, vault: Vault) -> None:
    """Put a task's entry into the state file; everything else in it survives byte for byte.

    A file as this machine last wrote it is spliced as text; any other is read as YAML first. LineError when
    the file cannot be understood.
    """
    path = disk.inside(root, relative)
    data = disk.read(path)
    known = data is not None and bool(stamp := disk.stamp(path)) and vault.stamp_of(relative_key(relative)) == stamp
    after = None
    if data is None:
        after = _fresh(relative, task, entry, now)
    elif known:
        after = _splice(data, task, entry, now)
    if after is None:
        after = _careful(data or b"", relative, task, entry, now)
    disk.write(path, after)
    vault.note_stamp(relative_key(relative), disk.stamp(path) if _is_ours(after) else [])


def adopt(root: str, relative: str, vault: Vault) -> None:
    """Take a file that somebody else wrote for known, if it has the layout that a splice relies on."""
    path = disk.inside(root, relative)
    stamp = disk.stamp(path)
    if _is_ours(disk.read(path) or b""):
        vault.note_stamp(relative_key(relative), stamp)


def relative_key(relative: str) -> str:
    """A file name for the stamp of a state file."""
    return re.sub(r"[^A-Za-z0-9.-]", "_", relative)


def load(root: str, relative: str) -> dict[str, Any]:
    """The state file's content with `tasks` as a mapping; {} when there is no file; LineError when it is not one."""
    from assembly_line import textguard

    data = disk.read(disk.inside(root, relative))
    if data is None:
        return {}
    found = textguard.load_yaml(textguard.decode(data, relative), relative)
    if found is None:
        found = {}
    if not isinstance(found, dict):
        raise LineError(f"{relative}:1: a mapping is expected at the top; restore the file or move it away")
    tasks = found.get("tasks") or {}
    if not isinstance(tasks, dict):
        raise LineError(f"{relative}: tasks must be a mapping of ids; choose another file with --state")
    return {**found, "tasks": tasks}


def kind(relative: str) -> str:
    """project, feature or issue, as the file's name says."""
    name = os.path.basename(relative)
    return next((word for word in ("feature", "issue") if name.startswith(f".{word}-")), "project")


def _fresh(relative: str, task: str, entry: dict[str, Any], now: str) -> bytes:
    head = {"version": VERSION, "type": kind(relative), "created_at": now, "updated_at": now}
    text = yamlout.dump({**head, "statistics": _statistics({entry["status"]: 1})})
    return f"{text}tasks:\n{_block(task, entry, 2)}".encode()


def _block(task: str, entry: dict[str, Any], column: int) -> str:
    return yamlout.dump({task: entry}, column)


def _statistics(counts: dict[str, int]) -> dict[str, int]:
    return {"total": sum(counts.values()), **{name: counts.get(name, 0) for name in STATUSES}}


def _is_ours(data: bytes) -> bool:
    """Whether the text has the layout that `_splice` relies on."""
    head, found, body = data.partition(_TASKS)
    return bool(found) and b"\nstatistics:\n" in head and b"\nupdated_at:" in head and body.startswith(b"  ")


def _splice(data: bytes, task: str, entry: dict[str, Any], now: str) -> bytes | None:
    """The file with one block replaced, without parsing the rest; None when the layout is not the known one."""
    head, found, body = data.partition(_TASKS)
    if not found:
        return None
    key = f"  {yamlout.scalar(task)}:\n".encode()
    start = 0 if body.startswith(key) else body.find(b"\n" + key) + 1
    at = start > 0 or body.startswith(key)
    end = _block_end(body, start + len(key)) if at else len(body)
    start = start if at else end
    old = _STATUS.search(body, start, end)
    counts = {name.decode(): int(number) for name, number in _COUNT.findall(head.partition(b"\nstatistics:\n")[2])}
    counts.pop("total", None)
    if old:
        counts[old[1].decode()] = counts.get(old[1].decode(), 1) - 1
    counts[entry["status"]] = counts.get(entry["status"], 0) + 1
    top, _, _ = head.partition(b"\nstatistics:\n")
    top = re.sub(rb"^updated_at:.*$", f"updated_at: {yamlout.scalar(now)}".encode(), top, count=1, flags=re.MULTILINE)
    rest = yamlout.dump({"statistics": _statistics(counts)}).encode().rstrip(b"\n")
    return b"".join((top, b"\n", rest, _TASKS, body[:start], _block(task, entry, 2).encode(), body[end:]))


def _block_end(body: bytes, start: int) -> int:
    """Where the next entry, comment or top-level key begins."""
    position = start
    while position < len(body):
        line_end = body.find(b"\n", position) + 1 or len(body)
        if not body.startswith(b"    ", position):
            return position
        position = line_end
    return position


def _careful(data: bytes, relative: str, task: str, entry: dict[str, Any], now: str) -> bytes:
    """The file with one block replaced, located by the YAML parser's own line numbers."""
    import yaml

    from assembly_line import textguard

    text = textguard.decode(data, relative)
    tasks = _tasks_of(text, relative)
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    lines = text.splitlines(keepends=True) if text else []
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    spans = _spans(root, len(lines), lines)
    counts: dict[str, int] = {}
    for name, old in {**tasks, task: entry}.items():
        status = str(old.get("status", "pending")) if isinstance(old, dict) else "pending"
        counts[status if name == task or status in STATUSES else "pending"] = counts.get(status, 0) + 1
    edits = [(_task_span(root, spans, lines, task), _task_lines(root, task, entry))]
    defaults = {"version": VERSION, "type": kind(relative), "created_at": now}
    for name, value in {**defaults, "updated_at": now, "statistics": _statistics(counts)}.items():
        if name in spans and name in defaults:
            continue
        place = spans.get(name) or Span(*[spans["tasks"].start if "tasks" in spans else len(lines)] * 2)
        edits.append((place, yamlout.dump({name: value})))
    for span, new in sorted(reversed(edits), key=lambda edit: edit[0], reverse=True):
        lines[span.start : span.end] = [new]
    return "".join(lines).encode()


def _tasks_of(text: str, relative: str) -> dict[str, Any]:
    from assembly_line import textguard

    found = textguard.load_yaml(text, relative)
    tasks = found.get("tasks") if isinstance(found, dict) else None
    if found is not None and not isinstance(found, dict):
        raise LineError(f"{relative}:1: a mapping is expected at the top; restore the file or move it away")
    if tasks and not isinstance(tasks, dict):
        raise LineError(f"{relative}: tasks must be a mapping of ids; choose another file with --state")
    return tasks or {}


def _spans(node: Any, end: int, lines: list[str]) -> dict[str, Span]:
    """The lines of each member of a block mapping, without the comments and blank lines that follow it."""
    if node is None or not hasattr(node, "value") or isinstance(node.value, str):
        return {}
    starts = [key.start_mark.line for key, _ in node.value]
    ends = [*starts[1:], end]
    spans = {}
    for (key, _), start, stop in zip(node.value, starts, ends, strict=True):
        while stop > start + 1 and (not lines[stop - 1].strip() or lines[stop - 1].lstrip().startswith("#")):
            stop -= 1
        spans[str(key.value)] = Span(start, stop)
    return spans


def _task_node(root: Any) -> Any:
    pairs = root.value if root is not None and not isinstance(root.value, str) else []
    node = next((value for key, value in pairs if key.value == "tasks"), None)
    return node if node is not None and isinstance(node.value, list) and node.value else None


def _task_span(root: Any, spans: dict[str, Span], lines: list[str], task: str) -> Span:
    whole = spans.get("tasks", Span(len(lines), len(lines)))
    node = _task_node(root)
    if node is None:
        return whole
    if node.flow_style:
        raise LineError("tasks is written in one line as a flow mapping; write one id a line")
    inner = _spans(node, whole.end, lines)
    return inner.get(task, Span(whole.end, whole.end))


def _task_lines(root: Any, task: str, entry: dict[str, Any]) -> str:
    node = _task_node(root)
    if node is None:
        return "tasks:\n" + _block(task, entry, 2)
    return _block(task, entry, node.value[0][0].start_mark.column)
