"""What a large state file, a long journal and a large project cost."""

import shutil
import sys
import time
from pathlib import Path

from assembly_line import paths
from assembly_line.core.projection import STATUSES, project
from assembly_line.core.run import Event
from assembly_line.engine import store
from assembly_line.statefile import document, layout, rebuild
from assembly_line.storage import journal
from assembly_line.storage.vault import Vault
from assembly_line.system import clock, disk
from assembly_line.yamlio import writer
from benchmarks import sample
from benchmarks.line import TASK, Line, medians
from benchmarks.many import make
from benchmarks.report import Part, Target, number
from tests.support.delivery import ROOT

SIZES = (10, 10_000)
STATE_RATIO, JOURNAL_RATIO, CHECK_S, CHECK_MB, REBUILD_S = 2.2, 2.0, 30.0, 500.0, 1.0


def measure(scratch: Path, environment: Path, quick: bool) -> Part:
    """The hooks of the same runs at two sizes, station by station in turn; then a project with many runs."""
    runs = 1 if quick else 3
    lines = [Line(scratch / f"state-{size}", environment) for size in SIZES]
    for line, size in zip(lines, SIZES, strict=True):
        _fill_state(line, size)
    targets = [_growth("tasks in the state file", lines, runs, STATE_RATIO)]
    lines = [Line(scratch / f"journal-{size}", environment) for size in SIZES]
    for line, size in zip(lines, SIZES, strict=True):
        line.run()
        _fill_journal(line, size)
    targets.append(_growth("records in the journal", lines, runs, JOURNAL_RATIO))
    more, note = _large(scratch, Line(scratch / "pattern", environment), 200 if quick else 10_000, 100)
    return Part(note, [*targets, *more])


def _growth(what: str, lines: list[Line], runs: int, limit: float) -> Target:
    """How many times as long the hook takes that grows most from the first line to the last."""
    for line in lines:
        line.timed.clear()
    for number_ in range(runs):
        for line in lines:
            line.run(f"{TASK} --restart" if number_ else TASK)
        while lines[0].working:
            for line in lines:
                line.station()
    small, large = (medians(line.timed) for line in lines)
    ratio, event = max((large[event][0] / ms, event) for event, (ms, _) in small.items() if "Bash" not in event)
    return Target(f"growth of a hook, {what} {SIZES[0]} to {SIZES[1]:,} ({event})", ratio, limit, "x")


def _fill_state(line: Line, size: int) -> None:
    """Give the project a state file with that many tasks, as the engine would have written it."""
    now = clock.utc_now()
    line.run()
    entry = {
        **project(line.state()),
        "status": "completed",
        "journal": {"path": "x.jsonl", "events": 90, "head": journal.GENESIS},
    }
    counts = {"total": size, **dict.fromkeys(STATUSES, 0), "completed": size}
    head = {"version": layout.VERSION, "type": "project", "created_at": now, "updated_at": now, "statistics": counts}
    blocks = (writer.dump({f"TASK-G{index:05d}": entry}, 2) for index in range(size))
    path = line.root / paths.STATE_FILE
    disk.write(str(path), (writer.dump(head) + "tasks:\n" + "".join(blocks)).encode())
    line.vault.note_stamp(document.relative_key(paths.STATE_FILE), disk.stamp(str(path)))
    shutil.rmtree(line.journal.parent)
    for name in (f"{TASK}.jsonl", f"{TASK}.run.json"):
        disk.remove(str(Path(line.vault.folder, name)))


def _fill_journal(line: Line, records: int) -> None:
    """Bring the task's journal to that many records with notes of refused calls."""
    with store.opened(str(line.root), TASK, line.vault) as held:
        notes = [
            Event("refused", {"what": f"Write by relay {index}", "why": "bench"}) for index in range(records - held.seq)
        ]
        held.record(*notes)


def _large(scratch: Path, line: Line, journals: int, records: int) -> tuple[list[Target], str]:
    """Check and rebuild of a project with that many journals of that many records."""
    line.run()
    line.to_the_end()
    large, megabytes = make(scratch / "large", line.root, line.data, journals, records)
    words = [sys.executable, str(ROOT / "scripts/check_state.py"), "--root", str(large)]
    checked = sample.run(words, b"", {"PATH": "/usr/bin:/bin"}, str(large))
    if checked.code:
        raise RuntimeError(f"the check finds faults: {checked.out[-500:]}")
    disk.remove(str(large / paths.STATE_FILE))
    since = time.perf_counter()
    written = rebuild.rebuild(str(large), paths.STATE_FILE, Vault(str(large), str(line.data)))
    took = time.perf_counter() - since
    if written != journals:
        raise RuntimeError(f"{written} tasks of {journals} were written")
    shutil.rmtree(large)
    note = (
        f"Large project: {journals:,} journals with {journals * records:,} records, each a complete run and notes, "
        f"{number(megabytes)} MB, with summaries and definitions; the rebuild has the snapshots that hooks left."
    )
    return [
        Target("check_state.py in the large project", checked.ms / 1e3, CHECK_S, "s"),
        Target("memory of the check, largest process", checked.peak, CHECK_MB, "MB"),
        Target("rebuild of the state file, per 10,000 tasks", took * 10_000 / journals, REBUILD_S, "s"),
    ], note
