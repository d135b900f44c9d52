"""scripts/run_task.py: runs a task unattended, in CI or overnight."""

import json
import shutil
import signal
import sys

import click

from assembly_line.cli import unattended
from assembly_line.cli.common import HELP, refuse, root_option, say
from assembly_line.cli.unattended import Order
from assembly_line.errors import LineError
from assembly_line.text import log
from assembly_line.untrusted import inputs


@click.command(name="run_task.py", context_settings=HELP)
@root_option
@click.option("--client", metavar="FILE", default="claude", show_default=True, help="The client's program.")
@click.option("--model", default="", help="The model of the main session; stations use the model of their tier.")
@click.option("--max-budget-usd", type=float, help="Passed to the client: the most that one start may cost.")
@click.option("--permission-mode", default="acceptEdits", show_default=True, help="Passed to the client.")
@click.option(
    "--allowed-tools",
    default="Bash,Write,Edit",
    show_default=True,
    help="Passed to the client: tools that need no approval. Stations run tests, so without Bash few tasks pass.",
)
@click.option("--timeout", default=7200.0, show_default=True, help="Seconds for one start of the client.")
@click.option("--attempts", default=5, show_default=True, type=click.IntRange(1, 100), help="Maximum number of starts.")
@click.option("--wait", default=10.0, show_default=True, help="Seconds before the second start; doubled after that.")
@click.option("--restart", is_flag=True, help="Start the task over, as /task-run --restart does.")
@click.option("--state", metavar="FILE", default="", help="The state file, as for /task-run --state.")
@click.option("--answer", metavar="WORDS", default="", help="For the station that asked, as /task-run TASK -- WORDS.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one line of JSON.")
@click.option(
    "--plugin-dir", type=click.Path(exists=True, file_okay=False), multiple=True, help="Passed to the client."
)
@click.argument("task")
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="[-- CLIENT OPTIONS]")
def command(root: str, client: str, task: str, as_json: bool, options: tuple[str, ...], **chosen: object) -> None:
    """Run TASK unattended in the client, with your own client configuration.

    The client is started again when it ends early, fails or hangs; the run then resumes where it stopped.
    It ends with this command, however that ends.

    Exit status, by the task's journal and not by what the client says: 0 completed, 1 failed, 2 usage,
    3 needs a human (stalled, paused, aborted, refused), 4 interrupted (still in progress when this gave up,
    or --restart, --state or --answer took no effect).
    """
    try:
        inputs.check_id(task)
    except LineError as error:
        refuse(error, 2)
    program = shutil.which(client)
    if program is None:
        refuse(f"{client} is not on PATH; install the client, or name it with --client", 2)
    order = Order(
        root,
        task,
        program,
        (*_client_options(chosen), *options),
        bool(chosen["restart"]),
        str(chosen["state"]),
        " ".join(str(chosen["answer"]).split()),
        int(str(chosen["attempts"])),
        float(str(chosen["timeout"])),
        float(str(chosen["wait"])),
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a cancelled job ends the client too
    outcome = unattended.run_task(order, lambda step: say(log.format_row(log.row_of(*step)), error=True))
    click.echo(json.dumps(outcome._asdict())) if as_json else say(log.outcome(outcome._asdict()))
    sys.exit(outcome.exit)


def _client_options(chosen: dict[str, object]) -> list[str]:
    names = {
        "model": "--model",
        "max_budget_usd": "--max-budget-usd",
        "permission_mode": "--permission-mode",
        "allowed_tools": "--allowedTools",
    }
    words = [word for name, option in names.items() if chosen[name] for word in (option, str(chosen[name]))]
    folders = chosen["plugin_dir"] if isinstance(chosen["plugin_dir"], tuple) else ()
    return words + [word for folder in folders for word in ("--plugin-dir", folder)]


def main() -> None:
    """Run the command."""
    command()
