#!/usr/bin/env python3
"""Checks a project's records; see --help. Exit status: 0 sound, 1 findings, 2 usage."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from assembly_line.bootstrap import start

if __name__ == "__main__":
    raise SystemExit(start("assembly_line.cli.check"))
