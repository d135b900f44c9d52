"""Shows a run as it happens."""

import threading
from collections.abc import Callable
from pathlib import Path

from assembly_line.storage.follow import Follower
from assembly_line.text.log import MAX_WIDTH, format_row, row_of

POLL = 0.1  # seconds between two reads of the journal


def follow(
    project: Path,
    task: str,
    out: Callable[[str], None],
    stop: threading.Event,
    width: int = MAX_WIDTH,
    colour: bool = False,
) -> None:
    """Pass `out` a line for every new record of the journal until `stop` is set; skip earlier records."""
    follower, stage = Follower(str(project), task), ""
    follower.fresh()

    def show() -> None:
        nonlocal stage
        for step in follower.fresh():
            row = row_of(*step)
            if not row.quiet:
                out(format_row(row._replace(stage="" if row.stage == stage else row.stage), width, colour))
                stage = row.stage

    while not stop.wait(POLL):
        show()
    show()
