"""Item 3: what a large state file, a long journal and a large project cost."""

import shutil
import sys
import time
from pathlib import Path

from assembly_line import paths
from assembly_line.core.projection import STATUSES, project
from assembly_line.core.run import Event
from assembly_line.engine import store
from assembly_line.statefile import document, layout, rebuild
from assembly_line.storage import follow, journal
from assembly_line.storage.vault import Vault
from assembly_line.system import clock, disk
from assembly_line.yamlio import writer
from benchmarks import sample
from benchmarks.line import TASK, Line, Timed
from benchmarks.many import make
from benchmarks.plugin import Plugin
from benchmarks.report import Section, Table, Target, number

STATE_RATIO, JOURNAL_RATIO, CHECK_S, CHECK_MB, REBUILD_S = 2.2, 2.0, 30.0, 500.0, 1.0
_EVENTS = ("PreToolUse(Agent)", "SubagentStart", "SubagentStop", "PostToolUse(Agent)")


def measure(plugin: Plugin, scratch: Path, environment: Path, quick: bool, example: Path) -> Section:
    """The hooks of the same stations at growing sizes, in turn; then check and rebuild of a large project."""
    sizes = (10, 100, 1_000) if quick else (10, 100, 1_000, 10_000)
    runs = 1 if quick else 3
    lines = [Line(plugin, scratch / f"state-{size}", environment, example) for size in sizes]
    for line, size in zip(lines, sizes, strict=True):
        _fill_state(line, size)
    state = _grown(lines, runs)
    lines = [Line(plugin, scratch / f"journal-{size}", environment, example) for size in sizes]
    long = _grown(lines, runs, dict(zip(range(len(sizes)), sizes, strict=True)))
    notes = [
        f"{runs} runs of {TASK} a size, station by station in turn over the sizes. The state file is as the engine "
        "wrote it, with the entries of other tasks; the journal holds that many records before the first agent.",
    ]
    tables, targets = [], []
    for what, found, limit in (
        ("tasks in the state file", state, STATE_RATIO),
        ("records in the journal", long, JOURNAL_RATIO),
    ):
        rows, worst = _rows(found)
        tables.append(Table((what, *(f"{size:,}" for size in sizes), "last / first"), rows))
        targets.append(Target(f"greatest growth of a hook, {what} ({worst[1]})", worst[0], limit, "x"))
    pattern = Line(plugin, scratch / "pattern", environment, example)
    table, more, said = _large(scratch, pattern, 200 if quick else 10_000, 100)
    return Section("3. Growth", [*notes, said], [*tables, table], [*targets, *more])


def _grown(lines: list[Line], runs: int, records: dict[int, int] | None = None) -> list[dict[str, float]]:
    """Median milliseconds by event and kind, for each line; with `records`, its journal is filled up first."""
    timed: list[list[Timed]] = [[] for _ in lines]
    for number_ in range(runs):
        for index, line in enumerate(lines):
            timed[index].append(line.begin("--restart" if number_ else ""))
            if records and not number_:
                _fill_journal(line, records[index])
        while lines[0].working:
            for index, line in enumerate(lines):
                timed[index] += line.station()
    return [_medians(found) for found in timed]


def _medians(timed: list[Timed]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for item in timed:
        if item.event in _EVENTS or not item.kind:
            late = f", {item.station}" if item.kind in ("validator", "compliance") else ""
            found.setdefault(f"{item.event}{late}", []).append(item.ms)
    return {name: sample.stats(values).median for name, values in found.items()}


def _rows(found: list[dict[str, float]]) -> tuple[list[list[object]], tuple[float, str]]:
    rows: list[list[object]] = []
    worst = (0.0, "")
    for name in found[0]:
        values = [medians[name] for medians in found]
        ratio = values[-1] / values[0]
        rows.append([f"{name}, ms", *map(number, values), f"{number(ratio)} x"])
        worst = max(worst, (ratio, name))
    return rows, worst


def _fill_state(line: Line, size: int) -> None:
    """Give the project a state file with that many tasks, as the engine would have written it."""
    vault = Vault(str(line.project), str(line.data))
    relative, now = paths.STATE_FILE, clock.utc_now()
    line.begin()
    run, _ = follow.peek(str(line.project), TASK)
    entry = {
        **project(run),
        "status": "completed",
        "journal": {"path": "x.jsonl", "events": 90, "head": journal.GENESIS},
    }
    counts = {"total": size, **dict.fromkeys(STATUSES, 0), "completed": size}
    head = {"version": layout.VERSION, "type": "project", "created_at": now, "updated_at": now, "statistics": counts}
    blocks = (writer.dump({f"TASK-G{index:05d}": entry}, 2) for index in range(size))
    path = line.project / relative
    disk.write(str(path), (writer.dump(head) + "tasks:\n" + "".join(blocks)).encode())
    vault.note_stamp(document.relative_key(relative), disk.stamp(str(path)))
    shutil.rmtree(line.project / "docs/planning/journal")
    for name in (f"{TASK}.jsonl", f"{TASK}.run.json"):
        disk.remove(str(Path(vault.folder, name)))


def _fill_journal(line: Line, records: int) -> None:
    """Bring the task's journal to that many records with notes of refused calls."""
    with store.opened(str(line.project), TASK, Vault(str(line.project), str(line.data))) as held:
        notes = [
            Event("refused", {"what": f"Write by relay {index}", "why": "bench"}) for index in range(records - held.seq)
        ]
        held.record(*notes)


def _large(scratch: Path, line: Line, journals: int, records: int) -> tuple[Table, list[Target], str]:
    """Check and rebuild of a project with that many journals of that many records."""
    line.begin()
    for _ in line.stations():
        pass
    large = make(scratch / "large", line.project, line.data, journals, records)
    words = [sys.executable, str(line.plugin.folder / "scripts/check_state.py"), "--root", str(large.project)]
    checked = sample.run(words, "", {"PATH": "/usr/bin:/bin"}, str(large.project))
    vault = Vault(str(large.project), str(line.data))
    times = []
    for known in (True, False):
        disk.remove(str(large.project / paths.STATE_FILE))
        if not known:
            shutil.rmtree(vault.folder)
        since = time.perf_counter()
        written = rebuild.rebuild(str(large.project), paths.STATE_FILE, vault)
        times.append(time.perf_counter() - since)
    shutil.rmtree(scratch / "large")
    rows = [
        ("check_state.py, s", number(checked.ms / 1e3)),
        ("check_state.py, exit status", checked.code),
        ("peak memory of its largest process, MB", number(checked.peak)),
        ("rebuild of the state file, journals as the hooks left them, s", number(times[0])),
        ("rebuild of the state file, every record read and verified, s", number(times[1])),
        ("tasks written by the rebuild", f"{written:,}"),
    ]
    said = (
        f"The large project: {journals:,} journals with {journals * records:,} records, each a complete run and notes, "
        f"{number(large.megabytes)} MB, with summaries and blueprints."
    )
    targets = [
        Target("check of the large project", checked.ms / 1e3, CHECK_S, "s"),
        Target("peak memory of the check, largest process", checked.peak, CHECK_MB, "MB"),
        Target(
            "rebuild of the state file, per 10,000 tasks with the hooks' snapshots",
            times[0] * 10_000 / journals,
            REBUILD_S,
            "s",
        ),
    ]
    return Table(("large project", ""), rows), targets, said
