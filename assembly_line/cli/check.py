"""scripts/check_state.py: the check of a project's records for a person or CI."""

import sys

import click

from assembly_line.check.history import UsageError
from assembly_line.check.project import check_project
from assembly_line.cli.common import HELP, refuse, root_option
from assembly_line.errors import LineError
from assembly_line.text import findings
from assembly_line.untrusted import inputs


@click.command(name="check_state.py", context_settings=HELP)
@root_option
@click.option(
    "--base", metavar="REF", default=None, help="A commit, such as origin/main, since which records may only grow."
)
@click.option("--format", "form", type=click.Choice(findings.FORMATS), default="text", help="The output format.")
@click.option("--strict", is_flag=True, help="Turn every note into a finding.")
@click.argument("tasks", nargs=-1, metavar="[TASK]...")
def command(root: str, base: str | None, form: str, strict: bool, tasks: tuple[str, ...]) -> None:
    """Check the state files, journals, summaries and process of all tasks, or of the named ones.

    Exit status: 0 sound, 1 findings, 2 usage. Nothing is written.
    """
    try:
        for task in tasks:
            inputs.check_id(task)
        result = check_project(root, base, tasks)
        if strict:
            result = result._replace(findings=(*result.findings, *result.notes), notes=())
    except (UsageError, LineError) as error:
        refuse(error, 2)
    click.echo(findings.render(result, form))
    sys.exit(1 if result.findings else 0)


def main() -> None:
    """Run the command."""
    command()
