#!/usr/bin/env python3
"""Runs a task unattended; see --help. Exit status: 0 completed, 1 failed, 2 usage, 3 needs a human, 4 interrupted."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from assembly_line.bootstrap import start

if __name__ == "__main__":
    raise SystemExit(start("assembly_line.cli.run_task"))
