"""The results as Markdown: the machine, a table for each item, and which targets were reached."""

import os
import platform
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.sample import Stats


class Target(NamedTuple):
    """A figure and the most that it may be."""

    what: str
    value: float
    limit: float
    unit: str = ""  # x for ratios

    @property
    def reached(self) -> bool:
        return self.value <= self.limit


class Table(NamedTuple):
    """A table with its heading line."""

    head: Sequence[str]
    rows: Sequence[Sequence[object]]


class Section(NamedTuple):
    """What one item of the measurement gave."""

    title: str
    notes: Sequence[str]  # what was measured and how, a paragraph each
    tables: Sequence[Table]
    targets: Sequence[Target] = ()


SPREAD = ("n", "median ms", "p95", "min", "max")


def spread(found: Stats) -> tuple[object, ...]:
    """The cells for SPREAD."""
    return (found.size, number(found.median), number(found.p95), number(found.low), number(found.high))


def number(value: float) -> str:
    """A figure with as many digits as matter."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def render(sections: Sequence[Section], command: str, client: str, root: Path) -> str:
    """The whole page."""
    lines = ["# Benchmark results", "", *_machine(command, client, root), ""]
    missed = [target for section in sections for target in section.targets if not target.reached]
    count = sum(len(section.targets) for section in sections)
    lines += [
        f"{count - len(missed)} of {count} targets reached. Every ratio is taken from samples of one run, interleaved.",
        "",
    ]
    for section in sections:
        lines += [f"## {section.title}", ""]
        for note in section.notes:
            lines += [note, ""]
        if section.targets:
            rows = [
                (
                    item.what,
                    _figure(item.value, item.unit),
                    f"≤ {_figure(item.limit, item.unit)}",
                    "reached" if item.reached else "MISSED",
                )
                for item in section.targets
            ]
            lines += [*_table(Table(("target", "measured", "limit", ""), rows)), ""]
        for table in section.tables:
            lines += [*_table(table), ""]
    return "\n".join(lines).rstrip() + "\n"


def missed(sections: Sequence[Section]) -> list[str]:
    """One line for each target that was not reached."""
    return [
        f"MISSED  {section.title}: {item.what}: {_figure(item.value, item.unit)} > {_figure(item.limit, item.unit)}"
        for section in sections
        for item in section.targets
        if not item.reached
    ]


def _figure(value: float, unit: str) -> str:
    return f"{number(value)} {unit}".rstrip()


def _table(table: Table) -> list[str]:
    rows = [table.head, ["---"] + ["---:"] * (len(table.head) - 1), *table.rows]
    return ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]


def _machine(command: str, client: str, root: Path) -> list[str]:
    words = ("git", "-C", str(root), "describe", "--always", "--abbrev=12", "--dirty", "--exclude=*")
    commit = subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()
    load = os.getloadavg()[0]
    busy = "; other work ran, so the figures are high" if load > 1.2 * (os.cpu_count() or 1) else ""
    return [
        f"- date: {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}, commit {commit or 'unknown'}",
        f"- machine: {os.cpu_count()} cores ({_processor()}), {platform.system()} {platform.release()}",
        f"- load at the end: {load:.1f}{busy}",
        f"- Python {platform.python_version()}; client {client}",
        f"- command: `{command}`",
    ]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
