"""A rehearsal for a person: runs a task on a copy of a project, shows each stage, and lists the files."""

import shutil
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assembly_line import paths
from assembly_line.core import machine
from assembly_line.core.run import Run
from assembly_line.errors import LineError
from assembly_line.rehearsal import show, stage
from assembly_line.rehearsal.plan import Gap, Plan, failing
from assembly_line.storage import follow
from assembly_line.text.log import HEADING
from assembly_line.text.messages import outcome
from assembly_line.untrusted import terminal

DATA = Path("home", "config", "plugins", "data", "assembly-line-inline")  # the plugin's data folder, under scratch
WIDTH = 120
EXITS = {machine.COMPLETED: 0, machine.FAILED: 1}
NEEDS_A_HUMAN = 3

Out = Callable[[str], None]


def demo(
    project: Path,
    task: str,
    plan: Plan,
    plugin: Path,
    binary: Path,
    scratch: Path,
    out: Out,
    venv: Path | None = None,
    width: int = WIDTH,
    colour: bool = False,
    seconds: float = 600.0,
) -> int:
    """Rehearse a task of a project under `scratch`, an empty or absent folder outside it, and show it.

    `venv` is a ready environment of the hooks to copy; without it the plugin builds one, as at its first command.
    The exit status is that of the task: 0 completed, 1 failed, 3 needs a human; LineError when nothing could run.
    """
    if scratch.resolve().is_relative_to(plugin.resolve()):  # the client lets no agent write in a plugin's folder
        raise LineError(f"rehearsal folder {scratch} is inside the plugin {plugin}; choose a folder outside it")
    if venv is not None and (venv / "requirements.txt").is_file():
        shutil.copytree(venv, scratch / DATA / "venv", symlinks=True)
    copied = scratch / "project"
    earlier = (paths.journal(task), paths.summary(task), paths.failure(task))  # a task that was run before starts over
    with shown(copied, task, out, width, colour):
        done = stage.rehearse(project, f"/task-run {task}", plugin, binary, scratch, plan, seconds, without=earlier)
    if done.faults:
        raise LineError(f"the rehearsal's script failed: {done.faults[0]}")
    status = report(copied, task, out, done.outcome.result or done.outcome.errors, width)
    out(f"  {'requests':<15} {scratch / 'requests.jsonl'}")
    return status


@contextmanager
def shown(project: Path, task: str, out: Out, width: int = WIDTH, colour: bool = False) -> Iterator[None]:
    """Show the new records of a task's journal while the block runs."""
    stop = threading.Event()
    headed: list[str] = []

    def line(text: str) -> None:
        if not headed:
            out(HEADING)
        headed.append(text)
        out(text)

    watcher = threading.Thread(target=show.follow, args=(project, task, line, stop, width, colour), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        stop.set()
        watcher.join(timeout=10)


def report(project: Path, task: str, out: Out, answer: str, width: int = WIDTH) -> int:
    """Print how the run of a task ended and where its files are, or the client's `answer` if there is no run.

    Returns the exit status of the task.
    """
    out("")
    if task not in follow.known(str(project)):
        answer = answer.strip() or f"{task}: the client ended without an answer, and nothing was run"
        for line in answer.split("\n"):
            out(terminal.clean(line, 2000))
        return NEEDS_A_HUMAN
    run = follow.peek(str(project), task)[0]
    for line in textwrap.wrap(outcome(run), width, break_long_words=False, break_on_hyphens=False):
        out(line)
    out("")
    for name, path in files(project, run):
        out(f"  {name:<15} {path}")
    return EXITS.get(run.stage, NEEDS_A_HUMAN)


def files(project: Path, run: Run) -> list[tuple[str, Path]]:
    """The existing files of a run, each with its name."""
    candidates = [
        ("state", run.state_file),
        ("journal", paths.journal(run.task)),
        ("summary", paths.summary(run.task)),
        ("failure report", paths.failure(run.task)),
        ("bundle", paths.bundle(run.task)),
    ]
    return [(name, project / relative) for name, relative in candidates if relative and (project / relative).exists()]


def course(verdict: str) -> Plan:
    """The plan for `pass`, `fail:N` (N iterations fail, then one passes) or `never`; else LineError."""
    word, _, number = verdict.partition(":")
    gap = Gap("AC-1", "the behavior is missing")
    if word == "fail" and number in (*"123456789", ""):
        return failing(int(number or "1"), gap)
    if verdict not in ("pass", "never"):
        raise LineError(f"verdict {terminal.clean(verdict, 40)}: expected pass, fail:N or never")
    return Plan(always=(gap,)) if verdict == "never" else Plan()
