"""The results as Markdown: the machine, the targets, and the median of every event."""

import os
import platform
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class Target(NamedTuple):
    """A figure and the most that it may be."""

    what: str
    value: float
    limit: float
    unit: str  # x for ratios

    @property
    def reached(self) -> bool:
        return self.value <= self.limit


class Part(NamedTuple):
    """What one measurement gave."""

    note: str  # what was measured and how
    targets: Sequence[Target]
    medians: Sequence[tuple[str, float, float]] = ()  # event, milliseconds, ratio to bare Python


def number(value: float) -> str:
    """A figure with as many digits as matter."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def render(parts: Sequence[Part], client: str, root: Path) -> str:
    """The whole page."""
    targets = [target for part in parts for target in part.targets]
    rows = [
        (
            item.what,
            f"{number(item.value)} {item.unit}",
            f"≤ {number(item.limit)} {item.unit}",
            "reached" if item.reached else "MISSED",
        )
        for item in targets
    ]
    medians = [(event, number(ms), number(ratio)) for part in parts for event, ms, ratio in part.medians]
    lines = ["# Benchmark results", "", *_machine(client, root), ""]
    lines += [f"{sum(target.reached for target in targets)} of {len(targets)} targets reached.", ""]
    lines += [*_table(("target", "measured", "limit", ""), rows), ""]
    if medians:
        lines += [*_table(("event", "median ms", "x bare Python"), medians), ""]
    lines += [line for part in parts if part.note for line in (part.note, "")]
    return "\n".join(lines)


def missed(parts: Sequence[Part]) -> list[str]:
    """One line for each target that was not reached."""
    return [
        f"MISSED  {item.what}: {number(item.value)} > {number(item.limit)} {item.unit}"
        for part in parts
        for item in part.targets
        if not item.reached
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    rule = ["---"] + ["---:"] * (len(head) - 1)
    return ["| " + " | ".join(row) + " |" for row in (head, rule, *rows)]


def _machine(client: str, root: Path) -> list[str]:
    words = ("git", "-C", str(root), "describe", "--always", "--abbrev=12", "--dirty", "--exclude=*")
    commit = subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()
    load = os.getloadavg()[0]
    busy = "; other work ran, so the figures are high" if load > 1.2 * (os.cpu_count() or 1) else ""
    return [
        f"- date: {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}, commit {commit or 'unknown'}",
        f"- machine: {os.cpu_count()} cores ({_processor()}), {platform.system()} {platform.release()}",
        f"- load at the end: {load:.1f}{busy}",
        f"- Python {platform.python_version()}; client {client}",
    ]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
