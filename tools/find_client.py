"""Prints the path of a recent enough client, fetching the pinned one into .cache/client if there is none."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from assembly_line.client import program
from assembly_line.errors import LineError

if __name__ == "__main__":
    try:
        try:
            path = program.find(ROOT / program.CACHE, fetch=False)
        except LineError:
            print(f"fetching client {program.PINNED} into {program.CACHE} ...", file=sys.stderr)
            path = program.find(ROOT / program.CACHE)
        print(path)
    except LineError as error:
        raise SystemExit(f"Error: {error}") from error
