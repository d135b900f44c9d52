"""Makes a project with many completed tasks, each with its journal, summary, blueprint and entry in the state file."""

import hashlib
import json
import os
from pathlib import Path

from assembly_line import paths
from assembly_line.core.projection import STATUSES, project
from assembly_line.core.run import Event, Run
from assembly_line.core.run_json import from_json, to_json
from assembly_line.statefile import layout
from assembly_line.storage import follow, journal, snapshot
from assembly_line.storage.vault import Vault
from assembly_line.system import clock, disk
from assembly_line.yamlio import writer
from benchmarks.line import TASK

KEY = b"k" * 32
_NOTE = Event("refused", {"what": "Write by relay", "why": "the relay does no work of its own"})


def make(folder: Path, pattern: Path, data: Path, journals: int, records: int) -> tuple[Path, float]:
    """A project whose tasks each repeat the completed run of `pattern`, with notes up to `records`; its megabytes.

    The data folder gets the snapshots that hooks would have left there.
    """
    run, found = follow.peek(str(pattern), TASK)
    summary = (pattern / run.summary).read_text(encoding="utf-8")
    sealed = [(item.kind, item.data, item.key, item.ts, item.run, item.stage) for item in found]
    last = found[-1]
    sealed += [(*_NOTE, last.ts, last.run, last.stage)] * (records - len(sealed))
    text = json.dumps(sealed)
    for item in found:
        if item.kind == "agent_started":  # an agent works for one task only
            text = text.replace(item.data["agent_id"], item.data["agent_id"] + "~~")
    entry = {
        **project(run),
        "journal": {"path": paths.journal(TASK), "events": len(sealed), "head": journal.GENESIS},
    }
    block = writer.dump({TASK: entry}, 2)
    blueprint = (pattern / run.blueprint).read_bytes()
    for name in (paths.JOURNALS, os.path.dirname(run.blueprint), os.path.dirname(run.summary)):
        (folder / name).mkdir(parents=True, exist_ok=True)
    vault, kept = Vault(str(folder), str(data)), json.dumps(to_json(run))
    blocks, size = [], 0
    for index in range(journals):
        task = f"TASK-G{index:05d}"
        own = summary.replace(TASK, task).encode()
        sha = hashlib.sha256(own).hexdigest()
        said = text.replace(TASK, task).replace("~~", f"-{index}").replace(run.summary_sha, sha)
        lines, head = _chain(task, json.loads(said))
        (folder / paths.journal(task)).write_bytes(lines)
        (folder / run.summary.replace(TASK, task)).write_bytes(own)
        (folder / run.blueprint.replace(TASK, task)).write_bytes(blueprint)
        stamp = disk.stamp(str(folder / paths.journal(task)))
        blocks.append(block.replace(TASK, task).replace(journal.GENESIS, head))
        snapshot.save(
            vault, task, stamp, from_json(json.loads(kept.replace(TASK, task))), len(sealed), head, blocks[-1]
        )
        size += len(lines)
    counts = {"total": journals, **dict.fromkeys(STATUSES, 0), "completed": journals}
    now = clock.utc_now()
    head_ = {
        "version": layout.VERSION,
        "type": "project",
        "created_at": now,
        "updated_at": now,
        "statistics": counts,
    }
    disk.write(str(folder / paths.STATE_FILE), (writer.dump(head_) + "tasks:\n" + "".join(blocks)).encode())
    return folder, size / 1e6


def _chain(task: str, sealed: list[list[object]]) -> tuple[bytes, str]:
    """The journal of these records, and the hash of the last."""
    head, lines = journal.GENESIS, []
    for seq, (kind, data, key, ts, number, stage) in enumerate(sealed, 1):
        run = Run(number=number, stage=stage)  # type: ignore[arg-type]
        record, line = journal.seal(Event(kind, data, key), ts, task, run, seq, head, KEY)  # type: ignore[arg-type]
        head = record.h
        lines.append(line)
    return b"".join(lines), head
