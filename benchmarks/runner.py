"""Runs the measurements that are asked for and puts the results into RESULTS.md."""

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from assembly_line.client import program
from benchmarks import busy, growth, idle, overhead, report, tokens
from benchmarks import plugin as plugins
from benchmarks.line import MARKDOWN, Line
from benchmarks.report import Section

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples"
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
ANY = ("idle", "tokens", "start")  # what can be measured of any plugin
NAMES = ("idle", "busy", "growth", "tokens", "overhead", "start")


def main() -> int:
    """Measure what is asked for; 0 whether or not targets are missed."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--plugin", type=Path, default=ROOT, help="folder of the plugin; default this one")
    asked.add_argument("--only", nargs="+", choices=NAMES, default=[], help="measure only these")
    asked.add_argument("--quick", action="store_true", help="few samples, small sizes")
    asked.add_argument("--out", type=Path, help="where the page goes; default RESULTS.md for a whole run, else stdout")
    given = asked.parse_args()
    plugin = plugins.load(given.plugin)
    own = plugin.folder == ROOT
    names = [name for name in NAMES if (own or name in ANY) and (name in given.only or not given.only)]
    whole = own and not given.only and not given.quick
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    sections = []
    try:
        environment = _environment(folder)
        if own and names != ["idle"]:
            _warm(plugin, folder / "warm", environment)
        for name in names:
            since = time.monotonic()
            sections.append(_measure(name, plugin, folder / name, environment, given.quick))
            print(f"{name}: {time.monotonic() - since:.0f} s", file=sys.stderr)
    finally:
        os.chdir(ROOT)
        shutil.rmtree(folder, ignore_errors=True)
    version = ".".join(str(part) for part in program.version(program.find(ROOT / program.CACHE)) or ("unknown",))
    words = ("" if own else f" --plugin {plugin.name}", f" --only {' '.join(names)}", " --quick" * given.quick)
    shown = "make bench" if whole else f"python benchmarks/bench.py{''.join(words)}"
    page = report.render(sections, shown, version, ROOT)
    out = given.out or (RESULTS if whole else None)
    if out is None:
        print(page)
    else:
        out.write_text(page, encoding="utf-8")
    print("\n".join(report.missed(sections)) or "every target reached")
    return 0


def _environment(folder: Path) -> Path:
    """A folder with the hooks' environment, the project's cached one or one built here, and a place for bytecode."""
    own = folder / "environment"
    (own / "pycache").mkdir(parents=True)
    cached = ROOT / ".cache" / "plugin-data"
    if (cached / "venv/requirements.txt").exists():
        (own / "venv").symlink_to(cached / "venv")
    elif os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-I", str(ROOT / "hooks/environment.py"), str(own)]):
        raise SystemExit("the hooks' environment cannot be built")
    return own


def _warm(plugin: plugins.Plugin, scratch: Path, environment: Path) -> None:
    """Runs whose figures do not count: they leave the bytecode that the first runs on a machine compile."""
    line = Line(plugin, scratch / "whole", environment, EXAMPLE)
    line.begin()
    for _ in line.stations():
        pass
    line.begin("--restart")
    Line(plugin, scratch / "markdown", environment, EXAMPLE).begin(task=MARKDOWN)


def _measure(name: str, plugin: plugins.Plugin, scratch: Path, environment: Path, quick: bool) -> Section:
    scratch.mkdir()
    if name == "idle":
        return idle.measure(plugin, scratch, environment, 15 if quick else 60)
    if name == "busy":
        return busy.measure(plugin, scratch, environment, 1 if quick else 20, EXAMPLE)
    if name == "growth":
        return growth.measure(plugin, scratch, environment, quick, EXAMPLE)
    if name == "tokens":
        return tokens.measure(plugin, scratch, environment, quick, EXAMPLE)
    if name == "overhead":
        return overhead.measure(plugin, scratch, environment, (1, 1) if quick else (5, 2), EXAMPLE)
    return idle.start(plugin, scratch, environment, 15 if quick else 60, EXAMPLE, build=not quick)
