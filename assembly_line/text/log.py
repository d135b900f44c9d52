"""Journal records as rows for a person, in the log, rehearsals, unattended runs and on the screen."""

from typing import Any, NamedTuple

from assembly_line.core import times
from assembly_line.core.events import KINDS, line
from assembly_line.core.run import Run
from assembly_line.core.wording import BAD, GOOD, ODD
from assembly_line.storage.journal import Record
from assembly_line.untrusted import terminal

HEADING = " time  stage              round  station                 model             what"
MAX_WIDTH = 160
_COLOURS = {GOOD: "32", BAD: "31", ODD: "33"}  # terminal colours: green, red, yellow


class Row(NamedTuple):
    """One record for a person; its parts hold no terminal control characters."""

    time: str  # since the run started
    stage: str
    round: str  # iteration and tier: 1 T1
    station: str
    model: str
    text: str
    colour: str = ""
    quiet: bool = False  # for the log, not for a live display


def row_of(record: Record, run: Run, width: int = MAX_WIDTH) -> Row:
    """The row of a record; `run` is the run after it, `width` what its text may take."""
    kind, data = KINDS[record.kind], record.data
    worker = run.open or run.last
    if worker is not None and worker.id != data.get("dispatch"):
        worker = None
    station = str(data.get("station") or (worker.station if worker else ""))
    model = (worker.served or worker.model) if worker else str(data.get("model", ""))
    iteration = worker.iteration if worker else run.iteration
    tier = f"{iteration} {worker.tier if worker else run.tier}" if iteration else ""
    clean = terminal.clean
    try:
        colour = _COLOURS.get(kind.tone(data), "")
    except (KeyError, TypeError, AttributeError):
        colour = ""
    text = clean(" ".join(line(record.kind, data, run).split()), width)
    stage, station, model = clean(record.stage, 40), clean(station, 60), clean(model, 60)
    return Row(_since_start(record, run), stage, clean(tier, 20), station, model, text, colour, kind.quiet)


def _since_start(record: Record, run: Run) -> str:
    try:
        seconds = int(times.between(run.started_at, record.ts))
    except ValueError:
        return ""
    return f"{seconds // 60}:{seconds % 60:02d}"


def format_row(row: Row, width: int = MAX_WIDTH, colour: bool = False) -> str:
    """The row as one line of at most `width` characters, optionally with terminal colours."""
    head = f"{row.time:>5}  {row.stage:<17}  {row.round:<5}  "
    if row.station:  # otherwise the text takes the station and model columns
        head += f"{row.station:<22}  {row.model:<16}  "
    text = row.text if len(head) + len(row.text) <= width else row.text[: max(0, width - len(head) - 1)] + "…"
    if colour:
        text = f"\033[{row.colour}m{text}\033[0m" if row.colour else text
        head = f"\033[2m{head[:7]}\033[0m{head[7:]}"
    return (head + text).rstrip()


def numbered(record: Record, run: Run) -> str:
    """A record as a line of the log: its number, time, event and dispatch from the journal, then its row."""
    row = format_row(row_of(record, run, 2 * MAX_WIDTH)._replace(time=""), 3 * MAX_WIDTH)
    return f"{record.seq:>4}  {record.ts}  {record.kind:<17}  {record.data.get('dispatch', '')!s:<6}{row[5:]}"


def outcome(result: dict[str, Any]) -> str:
    """The result of an unattended run, for a person."""
    criteria, tier = result["criteria"], f", {result['tier']}" if result["tier"] else ""
    lines = [
        f"{result['task']}: {result['status']}, {criteria['met']} of {criteria['total']} criteria met, "
        f"{result['iterations']} iteration(s){tier}, client started {result['attempts']} time(s)"
    ]
    if result["reason"]:
        lines.append(f"Reason: {result['reason']}")
    return "\n".join([*lines, *(f"  {file}" for file in result["files"])])
