"""Demonstrates a run on a copy of examples/, with the rehearsal's model or your own account; see `--help`."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import click

from assembly_line.cli.common import colours
from assembly_line.client import program
from assembly_line.errors import LineError
from assembly_line.rehearsal import demo, stage
from assembly_line.text.log import MAX_WIDTH


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--task", default="TASK-008", show_default=True, help="The task to run.")
@click.option("--verdict", default="pass", show_default=True, help="Rehearsal only: pass, fail:N or never.")
@click.option("--project", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Instead of examples/.")
@click.option("--model", type=click.Choice(["rehearsal", "real"]), default="rehearsal", show_default=True)
def main(task: str, verdict: str, project: Path | None, model: str) -> None:
    """Run a task in the real client and show each stage as it happens.

    With the rehearsal's model the project is copied, and neither key nor network is needed. With `--model real`
    your own client and account work in the project that you name, or in a copy of examples/.
    """
    width = min(shutil.get_terminal_size((demo.WIDTH, 24)).columns, MAX_WIDTH)
    scratch = Path(tempfile.mkdtemp(prefix="assembly-line-"))
    try:
        if model == "real":
            status = _real(project or _example(scratch), task, width)
        else:
            plan, binary = demo.course(verdict), program.find(ROOT / program.CACHE)
            source, venv = project or ROOT / "examples", ROOT / ".cache" / "plugin-data" / "venv"
            colour = colours(sys.stdout)
            status = demo.demo(source, task, plan, ROOT, binary, scratch, click.echo, venv, width, colour)
    except LineError as error:
        raise click.ClickException(str(error)) from error
    sys.exit(status)


def _example(scratch: Path) -> Path:
    copied = stage.copy(ROOT / "examples", scratch / "project")
    stage.commit(copied)
    return copied


def _real(project: Path, task: str, width: int) -> int:
    """Run the task in the project itself, with the user's own client, configuration and account."""
    words = [
        sys.executable,
        str(ROOT / "scripts" / "run_task.py"),
        "--root",
        str(project),
        "--plugin-dir",
        str(ROOT),
        task,
    ]
    with demo.shown(project, task, click.echo, width, colours(sys.stdout)):
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return demo.report(project, task, click.echo, done.stdout or done.stderr, width)


if __name__ == "__main__":
    main()
