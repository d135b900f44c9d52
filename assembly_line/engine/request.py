"""Parses the arguments of /task-run."""

import os
from typing import NamedTuple

from assembly_line import paths
from assembly_line.errors import LineError
from assembly_line.statefile import document
from assembly_line.text import messages
from assembly_line.untrusted import inputs, secrets, terminal

MAX_WORDS = 2000
NOTHING_ASKED = "no run of {task} waits for an answer; leave out -- and the words, or put them into the task's file"


class Request(NamedTuple):
    """The arguments of /task-run."""

    task: str
    restart: bool = False
    state: str = ""
    words: str = ""  # for the station that asked, or else is due
    together: bool = False  # although another run is at work here


def parse(arguments: str) -> Request:
    """The parsed arguments; LineError with the usage when they are invalid."""
    arguments, _, answer = f"{arguments} ".partition(" -- ")
    words = arguments.split()
    names = [word for word in words if not word.startswith("--")]
    restart = "--restart" in words
    state = ""
    if "--state" in words:
        following = words[words.index("--state") + 1 :]
        state = following[0] if following else ""
        names = [word for word in names if word != state]
        if not document.is_name(os.path.basename(state)) or os.path.dirname(state) not in ("", paths.PLANNING):
            raise LineError(messages.STATE_USAGE.format(given=terminal.clean(state, 80) or "nothing"))
    unknown = [word for word in words if word.startswith("--") and word not in ("--restart", "--state", "--together")]
    if unknown or len(names) != 1:
        fault = f"unknown option {terminal.clean(unknown[0], 40)}" if unknown else "expected one task id"
        raise LineError(f"{fault}; {messages.RUN_USAGE}")
    inputs.check_id(names[0])
    answer = secrets.redact(answer.strip())
    if len(answer) > MAX_WORDS:
        raise LineError(f"the words after -- are over {MAX_WORDS} characters; write them into a file and name it")
    state_file = f"{paths.PLANNING}/{os.path.basename(state)}" if state else ""
    return Request(names[0], restart, state_file, answer, "--together" in words)
