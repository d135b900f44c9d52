"""bin/assembly-line: the group of commands."""

import click

from assembly_line import __version__
from assembly_line.cli import maintain, plan, reading, rehearse
from assembly_line.cli.common import HELP


@click.group(context_settings=HELP)
@click.version_option(__version__, prog_name="assembly-line")
def main() -> None:
    """Inspect and maintain a project's tasks; runs are started in the client with /task-run."""


for _command in (
    reading.status,
    reading.log,
    reading.report,
    plan.plan,
    maintain.rebuild,
    maintain.doctor,
    maintain.init,
    rehearse.rehearse,
):
    main.add_command(_command)
