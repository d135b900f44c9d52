"""Prints the path of a client that is new enough, fetching the pinned one into .cache/client when there is none."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from assembly_line.client import program
from assembly_line.errors import LineError

if __name__ == "__main__":
    try:
        try:
            found = program.find(ROOT / program.CACHE, fetch=False)
        except LineError:
            print(f"fetching client {program.PINNED} into {program.CACHE} ...", file=sys.stderr)
            found = program.find(ROOT / program.CACHE)
        print(found)
    except LineError as error:
        raise SystemExit(f"Error: {error}") from error
