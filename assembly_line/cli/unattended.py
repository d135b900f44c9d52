"""Runs a task unattended: starts the client, restarts it after failures, and trusts only the journal."""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from assembly_line.client.lifeline import NOT_STARTED
from assembly_line.client.process import cut, stream, tied
from assembly_line.core import machine
from assembly_line.core.events import KINDS
from assembly_line.core.projection import status
from assembly_line.core.run import Run
from assembly_line.engine import salvage
from assembly_line.errors import LineError
from assembly_line.storage.follow import Follower, Step, standing
from assembly_line.text import elsewhere, messages
from assembly_line.untrusted import terminal

# Exit statuses.
COMPLETED, FAILED, NEEDS_HUMAN, INTERRUPTED = 0, 1, 3, 4
_BY_STAGE = {
    machine.COMPLETED: COMPLETED,
    machine.FAILED: FAILED,
    machine.ABORTED: NEEDS_HUMAN,
    machine.PAUSED: NEEDS_HUMAN,
    machine.STALLED: NEEDS_HUMAN,
}
_OPTIONS = {"--": "--answer"}  # by how /task-run has them, where that differs
_POLL = 0.5  # seconds between two reads of the journal
# A client sets these for its children; a client started here must not inherit them.
_NOT_INHERITED = (
    "CLAUDECODE",
    "CLAUDE_PID",
    "CLAUDE_CODE_SESSION_ID",
    "CLAUDE_CODE_ENTRYPOINT",
    "CLAUDE_CODE_CHILD_SESSION",
)

Show = Callable[[Step], None]


class Order(NamedTuple):
    """A task to run, and how."""

    root: str
    task: str
    client: str = "claude"
    options: tuple[str, ...] = ()  # passed to the client
    restart: bool = False  # options of /task-run, typed until the journal shows that they took effect
    state: str = ""  # "" for the default
    answer: str = ""
    attempts: int = 5  # starts of the client
    timeout: float = 7200.0  # seconds for one start
    wait: float = 10.0  # seconds before the second start, doubled before each later one


class Ended(NamedTuple):
    """How one start of the client ended; this says nothing about the task."""

    code: int | None  # None: it could not be started
    output: str  # its result text, or the end of its standard error
    timed_out: bool


class Outcome(NamedTuple):
    """The status of the task, by its journal."""

    exit: int
    task: str
    status: str
    iterations: int
    tier: str | None
    criteria: dict[str, int]
    attempts: int
    reason: str
    files: list[str]


def run_task(order: Order, show: Show = lambda step: None) -> Outcome:
    """Run the task until it ends or the attempts are used up; `show` gets each step that is not quiet."""
    follower = Follower(order.root, order.task)
    attempts, reason = 0, ""
    try:
        follower.fresh()
        run, count = standing(order.root, order.task)
        first = run or Run()
        if run is not None and run.stage == machine.COMPLETED and not _untaken(order, first, run):
            if files := salvage.missing_work(order.root, run):
                return _outcome(order, run, 0, "")._replace(exit=NEEDS_HUMAN, reason=elsewhere.not_here(run, files))
            return _outcome(order, run, 0, "already completed")
        while attempts < order.attempts:
            if attempts:
                time.sleep(order.wait * 2 ** (attempts - 1))
            attempts += 1
            before = count
            ended = _start(order, follower, show, _untaken(order, first, run or Run()))
            run, count = standing(order.root, order.task)
            reason, moved, untaken = _reason(ended), count > before, _untaken(order, first, run or Run())
            if run is not None and not untaken and _is_over(run) and (moved or not _client_failed(ended)):
                break
            if ended.code is None or (not moved and not _client_failed(ended)):
                return _outcome(order, run, attempts, reason, NEEDS_HUMAN, untaken)
    except LineError as error:
        return _outcome(order, None, attempts, str(error))
    except KeyboardInterrupt:  # the client was killed on the way up
        return _interrupted(order, first, attempts)
    return _outcome(order, run, attempts, reason, untaken=untaken)


def _untaken(order: Order, first: Run, run: Run) -> list[str]:
    """The words of the options that have not taken effect yet, by the run as it was at first and as it is now."""
    again = order.restart and run.number <= first.number
    state = order.state and (again or os.path.basename(order.state) != os.path.basename(run.state_file))
    heard = len(run.answers) > (len(first.answers) if run.number == first.number else 0)
    return [
        *(["--restart"] if again else []),
        *(["--state", order.state] if state else []),
        *(["--", order.answer] if order.answer and not heard else []),
    ]


