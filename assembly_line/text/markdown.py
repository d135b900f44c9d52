"""Markdown building blocks; text from agents is escaped so that a renderer shows exactly what was given."""

import re
from collections.abc import Iterable, Sequence

from assembly_line.untrusted.terminal import joined_lines

UNREPORTED = "Not reported."
_RUN = re.compile(r"`+")
# What a renderer takes for markup: a backslash before punctuation or at the end, tags, links, strike-through,
# emphasis that could open or close, entities. A pipe means something in a table only, and `table` escapes it.
_MARKUP = re.compile(r"\\(?=[!-/:-@\[-`{-~]|$)|[<\[~`]|\*(?=\S)|(?<=\S)\*|(?<![^\W_])_|_(?![^\W_])|&(?=#|\w)")
_OPENING = re.compile(r"[-+*#=>]|\d{1,9}(?=[.)])")  # begins a list, a heading, a rule or a quotation


def cell(text: str) -> str:
    """Untrusted text within a line: only code spans keep their meaning."""
    flat = _flat(text)
    escaped, end = [], 0
    for place in _marked(flat):
        escaped.append(flat[end:place])
        end = place
    line = "\\".join([*escaped, flat[end:]])
    begun = _OPENING.match(line)
    if begun is None:
        return line
    number = begun[0] if begun[0].isdigit() else ""
    return f"{number}\\{line[len(number) :]}"


def _marked(text: str) -> Iterable[int]:
    """Where a character outside code spans would be taken for markup."""
    spans = list(_spans(text))
    for match in _MARKUP.finditer(text):
        while spans and spans[0][1] <= match.start():
            spans.pop(0)
        if not spans or match.start() < spans[0][0]:
            yield match.start()


def _spans(text: str) -> Iterable[tuple[int, int]]:
    """Where the code spans are: from a run of backticks to the next run of the same length."""
    runs = [(match.start(), match.end()) for match in _RUN.finditer(text)]
    place = 0
    while place < len(runs):
        start, after = runs[place]
        closing = next((n for n in range(place + 1, len(runs)) if runs[n][1] - runs[n][0] == after - start), None)
        if closing is None:
            place += 1
        else:
            yield start, runs[closing][1]
            place = closing + 1


def code(text: str) -> str:
    """Untrusted text as inline code on one line, with signs for its line breaks; "" for nothing."""
    flat = " ⏎ ".join(filter(None, map(_flat, text.splitlines())))
    taken = set(map(len, _RUN.findall(flat)))
    fence = "`" * next(size for size in range(1, len(flat) + 2) if size not in taken)
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{pad}{flat}{pad}{fence}" if flat else ""


def _flat(text: str) -> str:
    return joined_lines("".join(sign if sign.isprintable() else "\n" for sign in text))


def bullets(lines: Iterable[str]) -> str:
    """A list, one item per line."""
    return "\n".join(f"- {line}" for line in lines)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; of what is in the cells only pipes are escaped, which a table unescapes before anything else."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(item).replace('|', chr(92) + '|') for item in line)} |" for line in lines)


def many(count: int, word: str) -> str:
    """A number with its noun: 1 file, 2 files."""
    return f"{count} {word}{'' if count == 1 else 's'}"
