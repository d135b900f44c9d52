"""Entry of the SubagentStop hook."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from assembly_line.hook.main import main

if __name__ == "__main__":  # leaves without taking the interpreter down, which costs 3 ms
    os._exit(main("SubagentStop"))
