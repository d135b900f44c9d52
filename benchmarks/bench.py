"""Entry of the benchmarks: `python benchmarks/bench.py [--plugin DIR] [--only NAME ...] [--quick] [--out FILE]`."""

import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

if __name__ == "__main__":
    raise SystemExit(importlib.import_module("benchmarks.runner").main())
