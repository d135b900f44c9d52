"""Edits a state file that somebody else wrote: read as YAML, its other bytes kept, refused when more would change."""

from typing import Any, NamedTuple

from assembly_line.errors import LineError
from assembly_line.statefile.layout import VERSION, Blocks, count, kind, statistics, statuses
from assembly_line.untrusted import inputs
from assembly_line.yamlio import writer
from assembly_line.yamlio.reader import load_yaml


def edited(data: bytes, relative: str, blocks: Blocks, now: str) -> tuple[bytes, int]:
    """The file with blocks replaced where the YAML parser finds them and its head up to date; and how many tasks."""
    text = inputs.decode(data, relative)
    before = whole(text, relative)
    tasks = before["tasks"]
    defaults = {"version": VERSION, "type": kind(relative), "created_at": now}
    head = {**defaults, "updated_at": now, "statistics": statistics(count({**tasks, **statuses(blocks)}))}
    after = replaced(text, head, keep=frozenset(defaults), within="tasks", blocks=blocks)
    _check_kept(before, after, relative, blocks)
    return after.encode(), len({**tasks, **blocks})


def whole(text: str, relative: str) -> dict[str, Any]:
    """The content of a state file's text with `tasks` as a mapping; LineError when it is none."""
    found = load_yaml(text, relative) if text.strip() else None
    found = {} if found is None else found
    if not isinstance(found, dict):
        raise LineError(f"{relative}:1: a mapping is expected at the top; restore the file or move it away")
    tasks = found.get("tasks") or {}
    if not isinstance(tasks, dict):
        raise LineError(f"{relative}: tasks must be a mapping of ids; choose another file with --state")
    return {**found, "tasks": tasks}


def _check_kept(before: dict[str, Any], after: str, relative: str, blocks: Blocks) -> None:
    """LineError when a text does not hold what a file held before, besides the entries and the head."""
    ours = {"updated_at", "statistics", "tasks"}
    try:
        found = whole(after, relative)
        same = all(found.get(name) == value for name, value in before.items() if name not in ours)
        wanted = {**before["tasks"], **blocks}
        same &= list(found["tasks"]) == list(wanted)
        same &= all(found["tasks"].get(name) == value for name, value in wanted.items() if name not in blocks)
    except LineError:
        same = False
    if not same:
        raise LineError(f"{relative}: cannot be added to as it is laid out; write one member a line, as a block")


class Span(NamedTuple):
    """Lines of a file: from `start` up to, not including, `end`; equal when nothing stands there yet."""

    start: int
    end: int


def replaced(text: str, head: dict[str, Any], *, keep: frozenset[str], within: str, blocks: dict[str, str]) -> str:
    """A checked YAML text with top-level members set, and entries set in the mapping named `within`.

    Members in `keep` are only added where they are missing; `blocks` are the lines of each entry, from column 2 on.
    LineError when the mapping is written as a flow.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    root = yaml.compose(text, Loader=loader)
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    spans = _spans(root, len(lines), lines)
    whole = spans.get(within, Span(len(lines), len(lines)))
    edits = [
        (spans.get(name, Span(whole.start, whole.start)), writer.dump({name: value}))
        for name, value in head.items()
        if name not in spans or name not in keep
    ]
    edits += _entries(_member(root, within), whole, lines, within, blocks)
    for span, new in sorted(reversed(edits), key=lambda item: item[0], reverse=True):
        lines[span.start : span.end] = [new]
    return "".join(lines)


def _entries(node: Any, whole: Span, lines: list[str], within: str, blocks: dict[str, str]) -> list[tuple[Span, str]]:
    if node is None:
        return [(whole, f"{within}:\n{''.join(blocks.values())}")]
    if node.flow_style:
        raise LineError(f"{within} is written in one line as a flow mapping; write one id a line")
    column = node.value[0][0].start_mark.column
    known = _spans(node, whole.end, lines)
    moved = {name: _moved(block, column) for name, block in blocks.items()}
    edits = [(known[name], block) for name, block in moved.items() if name in known]
    added = "".join(block for name, block in moved.items() if name not in known)
    return [*edits, (Span(whole.end, whole.end), added)]


def _moved(block: str, column: int) -> str:
    """Lines that begin in column 2, or right of it, moved to another column; each line is a member of its own."""
    return "".join(f"{' ' * column}{line[2:]}" for line in block.splitlines(keepends=True))


def _member(root: Any, name: str) -> Any:
    """The node of a member that is a mapping with entries, or None."""
    pairs = root.value if root is not None and isinstance(root.value, list) else []
    node = next((value for key, value in pairs if key.value == name), None)
    return node if node is not None and isinstance(node.value, list) and node.value else None


def _spans(node: Any, end: int, lines: list[str]) -> dict[str, Span]:
    """The lines of each member of a block mapping, without the comments and blank lines that follow it."""
    if node is None or not isinstance(node.value, list):
        return {}
    starts = [key.start_mark.line for key, _ in node.value]
    ends = [*starts[1:], end]
    spans = {}
    for (key, value), start, stop in zip(node.value, starts, ends, strict=True):
        first = max(start + 1, _text_end(value, lines))
        while stop > first and (not lines[stop - 1].strip() or lines[stop - 1].lstrip().startswith("#")):
            stop -= 1
        spans[str(key.value)] = Span(start, stop)
    return spans


def _text_end(node: Any, lines: list[str]) -> int:
    """The line behind the block of text that ends a value, in which a `#` begins no comment; 0 when none does."""
    while isinstance(node.value, list) and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    if getattr(node, "style", "") not in ("|", ">"):
        return 0
    end: int = node.end_mark.line + (node.end_mark.column > 0)
    while not lines[end - 1].strip():
        end -= 1
    return end
