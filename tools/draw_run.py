"""Draws docs/run.svg: the terminal output of a rehearsal of TASK-008 whose first verdict is FAIL."""

import re
import sys
import tempfile
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from assembly_line.client import program
from assembly_line.rehearsal import demo

COMMAND = "$ make run VERDICT=fail:1"
WIDTH = 118  # characters
CELL, ROW, MARGIN = 7.2, 17, 14  # pixels
STYLES = {"2": "#8b949e", "31": "#ff7b72", "32": "#7ee787", "33": "#e3b341"}
_PART = re.compile(r"\033\[(\d+)m(.*?)\033\[0m")
_WORDS = re.compile(r"\S+(?: \S+)*")


def draw(lines: list[str]) -> str:
    """Lines with terminal colours as SVG; each group of words is placed at its own column."""
    body = []
    for number, line in enumerate(lines):
        y = MARGIN + ROW * (number + 1) - 4
        body += [_text(words, column, y, colour) for words, column, colour in _parts(line)]
    width, height = round(2 * MARGIN + WIDTH * CELL), 2 * MARGIN + ROW * len(lines)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
            ' font-family="ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="12">',
            f'<rect width="{width}" height="{height}" rx="6" fill="#0d1117"/>',
            *body,
            "</svg>\n",
        ]
    )


def _parts(line: str) -> list[tuple[str, int, str]]:
    parts, column = [], 0
    for index, piece in enumerate(re.split(r"(\033\[\d+m.*?\033\[0m)", line)):
        coloured = _PART.fullmatch(piece) if index % 2 else None
        plain = coloured[2] if coloured else piece
        colour = STYLES.get(coloured[1], "") if coloured else ""
        parts += [(match[0], column + match.start(), colour) for match in _WORDS.finditer(plain)]
        column += len(plain)
    return parts


def _text(words: str, column: int, y: int, colour: str) -> str:
    x, length = MARGIN + column * CELL, len(words) * CELL
    fill = colour or "#e6edf3"
    return f'<text x="{x:.1f}" y="{y}" fill="{fill}" textLength="{length:.1f}">{escape(words)}</text>'


def main() -> int:
    """Rehearse, and write the picture with the scratch folder's path shortened."""
    scratch = Path(tempfile.mkdtemp(prefix="assembly-line-"))
    lines = [COMMAND]
    binary, venv = program.find(ROOT / program.CACHE), ROOT / ".cache" / "plugin-data" / "venv"
    demo.demo(
        ROOT / "examples", "TASK-008", demo.course("fail:1"), ROOT, binary, scratch, lines.append, venv, WIDTH, True
    )
    shown = [line.replace(str(scratch), "SCRATCH") for line in lines]
    (ROOT / "docs" / "run.svg").write_text(draw(shown), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
