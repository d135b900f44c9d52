"""The read-only commands: status, log, report."""

import json
import os

import click

from assembly_line import paths
from assembly_line.cli.common import refuse, root_option, say
from assembly_line.core.machine import FAILED
from assembly_line.core.projection import project
from assembly_line.core.run import Run
from assembly_line.engine.status import answer
from assembly_line.errors import LineError
from assembly_line.storage import follow, journal
from assembly_line.storage.journal import Record
from assembly_line.system import disk
from assembly_line.text.log import numbered
from assembly_line.text.messages import no_run
from assembly_line.untrusted import inputs

MAX_BYTES = 8 * 1024 * 1024


@click.command()
@root_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: the tasks with their state entries.")
@click.argument("task", required=False)
def status(root: str, as_json: bool, task: str | None) -> None:
    """Show the status of every task, or one TASK in detail with what to do."""
    try:
        if not as_json:
            say(answer(root, task or ""))
            return
        tasks = [_known(root, task)] if task else follow.known(root)
    except LineError as error:
        refuse(error)
    click.echo(json.dumps({name: _entry(root, name) for name in tasks}, indent=1))


@click.command()
@root_option
@click.option("--json", "as_json", is_flag=True, help="Print the records as they are, one JSON object per line.")
@click.argument("task")
def log(root: str, as_json: bool, task: str) -> None:
    """Show the journal of TASK: number, time, stage, event and what happened."""
    for item, run in journal.steps(_peek(root, task)[1], paths.journal(task)):
        click.echo(json.dumps(item._asdict())) if as_json else say(numbered(item, run))


@click.command()
@root_option
@click.argument("task")
def report(root: str, task: str) -> None:
    """Print the summary or the failure report of TASK, its path first."""
    run = _peek(root, task)[0]
    relative = paths.failure(task) if run.stage == FAILED else run.summary
    if not relative:
        refuse(f"{task} is {run.stage}; there is no summary yet")
    try:
        data = inputs.read_bytes(disk.inside(root, relative), MAX_BYTES, relative)
    except LineError as error:
        refuse(error)
    say(os.path.join(root, relative))
    say("")
    say(data.decode("utf-8", "replace").rstrip())


def _entry(root: str, task: str) -> dict[str, object]:
    try:
        return project(follow.peek(root, task)[0])
    except LineError as error:
        return {"status": "damaged", "message": str(error)}


def _known(root: str, task: str) -> str:
    """The task, if it has a run; else LineError."""
    inputs.check_id(task)
    if task not in follow.known(root):
        raise LineError(no_run(task))
    return task


def _peek(root: str, task: str) -> tuple[Run, list[Record]]:
    try:
        return follow.peek(root, _known(root, task))
    except LineError as error:
        refuse(error)
