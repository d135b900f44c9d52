"""Tells after a judge's command whether it ran on the sources that are judged."""

from assembly_line.core import leftovers
from assembly_line.engine import changed
from assembly_line.engine.store import Store
from assembly_line.errors import LineError

_NAMED = 3  # files named in a reason


def since_command(store: Store, command: str) -> str:
    """Why a command that just ended is no evidence, or ""; what it leaves behind is no reason."""
    run = store.run
    if run.open is None or not run.open.tree:
        return ""
    try:
        now = changed.since_dispatch(store, [*(item.text for item in run.open.commands), command])
    except LineError as error:
        return str(error)
    if now.files:
        return f"{_some(now.files)} differed from what is judged when this command ended"
    touched = leftovers.steering(store.sources.touched(), run.settings.generated)
    loose = set(store.sources.untracked(touched, run.head if run.baseline else run.open.tree)) - set(run.wrote)
    written = tuple(path for path in touched if path not in loose)
    remedy = "(if it makes them anew each time, a person names them in assembly-line.yaml: generated)"
    return f"{_some(written)} was written and put back while this command ran {remedy}" if written else ""


def _some(paths: tuple[str, ...]) -> str:
    more = len(paths) - _NAMED
    return ", ".join(paths[:_NAMED]) + (f" and {more} more" if more > 0 else "")
