"""The journal: one task's history as hash-chained canonical JSON lines, the source of truth for everything else."""

import hashlib
import json
from collections.abc import Container, Iterable, Iterator
from typing import Any, NamedTuple

from assembly_line.core.evolve import evolve
from assembly_line.core.run import Event, Run
from assembly_line.errors import LineError
from assembly_line.storage import attributes

VERSION = 1
GENESIS = "0" * 64
MAX_LINE = 256 * 1024  # bytes
_KIND = b',"kind":"'


class Record(NamedTuple):
    """One line: an event with its number, time and place in the chain."""

    seq: int
    ts: str  # ISO 8601 UTC
    task: str
    run: int
    stage: str  # after the event
    kind: str
    data: dict[str, Any]
    key: str
    prev: str
    h: str
    mac: str

    @property
    def event(self) -> Event:
        return Event(self.kind, self.data, self.key)


class Damaged(LineError):
    """A journal that cannot be trusted; the message names file, line and remedy."""


class Torn(NamedTuple):
    """A last line that was not written completely."""

    offset: int  # bytes of the valid lines before it
    tail: bytes


def seal(event: Event, ts: str, task: str, run: Run, seq: int, prev: str, key: bytes) -> tuple[Record, bytes]:
    """The record of an event that led to `run`, and its line."""
    body = {
        "v": VERSION,
        "seq": seq,
        "ts": ts,
        "task": task,
        "run": run.number,
        "stage": run.stage,
        "kind": event.kind,
        "data": event.data,
        "key": event.key,
        "prev": prev,
    }
    h = hashlib.sha256(canonical(body)).hexdigest()
    mac = mac_of(h, key)
    line = canonical({**body, "h": h, "mac": mac}) + b"\n"
    if len(line) > MAX_LINE:
        raise LineError(f"{task}: a {event.kind} record of {len(line)} bytes is over {MAX_LINE}; shorten the report")
    return Record(seq, ts, task, run.number, run.stage, event.kind, event.data, event.key, prev, h, mac), line


def canonical(value: Any) -> bytes:
    """A JSON value's canonical form: sorted members, no spaces, ASCII; TypeError or ValueError for other values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def mac_of(h: str, key: bytes) -> str:
    """The keyed digest of a record's hash; "" without a key."""
    return hashlib.blake2b(h.encode("ascii"), key=key, digest_size=16).hexdigest() if key else ""


def parse(data: bytes, name: str, task: str) -> tuple[list[Record], Torn | None]:
    """The records in a journal's bytes, chain verified, and the torn last line if there is one.

    Damaged for any other deviation from what was written.
    """
    records: list[Record] = []
    offset, prev = 0, GENESIS
    for number, line in enumerate(data.splitlines(keepends=True), 1):
        last = offset + len(line) == len(data)
        try:
            record = _record(line, number, prev, task)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            if last and not isinstance(error, _BadWholeLine):
                return records, Torn(offset, line)
            why = error.args[0] if isinstance(error, _BadLine) else "not a record"
            remedy = "restore the file from git or from a backup"
            if line.startswith(b"<<<<<<< "):
                why, remedy = "unresolved merge conflict", f"take one side: git checkout --ours -- {name}, or --theirs"
            if line.endswith(b"\r\n"):
                why, remedy = "line ends were changed, as core.autocrlf does", attributes.REMEDY
            raise Damaged(f"{name}:{number}: {why}; {remedy}") from None
        records.append(record)
        offset, prev = offset + len(line), record.h
    return records, None


def recall(data: bytes, kinds: Container[str], run: int = 0) -> list[Record]:
    """The records of these kinds, of one run or of all, from a journal already verified; not verified again."""
    records = []
    number = b',"run":%d,' % run if run else b""
    for line in data.splitlines():
        start = line.rfind(_KIND) + len(_KIND)  # the members after `kind` carry no text from outside
        if line.find(number, start) >= 0 and line[start : line.find(b'"', start)].decode() in kinds:
            records.append(_as_record(json.loads(line)))
    return records


def _as_record(value: dict[str, Any]) -> Record:
    return Record(*(value[name] for name in Record._fields))


def _body(line: bytes, h: str, mac: str) -> bytes:
    """The part of a canonical line that is hashed: without its members h and mac and its line end."""
    for member in (f'"h":"{h}",', f'"mac":"{mac}",'):
        before, _, after = line.rpartition(member.encode())
        line = before + after
    return line.removesuffix(b"\n")


class _BadLine(ValueError):
    """Why a line is not a valid record."""


class _BadWholeLine(_BadLine):
    """Why a completely written line is not valid: no crash explains it, so it is never treated as torn."""


def _record(line: bytes, seq: int, prev: str, task: str) -> Record:
    if line.endswith(b"\r\n"):
        raise _BadWholeLine("line ends with a carriage return")
    if not line.endswith(b"\n") or len(line) > MAX_LINE:
        raise _BadLine("line is truncated or too long")
    value = json.loads(line)
    if not isinstance(value, dict) or canonical(value) + b"\n" != line:
        raise _BadLine("line is not in canonical form")
    if hashlib.sha256(_body(line, str(value["h"]), str(value["mac"]))).hexdigest() != value["h"]:
        raise _BadLine("hash does not match the line")
    if value["v"] != VERSION:
        raise _BadWholeLine(f"version {value['v']} is not supported by this release")
    if value["task"] != task:
        raise _BadWholeLine(f"record of {value['task']} in the journal of {task}")
    if value["seq"] != seq or value["prev"] != prev:
        raise _BadWholeLine(f"chain is broken (seq {value['seq']}, expected {seq})")
    return _as_record(value)


def replay(records: Iterable[Record], name: str) -> Run:
    """The run that the records lead to; Damaged when the state machine does not allow them."""
    run = Run()
    for _, after in steps(records, name):
        run = after
    return run


def steps(records: Iterable[Record], name: str) -> Iterator[tuple[Record, Run]]:
    """Each record with the run after it; Damaged when the state machine does not allow it."""
    run = Run()
    for record in records:
        try:
            run = evolve(run, record.event, record.ts)
        except (LineError, KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            what = f"{record.kind} is impossible here ({error})"
            raise Damaged(f"{name}:{record.seq}: {what}; restore the file from git") from None
        if (run.stage, run.number) != (record.stage, record.run):
            what = f"records stage {record.stage} of run {record.run}, replay gives {run.stage} of run {run.number}"
            raise Damaged(f"{name}:{record.seq}: {what}; restore the file from git")
        yield record, run
