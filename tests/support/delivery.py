"""The ways in which an event reaches its hook, and what the hook answers."""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import jsonschema  # noqa: F401 - here, so that no fork imports it again
import yaml  # noqa: F401 - the same

from assembly_line.hook import main

ROOT = Path(__file__).resolve().parents[2]
SESSION = "5e551011-0000-4000-8000-000000000001"
SCRIPTS = {event: re.sub(r"(?<=[a-z])(?=[A-Z])", "_", event).lower() for event in main.EVENTS}
_DIRECTIVE = re.compile(r"```directive\n(.*?)\n```")


class Said(NamedTuple):
    """How a hook ended; the status is negative when a signal ended it."""

    status: int
    out: str
    err: str
    seconds: float = 0.0

    @property
    def answer(self) -> dict[str, Any]:
        """The JSON that it answered; {} without any."""
        found: dict[str, Any] = json.loads(self.out) if self.out.strip() else {}
        return found

    @property
    def text(self) -> str:
        """Everything that the answer tells the model."""
        return said(self.answer)

    @property
    def decision(self) -> str:
        """allow, deny, block or "" for none."""
        return decision(self.answer)

    @property
    def directive(self) -> dict[str, Any]:
        """The newest directive in the answer; {} without any."""
        found = _DIRECTIVE.findall(self.text)
        return dict(json.loads(found[-1])) if found else {}

    def matter(self) -> dict[str, Any]:
        """What of the answer must not depend on how often it was given: decision, input and directive."""
        updated = self.answer.get("hookSpecificOutput", {}).get("updatedInput")
        return {"decision": self.decision, "input": updated, "directive": self.directive}


def said(answer: dict[str, Any]) -> str:
    """All that an answer tells the model."""
    inner = answer.get("hookSpecificOutput", {})
    parts = (answer.get("reason"), inner.get("additionalContext"), inner.get("permissionDecisionReason"))
    return "\n".join(part for part in parts if part)


def decision(answer: dict[str, Any]) -> str:
    """allow, deny, block or "" for none."""
    return str(answer.get("decision") or answer.get("hookSpecificOutput", {}).get("permissionDecision") or "")


class Delivery(NamedTuple):
    """One event on its way to its hook."""

    event: str
    data: bytes
    variables: dict[str, str]  # the whole environment
    cwd: str


def environment(root: Path, data: Path, session: str = SESSION, pid: int = 0) -> dict[str, str]:
    """What the client sets for a hook, on top of a clean environment."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(data),
        "CLAUDE_PLUGIN_DATA": str(data),
        "CLAUDE_PLUGIN_ROOT": str(ROOT),
        "CLAUDE_PROJECT_DIR": str(root),
        "CLAUDE_CODE_SESSION_ID": session,
        "CLAUDE_PID": str(pid or os.getpid()),
    }


def in_process(delivery: Delivery) -> Said:
    """Answer in this process; what a handler raises is raised."""
    with mock.patch.dict(os.environ, delivery.variables, clear=True):
        answer = main.handler(delivery.event)(json.loads(delivery.data))
    return Said(0, json.dumps(answer) if answer else "", "")


def spawned(delivery: Delivery, wrapper: Sequence[str] = ()) -> Callable[[], Said]:
    """Start the hook's script as a process; the function that waits for its end."""
    script = ROOT / "hooks" / f"{SCRIPTS[delivery.event]}.py"
    return started(delivery, [*wrapper, sys.executable, "-I", str(script)])


def launched(delivery: Delivery, mode: str, wrapper: Sequence[str] = ()) -> Callable[[], Said]:
    """Start the hook as the client does: a shell, the launcher, Python of the plugin's environment."""
    command = f'exec "{ROOT}/hooks/launch" {SCRIPTS[delivery.event]} {mode}'
    return started(delivery, [*wrapper, "/bin/sh", "-c", command])


def started(delivery: Delivery, words: Sequence[str]) -> Callable[[], Said]:
    """Start a command with the event in its pipe; the function that waits for its end."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    began = time.perf_counter()
    process = subprocess.Popen(words, env=delivery.variables, cwd=delivery.cwd, **pipes)
    assert process.stdin
    with contextlib.suppress(BrokenPipeError):  # it may have ended before it has read everything
        process.stdin.write(delivery.data)
        process.stdin.flush()

    def wait() -> Said:
        out, err = process.communicate(timeout=120)
        took = time.perf_counter() - began
        return Said(process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"), took)

    return wait


def fork(delivery: Delivery) -> Said:
    """Answer in a fork of this process."""
    return forked(delivery)()


def forked(delivery: Delivery, first: Callable[[], None] | None = None) -> Callable[[], Said]:
    """Begin an answer in a fork, which costs a tenth of a process; `first` runs in it before the hook."""
    places = [tempfile.TemporaryFile() for _ in range(3)]  # noqa: SIM115
    places[0].write(delivery.data)
    places[0].seek(0)
    began = time.perf_counter()
    with warnings.catch_warnings():  # the threads of a test runner hold nothing that a hook needs
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        _answer(delivery, [place.fileno() for place in places], first)

    def wait() -> Said:
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        took = time.perf_counter() - began
        told = []
        for place in places:
            place.seek(0)
            told.append(place.read().decode("utf-8", "replace"))
            place.close()
        return Said(status, told[1], told[2], took)

    return wait


def _answer(delivery: Delivery, places: list[int], first: Callable[[], None] | None) -> None:
    status = 70
    try:
        for number, place in enumerate(places):
            os.dup2(place, number)
        sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
        os.environ.clear()
        os.environ.update(delivery.variables)
        os.chdir(delivery.cwd)
        if first is not None:
            first()
        status = main.main(delivery.event)
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException as error:
        os.write(2, f"escaped: {type(error).__name__}: {error}".encode("utf-8", "replace"))
    finally:
        os._exit(status)
