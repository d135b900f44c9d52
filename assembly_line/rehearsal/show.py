"""Shows a run on a terminal as it happens, line by line from its journal."""

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from assembly_line import paths
from assembly_line.core import times
from assembly_line.core.evolve import evolve
from assembly_line.core.run import Event, Run
from assembly_line.errors import LineError
from assembly_line.untrusted import terminal

HEADING = " time  stage              round  station                 model             what"
MAX_WIDTH = 160
POLL = 0.1  # seconds between two looks at the journal

_GOOD, _BAD, _ODD = "32", "31", "33"  # terminal colours: green, red, yellow
_ENDS = {"completed": _GOOD, "failed": _BAD, "aborted": _ODD, "paused": _ODD, "stalled": _BAD}


class Row(NamedTuple):
    """One line of the display, in parts."""

    time: str  # since the run began
    stage: str
    round: str  # iteration and tier: 1 T1
    station: str
    model: str
    text: str
    colour: str = ""


def row_of(record: dict[str, Any], run: Run | None = None) -> Row | None:
    """The row for a journal record, `run` being the run after it; None for records that show nothing new."""
    run = run or Run()
    kind, data = str(record["kind"]), record["data"]
    said = _TEXTS[kind](data, run) if kind in _TEXTS else ("", "")
    if not said[0]:
        return None
    worker = run.open or run.last
    if worker is not None and worker.id != data.get("dispatch"):
        worker = None
    station = str(data.get("station") or (worker.station if worker else ""))
    model = (worker.served or worker.model) if worker else str(data.get("model", ""))
    iteration = worker.iteration if worker else run.iteration
    tier = f"{iteration} {worker.tier if worker else run.tier}" if iteration else ""
    if run.started_at:
        seconds = int(times.between(run.started_at, record["ts"]))
        time = f"{seconds // 60}:{seconds % 60:02d}"
    else:
        time = str(record["ts"])[11:19]
    stage, station, model, text = (
        terminal.clean(part, size)
        for part, size in ((str(record["stage"]), 40), (station, 60), (model, 60), (said[0], MAX_WIDTH))
    )
    return Row(time, stage, tier, station, model, text, said[1])


def line_of(record: dict[str, Any], run: Run | None = None) -> str | None:
    """The display's line for a journal record, `run` being the run after it; None for records that show nothing."""
    row = row_of(record, run)
    return format_row(row) if row else None


def format_row(row: Row, width: int = MAX_WIDTH, colour: bool = False) -> str:
    """The row as one line of at most `width` characters, with terminal colours if wanted."""
    head = f"{row.time:>5}  {row.stage:<17}  {row.round:<5}  "
    if row.station:  # else the text takes the columns of station and model
        head += f"{row.station:<22}  {row.model:<16}  "
    text = row.text if len(head) + len(row.text) <= width else row.text[: max(0, width - len(head) - 1)] + "…"
    if colour:
        text = f"\033[{row.colour}m{text}\033[0m" if row.colour else text
        head = f"\033[2m{head[:7]}\033[0m{head[7:]}"
    return (head + text).rstrip()


