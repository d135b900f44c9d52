"""Prints the path of a client that is new enough, fetching the pinned one into .cache/client when there is none."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from assembly_line.errors import LineError
from assembly_line.rehearsal import client

if __name__ == "__main__":
    try:
        try:
            found = client.find(ROOT / client.CACHE, fetch=False)
        except LineError:
            print(f"fetching client {client.PINNED} into {client.CACHE} ...", file=sys.stderr)
            found = client.find(ROOT / client.CACHE)
        print(found)
    except LineError as error:
        raise SystemExit(f"Error: {error}") from error
