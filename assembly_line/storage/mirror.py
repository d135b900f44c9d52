"""Compares the journal with its mirror: what of it this machine wrote."""

import json

from assembly_line.storage import journal
from assembly_line.storage.journal import Damaged
from assembly_line.system import disk


def mirrored(mirror: str, task: str) -> bytes:
    """The valid part of the mirror, which is not synced and may be damaged by a power failure."""
    copy = disk.read(mirror) or b""
    try:
        torn = journal.parse(copy, mirror, task)[1]
    except Damaged:
        return b""
    return copy[: torn.offset] if torn else copy


def vouched(copy: bytes, data: bytes, key: bytes) -> bytes:
    """The journal as this machine wrote it: the mirror, and the lines that continue it with our signature.

    A crash may have left the mirror behind; a torn last line is the parser's to repair.
    """
    if not data.startswith(copy):
        return copy
    trusted, head = copy, json.loads(copy.splitlines()[-1])["h"]
    for line in data[len(copy) :].splitlines(keepends=True):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            return data if len(trusted) + len(line) == len(data) else trusted
        try:
            if record["prev"] != head or record["mac"] != journal.mac_of(record["h"], key):
                return trusted
            head = record["h"]
        except (KeyError, TypeError, AttributeError):
            return trusted  # a complete line, so no crash explains it
        trusted += line
    return trusted


def is_signed(data: bytes, key: bytes) -> bool:
    """Whether this machine signed every line of a journal; what reads it verifies the chain."""
    try:
        records = [json.loads(line) for line in data.splitlines()]
        return all(record["mac"] == journal.mac_of(record["h"], key) for record in records)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
