"""The rehearse command: a task in the real client against the scripted model."""

import shutil
import sys
import tempfile
from pathlib import Path

import click

from assembly_line.check import doctor
from assembly_line.cli.common import colours, refuse, root_option, say
from assembly_line.client import program as clients
from assembly_line.errors import LineError
from assembly_line.rehearsal import demo
from assembly_line.storage.vault import data_folder
from assembly_line.text.log import MAX_WIDTH
from assembly_line.untrusted import inputs, terminal


@click.command()
@root_option
@click.option("--client", metavar="FILE", default="", help="The client's program; `claude` on PATH by default.")
@click.option("--keep", metavar="DIR", default="", help="An empty folder for the copy; a temporary one by default.")
@click.option("--verdict", default="pass", show_default=True, help="The validator's verdicts: pass, fail:N or never.")
@click.option("--timeout", default=600.0, show_default=True, help="Seconds after which the client is killed.")
@click.argument("task")
def rehearse(root: str, client: str, keep: str, verdict: str, timeout: float, task: str) -> None:
    """Run TASK on a copy of the project with the real client and a scripted model on 127.0.0.1: no key, no cost.

    Exit status: that of the rehearsed task: 0 completed, 1 failed, 3 needs a human; 2 usage.
    """
    try:
        inputs.check_id(task)
        plan = demo.course(verdict)
        binary = Path(client).resolve() if client else clients.find(doctor.PLUGIN / clients.CACHE, fetch=False)
        scratch = _scratch(keep)
    except LineError as error:
        refuse(error, 2)
    width = min(shutil.get_terminal_size((demo.WIDTH, 24)).columns, MAX_WIDTH)
    colour, venv = colours(sys.stdout), Path(data_folder(), "venv")
    out = click.echo if colour else say
    try:
        sys.exit(demo.demo(Path(root), task, plan, doctor.PLUGIN, binary, scratch, out, venv, width, colour, timeout))
    except (LineError, OSError) as error:
        refuse(error, 3)


def _scratch(keep: str) -> Path:
    if not keep:
        return Path(tempfile.mkdtemp(prefix="rehearsal-"))
    folder = Path(keep).resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise LineError(f"--keep {terminal.clean(keep, 200)}: not an empty folder; name a new one")
    return folder
