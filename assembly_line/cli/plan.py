"""The plan command: what /task-run would do with a task, before it is run."""

import click

from assembly_line.cli.common import refuse, root_option, say
from assembly_line.errors import LineError
from assembly_line.intake import lookup, reader
from assembly_line.project import config, workflow
from assembly_line.text import plan as text
from assembly_line.untrusted import inputs


@click.command()
@root_option
@click.argument("task")
def plan(root: str, task: str) -> None:
    """Show what /task-run would do with TASK: its stations in order, their agents and models, and the limits."""
    try:
        inputs.check_id(task)
        options = config.load(root)
        blueprint = reader.read(root, lookup.find(root, task, options.task_folders), task)
        name, stations, skipped = workflow.resolve(blueprint, options)
    except LineError as error:
        refuse(error)
    say(text.render(blueprint, name, stations, skipped, options.settings))
