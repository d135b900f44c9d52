"""Prints the path of a client that is new enough, fetching the pinned one into .cache/client when there is none."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from assembly_line.errors import LineError
from assembly_line.rehearsal import client

if __name__ == "__main__":
    try:
        print(client.find(ROOT / client.CACHE))
    except LineError as error:
        raise SystemExit(f"Error: {error}") from error
