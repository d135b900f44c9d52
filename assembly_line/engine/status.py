"""The answer of /task-status: the status of every task in the project, or one task in detail."""

from assembly_line.core.run import Run
from assembly_line.errors import LineError
from assembly_line.storage import follow
from assembly_line.text import status
from assembly_line.text.messages import no_run
from assembly_line.untrusted import inputs


def answer(root: str, arguments: str = "") -> str:
    """The text for no argument (all tasks) or one id; LineError when that task has no run."""
    words = arguments.split()
    tasks = follow.known(root)
    if not words:
        return status.overview({task: _run(root, task) for task in tasks})
    inputs.check_id(words[0])
    if words[0] not in tasks:
        raise LineError(no_run(words[0]))
    return status.detail(follow.peek(root, words[0])[0])


def _run(root: str, task: str) -> Run | LineError:
    try:
        return follow.peek(root, task)[0]
    except LineError as error:
        return error
