"""The command that runs a task in the real client against the scripted model."""

import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import click

from assembly_line import health, textguard
from assembly_line.cli.common import refuse, root_option, say
from assembly_line.core.machine import COMPLETED
from assembly_line.errors import LineError
from assembly_line.rehearsal import client as clients
from assembly_line.rehearsal import stage
from assembly_line.rehearsal.plan import Gap, Plan, failing
from assembly_line.rehearsal.wire import Json
from assembly_line.text import console
from assembly_line.vault import data_folder
from assembly_line.watching import Watch

# Where a client that loads the plugin from a folder keeps the plugin's data, below the rehearsal's own home.
_DATA = Path("home", "config", "plugins", "data", "assembly-line-inline")
_MISSING = "the behavior is missing (rehearsed)"


def plan_of(verdict: str) -> Plan:
    """The course for pass, fail:N or never; LineError for anything else."""
    if verdict == "pass":
        return Plan()
    if verdict == "never":
        return Plan(always=(Gap("*", _MISSING),))
    word, _, count = verdict.partition(":")
    if word != "fail" or not count.isdigit() or not 1 <= int(count) <= 9:
        raise LineError(f"--verdict {textguard.clean(verdict, 40)}: pass, fail:N or never is expected")
    return failing(int(count), Gap("*", _MISSING))


@click.command()
@root_option
@click.option("--client", metavar="FILE", default="", help="The client's program; `claude` on PATH when left out.")
@click.option("--keep", metavar="DIR", default="", help="Where the copy goes; a temporary folder when left out.")
@click.option("--verdict", default="pass", show_default=True, help="What the validator finds: pass, fail:N or never.")
@click.option("--timeout", default=600.0, show_default=True, help="Seconds after which the client is ended.")
@click.argument("task")
def rehearse(root: str, client: str, keep: str, verdict: str, timeout: float, task: str) -> None:
    """Run TASK on a copy of the project: the real client, a scripted model on 127.0.0.1, no key, no cost.

    Exit status: 0 the rehearsed task was completed, 1 it was not, 2 usage.
    """
    try:
        textguard.check_id(task)
        plan = plan_of(verdict)
        binary = Path(client).resolve() if client else clients.find(health.PLUGIN / clients.CACHE, fetch=False)
        scratch = _scratch(keep)
    except LineError as error:
        refuse(error, 2)
    watch = Watch(str(scratch / "project"), task)

    def heard(_line: Json) -> None:
        for item in watch.fresh():
            say(console.record(item))

    with contextlib.suppress(OSError):  # without it the rehearsal builds its own environment
        shutil.copytree(Path(data_folder(), "venv"), scratch / _DATA / "venv", symlinks=True)
    try:
        done = stage.rehearse(Path(root), f"/task-run {task}", health.PLUGIN, binary, scratch, plan, timeout, heard)
    except (LineError, OSError) as error:
        refuse(error)
    heard({})
    say("")
    say(done.outcome.result or f"the client said nothing; exit status {done.outcome.code}")
    for fault in done.faults:
        say(f"the script failed: {fault}", error=True)
    run = watch.run()
    found = console.files(run) if run is not None else []
    say(f"\nproject   {done.project}\nrequests  {scratch / 'requests.jsonl'}")
    for file in found:
        if os.path.exists(done.project / file):
            say(f"          {done.project / file}")
    sys.exit(0 if run is not None and run.stage == COMPLETED else 1)


def _scratch(keep: str) -> Path:
    if not keep:
        return Path(tempfile.mkdtemp(prefix="rehearsal-"))
    folder = Path(keep).resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise LineError(f"--keep {textguard.clean(keep, 200)}: is not an empty folder; name a new one")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
