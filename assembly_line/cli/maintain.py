"""The commands that maintain a project: rebuild, doctor, init."""

import json
import os
import sys

import click

from assembly_line import paths
from assembly_line.check.doctor import BAD, examine
from assembly_line.cli.common import refuse, root_option, say
from assembly_line.errors import LineError, reason
from assembly_line.project import config
from assembly_line.statefile import document
from assembly_line.statefile.rebuild import renew, state_files
from assembly_line.storage.vault import Vault
from assembly_line.system import disk, lock
from assembly_line.text import templates

SAMPLE = "TASK-001"


@click.command()
@root_option
@click.option("--state", metavar="FILE", default="", help="Only this state file in docs/planning.")
def rebuild(root: str, state: str) -> None:
    """Rewrite the entries of all tasks from their journals; the rest of the state file is left alone."""
    name = os.path.basename(state)
    if state and (not document.is_name(name) or os.path.dirname(state) not in ("", paths.PLANNING)):
        refuse(f"--state {state}: expected a state file in {paths.PLANNING}, such as .project-state.yaml", 2)
    try:
        with lock.hold(disk.inside(root, paths.LOCK)):
            files = [f"{paths.PLANNING}/{name}"] if state else state_files(root)
            for file in files:
                count, aside = renew(root, file, Vault(root))
                note = f"; the old file, which could not be read, is now {aside}" if aside else ""
                say(f"{file}: {count} task(s) written from their journals{note}")
            if not files:
                say("No task has been run in this project yet; there is nothing to rebuild.")
    except (LineError, OSError) as error:
        refuse(reason(error))


@click.command()
@root_option
@click.option("--json", "as_json", is_flag=True, help="Print the checks as a JSON list.")
@click.option("--client", metavar="FILE", default="", help="The client's program; `claude` on PATH by default.")
def doctor(root: str, as_json: bool, client: str) -> None:
    """Diagnose the setup and suggest fixes.

    Exit status: 0 no problem, 1 a problem that keeps runs from working or their records from being trusted.
    """
    checks = examine(root, client)
    if as_json:
        click.echo(json.dumps([item._asdict() for item in checks], indent=1))
    else:
        for item in checks:
            say(f"{item.level:<5} {item.name:<12} {item.said}")
    sys.exit(1 if any(item.level == BAD for item in checks) else 0)


@click.command()
@root_option
def init(root: str) -> None:
    """Write a commented assembly-line.yaml and a sample task; existing files are never touched."""
    folder = config.Config().task_folders[0]
    files = {config.FILE: templates.CONFIG, f"{folder}/{SAMPLE}.yaml": templates.SAMPLE_TASK.format(task=SAMPLE)}
    for relative, text in files.items():
        try:
            path = disk.inside(root, relative)
            if os.path.lexists(path):
                say(f"{relative}: exists, left unchanged")
                continue
            disk.write(path, text.encode())
        except (LineError, OSError) as error:
            refuse(reason(error))
        say(f"{relative}: written")
    say(f"Next: edit the task, start the client in this folder and type /task-run {SAMPLE}")