def colours(stream: TextIO) -> bool:
    """Whether colour suits a stream: a terminal that can show it, and a person who did not set NO_COLOR."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def follow(
    project: Path,
    task: str,
    out: Callable[[str], None],
    stop: threading.Event,
    width: int = MAX_WIDTH,
    colour: bool = False,
) -> None:
    """Give `out` a line for every new record of the journal until `stop` is set; earlier records are not shown."""
    path = project / paths.journal(task)
    seen = Seen(Run(), 0, 0, "")
    seen = _catch_up(path, seen, lambda row: None)._replace(stage="")
    while not stop.wait(POLL):
        seen = _catch_up(path, seen, lambda row: out(format_row(row, width, colour)))
    _catch_up(path, seen, lambda row: out(format_row(row, width, colour)))


class Seen(NamedTuple):
    """How far the journal was read: the run so far, the bytes read, the last record and the stage shown last."""

    run: Run
    offset: int
    seq: int
    stage: str


def _catch_up(path: Path, seen: Seen, show: Callable[[Row], None]) -> Seen:
    try:
        with path.open("rb") as file:
            if file.seek(0, os.SEEK_END) < seen.offset:  # put back from a backup: read it anew, show only what is new
                seen = seen._replace(run=Run(), offset=0)
            file.seek(seen.offset)
            data = file.read()
    except OSError:
        return seen
    run, seq, stage = seen.run, seen.seq, seen.stage
    whole = data[: data.rfind(b"\n") + 1]
    for line in whole.splitlines():
        try:
            record = json.loads(line)
            run = evolve(run, Event(record["kind"], record["data"], record["key"]), record["ts"])
            row = row_of(record, run)
            new = record["seq"] > seq
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, LineError):
            continue  # the engine judges the journal; this only shows it
        seq = max(seq, record["seq"])
        if new and row is not None:
            show(row._replace(stage="" if row.stage == stage else row.stage))
            stage = row.stage
    return Seen(run, seen.offset + len(whole), seq, stage)


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _judged(result: str, rest: str) -> tuple[str, str]:
    return f"{result}{rest}", _GOOD if result == "PASS" else _BAD


def _reported(data: dict[str, Any], run: Run) -> tuple[str, str]:
    report = data["report"]
    open_ = [item for item in report.get("review", {}).get("issues", ()) if item["status"] == "open"]
    colour = _GOOD if report["status"] == "done" and not open_ else _ODD
    return f"{report['status']}: {report['summary']}", colour


def _verdict(data: dict[str, Any], run: Run) -> tuple[str, str]:
    gaps = "; ".join(f"{gap[0]} to {gap[3]}" for gap in data["gaps"])
    return _judged(data["result"], f" {len(run.met)}/{len(run.criteria)}{': ' + gaps if gaps else ''}")


def _compliance(data: dict[str, Any], run: Run) -> tuple[str, str]:
    items = "; ".join(item["item"] for item in data["violations"])
    return _judged(data["result"], f": {items}" if items else "")


def _ended(data: dict[str, Any], run: Run) -> tuple[str, str]:
    said = (
        data.get("message")
        or f"{len(run.met)} of {len(run.criteria)} criteria met, {_many(run.iteration, 'iteration')}"
    )
    return said, _ENDS.get(run.stage, "")


_TEXTS: dict[str, Callable[[dict[str, Any], Run], tuple[str, str]]] = {
    "run_started": lambda data, run: (f"{data['title']} ({data['workflow']}, {len(data['criteria'])} criteria)", ""),
    "bundle_created": lambda data, run: (f"bundle {data['path']}", ""),
    "agents_ready": lambda data, run: (f"{_many(len(data['agents']), 'agent')} assigned", ""),
    "dispatched": lambda data, run: (f"agent {data['agent'].removeprefix('assembly-line:')}", ""),
    "report_rejected": lambda data, run: (f"report sent back: {'; '.join(data['errors'])}", _ODD),
    "command_ran": lambda data, run: (f"ran {data['command']}: {'ok' if data['ok'] else 'failed'}", ""),
    "reported": _reported,
    "agent_failed": lambda data, run: (f"lost: {data['message']}", _BAD),
    "iteration_started": lambda data, run: (f"iteration {data['iteration']}: {', '.join(data['stations'])}", ""),
    "stations_done": lambda data, run: ("all stations have reported", ""),
    "verdict_given": _verdict,
    "passed": lambda data, run: (f"{data['met']} criteria met", ""),
    "summary_written": lambda data, run: (f"summary {data['path']}", ""),
    "compliance_judged": _compliance,
    "fix_started": lambda data, run: (f"fix round {data['round']}: {', '.join(data['stations'])}", _ODD),
    "revalidation": lambda data, run: (f"validated again: {data['why']}", _ODD),
    "resumed": lambda data, run: ("resumed", ""),
    "refused": lambda data, run: (f"refused {data['what']}: {data['why']}", _ODD),
    "tampered": lambda data, run: (f"changed and put back: {', '.join(data['files'])}", _BAD),
    "stop_blocked": lambda data, run: (f"end of turn refused, {_many(data['count'], 'time')}", _ODD),
    "unwatched": lambda data, run: (f"agents that no hook saw: {', '.join(data['agents'])}", _BAD),
    "repaired": lambda data, run: (str(data["what"]), _ODD),
    **{kind: _ended for kind in _ENDS},
}
