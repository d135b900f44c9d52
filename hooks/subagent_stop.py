"""Entry point of the SubagentStop hook."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from assembly_line.hook.main import run

if __name__ == "__main__":
    run("SubagentStop")
