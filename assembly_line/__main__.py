"""Command-line entry point: python -m assembly_line, or this file by its path."""

import os
import sys

if not __package__:
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from assembly_line.bootstrap import start

if __name__ == "__main__":
    sys.argv[0] = "assembly-line"  # shown in usage texts
    raise SystemExit(start("assembly_line.cli"))