def _interrupted(order: Order, first: Run, attempts: int) -> Outcome:
    try:
        run = standing(order.root, order.task)[0]
    except LineError:
        run = None
    untaken = _untaken(order, first, run or Run())
    return _outcome(order, run, attempts, "stopped by a signal", INTERRUPTED, untaken)


def _is_over(run: Run) -> bool:
    """Whether another start would change nothing; a run whose agents died of API errors can resume."""
    return run.stage in _BY_STAGE and not (run.stage == machine.FAILED and run.error.kind == "agent")


def _client_failed(ended: Ended) -> bool:
    """Whether the client failed, other than by refusing, so that another start may help."""
    return ended.timed_out or ended.code != 0


def _reason(ended: Ended) -> str:
    if ended.timed_out:
        return "the client timed out and was killed"
    if ended.code is not None and ended.code < 0:
        return f"the client was ended by signal {-ended.code}"
    return terminal.one_line(ended.output, 500) or f"the client ended with status {ended.code}"


def _start(order: Order, follower: Follower, show: Show, words: list[str]) -> Ended:
    """Run the client once, to its end or the time limit."""
    prompt = " ".join(("/assembly-line:task-run", order.task, *words))
    command = [order.client, "-p", prompt, "--output-format", "stream-json", "--verbose", *order.options]
    environment = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            tied(command),
            cwd=order.root,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=os.name != "nt",
        )
        results: list[dict[str, Any]] = []
        reader = threading.Thread(target=_collect_results, args=(process, results), daemon=True)
        reader.start()
        timed_out = _follow(process, order.timeout, follower, show)
        reader.join(timeout=10)
        if process.stdout is not None and not reader.is_alive():
            process.stdout.close()
        errors.seek(max(0, errors.seek(0, os.SEEK_END) - 2000))
        error_text = errors.read().decode("utf-8", "replace")
    result = str(results[-1].get("result") or "") if results else ""
    code = process.returncode or int(bool(results and results[-1].get("is_error")))
    return Ended(None if code == NOT_STARTED else code, result or error_text, timed_out)


def _collect_results(process: "subprocess.Popen[str]", results: list[dict[str, Any]]) -> None:
    """Drain the client's stream, so that the client never blocks on it; keep only the result lines."""
    results += [item for item in stream(process) if item.get("type") == "result"]


def _follow(process: "subprocess.Popen[str]", seconds: float, follower: Follower, show: Show) -> bool:
    """Show the journal while the client runs; True when the client and its children had to be killed."""
    until = time.monotonic() + seconds
    timed_out = False
    try:
        while process.poll() is None and not timed_out:
            _show_new(follower, show)
            try:
                process.wait(timeout=max(0.0, min(_POLL, until - time.monotonic())))
            except subprocess.TimeoutExpired:
                timed_out = time.monotonic() >= until
    finally:
        cut(process)
    _show_new(follower, show)
    return timed_out


def _show_new(follower: Follower, show: Show) -> None:
    for step in follower.fresh():
        if not KINDS[step.record.kind].quiet:
            show(step)


def _outcome(
    order: Order,
    run: Run | None,
    attempts: int,
    reason: str,
    exit_status: int | None = None,
    untaken: Sequence[str] = (),
) -> Outcome:
    if run is None:
        # Without a journal the run never started, and a human has to remove the cause.
        code = NEEDS_HUMAN if exit_status is None else exit_status
        return Outcome(code, order.task, "not started", 0, None, {"met": 0, "total": 0}, attempts, reason, [])
    code = _BY_STAGE.get(run.stage, INTERRUPTED if exit_status is None else exit_status)
    if untaken and run.stage in _BY_STAGE:  # how the run stands is how it stood before
        code, reason = INTERRUPTED, f"{_OPTIONS.get(untaken[0], untaken[0])} took no effect: {reason}"
    elif run.stage != machine.COMPLETED and run.error.message and run.stage in _BY_STAGE:
        reason = terminal.one_line(run.error.message, 500)
    files = [file for file in messages.files(run) if os.path.exists(os.path.join(order.root, file))]
    met = {"met": len(run.met), "total": len(run.criteria)}
    tier = run.tier if run.iteration else None
    reason = "" if code == COMPLETED and attempts else reason
    return Outcome(code, order.task, status(run), run.iteration, tier, met, attempts, reason, files)
