"""Edits a state file that something else wrote: parsed as YAML, other bytes kept, refused when more would change."""

from typing import Any, NamedTuple

from assembly_line.errors import LineError
from assembly_line.statefile.layout import COMPUTED, VERSION, Blocks, computed, kind
from assembly_line.untrusted import inputs
from assembly_line.yamlio import writer
from assembly_line.yamlio.reader import load_yaml

MOST = 8_000_000  # characters of a file that something else wrote; a hook reads it several times


def apply(data: bytes, relative: str, blocks: Blocks, now: str) -> tuple[bytes, int]:
    """The file with entries replaced where the YAML parser finds them, with a whole head, and its number of tasks."""
    text = inputs.decode(data, relative)
    before = parse(text, relative)
    tasks = before["tasks"]
    head = {"version": VERSION, "type": kind(relative), "created_at": now}
    dropped = frozenset(COMPUTED) if computed(before.get("statistics")) else frozenset()
    after = _rewrite(text, relative, head, dropped, blocks)
    _check_preserved(before, after, relative, dropped, blocks)
    return after.encode(), len({**tasks, **blocks})


def parse(text: str, relative: str) -> dict[str, Any]:
    """The content of a state file's text with `tasks` as a mapping; LineError when it is not a state file."""
    if len(text) > MOST:
        raise LineError(
            f"{relative}: has {len(text) / 1e6:.0f} million characters, and over {MOST / 1e6:.0f} take longer to read "
            "than a hook may; move what is no task's entry elsewhere, or start another file with --state"
        )
    state = load_yaml(text, relative) if text.strip() else None
    state = {} if state is None else state
    if not isinstance(state, dict):
        raise LineError(f"{relative}:1: the top level must be a mapping; restore the file or move it away")
    tasks = state.get("tasks") or {}
    if not isinstance(tasks, dict):
        raise LineError(f"{relative}: tasks must be a mapping of ids; choose another file with --state")
    return {**state, "tasks": tasks}


def _check_preserved(before: dict[str, Any], text: str, relative: str, dropped: frozenset[str], blocks: Blocks) -> None:
    """LineError when an edited text has lost anything besides the replaced entries and what was dropped."""
    ours = {*dropped, "tasks"}
    try:
        after = parse(text, relative)
        same = all(after.get(name) == value for name, value in before.items() if name not in ours)
        expected = {**before["tasks"], **blocks}
        same &= list(after["tasks"]) == list(expected)
        same &= all(after["tasks"].get(name) == value for name, value in expected.items() if name not in blocks)
    except LineError:
        same = False
    if not same:
        raise LineError(f"{relative}: layout cannot take new entries; write one member per line, in block style")


class Span(NamedTuple):
    """Lines of a file from `start` up to, not including, `end`; equal where nothing stands yet."""

    start: int
    end: int


def _rewrite(text: str, relative: str, head: dict[str, Any], dropped: frozenset[str], blocks: Blocks) -> str:
    """A checked YAML text with entries of `tasks` set, members of the head added and others dropped.

    `blocks` are the lines of each entry, from column 2 on. LineError when the mapping is in flow style.
    """
    import yaml  # late: only for a state file that somebody else wrote

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    root = yaml.compose(text, Loader=loader)
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    spans = _spans(root, len(lines), lines)
    tasks = spans.get("tasks", Span(len(lines), len(lines)))
    edits = [
        (Span(tasks.start, tasks.start), writer.dump({name: value}))
        for name, value in head.items()
        if name not in spans
    ]
    edits += [(spans[name], "") for name in dropped if name in spans]
    node = _member(root, "tasks")
    if node is not None and node.flow_style:
        raise LineError(f"{relative}: tasks is a mapping in flow style; write one id per line")
    edits += _entries(node, tasks, lines, blocks)
    for span, new in sorted(reversed(edits), key=lambda item: item[0], reverse=True):
        lines[span.start : span.end] = [new]
    return "".join(lines)


def _entries(node: Any, tasks: Span, lines: list[str], blocks: Blocks) -> list[tuple[Span, str]]:
    if node is None:
        return [(tasks, f"tasks:\n{''.join(blocks.values())}")]
    column = node.value[0][0].start_mark.column
    known = _spans(node, tasks.end, lines)
    indented = {name: _indented(block, column) for name, block in blocks.items()}
    edits = [(known[name], block) for name, block in indented.items() if name in known]
    added = "".join(block for name, block in indented.items() if name not in known)
    return [*edits, (Span(tasks.end, tasks.end), added)]


def _indented(block: str, column: int) -> str:
    """Lines that start at or right of column 2, moved to another column; each line is a member of its own."""
    return "".join(f"{' ' * column}{line[2:]}" for line in block.splitlines(keepends=True))


def _member(root: Any, name: str) -> Any:
    """The node of a member that is a non-empty mapping, or None."""
    pairs = root.value if root is not None and isinstance(root.value, list) else []
    node = next((value for key, value in pairs if key.value == name), None)
    return node if node is not None and isinstance(node.value, list) and node.value else None


def _spans(node: Any, end: int, lines: list[str]) -> dict[str, Span]:
    """The lines of each member of a block mapping, without the comments and blank lines after it."""
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
    """The line after the block scalar that ends a value, where `#` starts no comment; 0 when it ends in none."""
    while isinstance(node.value, list) and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    if getattr(node, "style", "") not in ("|", ">"):
        return 0
    end: int = node.end_mark.line + (node.end_mark.column > 0)
    while not lines[end - 1].strip():
        end -= 1
    return end
