"""Measures what a user feels: `python benchmarks/bench.py [--only NAME ...] [--quick] [--out FILE]`."""

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from assembly_line.client import program
from benchmarks import growth, hooks, overhead, report, tokens
from benchmarks.line import MARKDOWN, Line

RESULTS = ROOT / "benchmarks" / "RESULTS.md"
PARTS = {
    "run": hooks.of_a_run,
    "start": hooks.of_a_command,
    "at-once": hooks.at_once,
    "idle": hooks.without_a_run,
    "growth": growth.measure,
    "tokens": tokens.measure,
    "overhead": overhead.measure,
}


def main() -> int:
    """Measure what is asked for; 0 whether or not targets are missed."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="measure only these")
    asked.add_argument("--quick", action="store_true", help="few samples, small sizes")
    asked.add_argument("--out", type=Path, help="where the page goes; default RESULTS.md for a whole run, else stdout")
    given = asked.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    found = []
    try:
        environment = _environment(folder)
        _warm(folder / "warm", environment)
        for name in given.only:
            since = time.monotonic()
            (folder / name).mkdir()
            found.append(PARTS[name](folder / name, environment, given.quick))
            print(f"{name}: {time.monotonic() - since:.0f} s", file=sys.stderr)
    finally:
        os.chdir(ROOT)
        shutil.rmtree(folder, ignore_errors=True)
    version = ".".join(str(part) for part in program.version(program.find(ROOT / program.CACHE)) or ("unknown",))
    page = report.render(found, version, ROOT)
    whole = given.only == list(PARTS) and not given.quick
    if given.out or whole:
        (given.out or RESULTS).write_text(page, encoding="utf-8")
    else:
        print(page)
    print("\n".join(report.missed(found)) or "every target reached")
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


def _warm(scratch: Path, environment: Path) -> None:
    """Runs whose figures do not count: they leave the bytecode that the first runs on a machine compile."""
    line = Line(scratch / "whole", environment)
    line.run()
    line.to_the_end()
    Line(scratch / "markdown", environment, task=MARKDOWN).run()


if __name__ == "__main__":
    raise SystemExit(main())
