"""Runs the sweeps: python -m tests.sweeps [NAME...] [--quick]; a line for each figure, status 1 if one is missed.

Several are run two at a time, each in a process of its own, and the one that is about waiting alone.
"""

import importlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.sweeps.tally import Figure

NAMES = ("crash", "fuzz", "errors", "power", "planted", "hostile", "merge", "repeats", "hammer")  # the longest first
_ALONE = "hammer"
_AT_ONCE = 2
_SHOWN = 20  # misses that are printed of one figure
# Nothing but the page cache matters to these, so that a file system in memory shows the same in less time.
_IN_MEMORY = ("crash", "power", "errors", "repeats", "fuzz", "hostile", "planted", "merge")


def _folder(name: str) -> Path:
    memory = "/dev/shm" if name in _IN_MEMORY and os.access("/dev/shm", os.W_OK) else None
    return Path(tempfile.mkdtemp(prefix=f"sweep-{name}-", dir=memory))


def main(words: list[str]) -> int:
    """The exit status: 0 every figure was reached, 1 one was not, 2 usage."""
    quick = "--quick" in words
    names = [word for word in words if word != "--quick"]
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"sweeps: {unknown[0]} is not one of {', '.join(NAMES)}", file=sys.stderr)
        return 2
    print(f"Python {platform.python_version()}, {platform.system()} {platform.release()}, {os.cpu_count()} processors")
    if len(names) == 1:
        return _alone(names[0], quick)
    began, chosen = time.monotonic(), names or NAMES
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        codes = list(pool.map(lambda name: _child(name, quick), (name for name in chosen if name != _ALONE)))
    codes += [_child(name, quick) for name in chosen if name == _ALONE]
    print(f"{len(chosen)} sweeps in {(time.monotonic() - began) / 60:.1f} min")
    return max(codes)


def _child(name: str, quick: bool) -> int:
    """Run one sweep in a process of its own, and print what it says in one piece."""
    words = [sys.executable, "-m", "tests.sweeps", name, *(["--quick"] if quick else [])]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    print(done.stdout.partition("\n")[2] + done.stderr, end="", flush=True)
    return 1 if done.returncode else 0


def _alone(name: str, quick: bool) -> int:
    folder = _folder(name)
    try:
        figures = importlib.import_module(f"tests.sweeps.{name}").sweep(folder, quick)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        said = f"{type(error).__name__} at {os.path.basename(where.filename)}:{where.lineno}: {error}"
        figures = [Figure(name, 0, 0, "could not be run to its end", (said[:600],))]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for figure in figures:
        print(figure.line(), flush=True)
        for miss in figure.misses[:_SHOWN]:
            print(f"  {miss}", flush=True)
    return 0 if all(figure.ok for figure in figures) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
