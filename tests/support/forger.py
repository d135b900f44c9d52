"""What an agent's shell command can do that speaks to the hooks as the client would.

    python -m tests.support.forger PROJECT WAY [apart]    plays the line to its end, in one of `WAYS`
    python -m tests.support.forger PROJECT EVENT [OUTPUT] writes `SCRIPT`, by which a shell becomes the hook of an event

It writes what the client's transcripts would show where it takes them to be, and begins with the end of the agent that
it is started by.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from assembly_line.core import machine
from assembly_line.core.run import Dispatch
from assembly_line.storage import vault
from tests.support import delivery
from tests.support.client import Client
from tests.support.delivery import Delivery, Said

MODES = {"PreToolUse": "agent", "UserPromptExpansion": "always"}  # of the launcher; `run` for all other events
FORGED = ".task_bundles/forged.txt"  # in the project: how many events were sent, and where the run stood then


def _spawned(event: Delivery) -> Said:
    return delivery.spawned(event)()


def _launched(event: Delivery) -> Said:
    return delivery.launched(event, MODES.get(event.event, "run"))()


def _called(event: Delivery) -> Said:
    """Let the launcher take the place of a shell, as the client does."""
    return delivery.started(event, ["/bin/sh", "-c", f'exec "$0" {delivery.SCRIPTS[event.event]} run', _LAUNCH])()


_LAUNCH = str(delivery.ROOT / "hooks" / "launch")
WAYS: dict[str, Callable[[Delivery], Said]] = {"python": _spawned, "launcher": _launched, "shell": _called}


SCRIPT = ".task_bundles/forged.sh"


class Forger(Client):
    """A client in miniature that speaks for the real one, and goes on whatever it is answered."""

    sent = 0

    def send(self, payload: dict[str, object]) -> Said:
        self.sent += 1
        said = self.way(self.delivery(payload))
        if said.directive:
            self.directive = said.directive
        return said


def forger(root: Path, way: Callable[[Delivery], Said]) -> Forger:
    """One who speaks for the client of the session that this process belongs to."""
    session = os.environ["CLAUDE_CODE_SESSION_ID"]
    data = Path(os.environ["CLAUDE_CONFIG_DIR"], "plugins", "data", "assembly-line-inline")
    vault.data_folder = lambda: str(data)
    found = Forger(root, data, session, task=next(root.glob("docs/planning/journal/*.jsonl")).stem, way=way)
    found.pid = int(os.environ["CLAUDE_PID"])
    found.agent_id, found.call_id = at_work(found).agent_id, at_work(found).call
    return found


def at_work(found: Forger) -> Dispatch:
    opened = found.state().open
    assert opened is not None
    return opened


def line(root: Path, way: str) -> str:
    """Play the rest of the line; how many events that took and the stage that the run is in."""
    found = forger(root, WAYS[way])
    found.command("abort", found.task)
    found.end(found.message())
    found.back()
    for _ in range(12):
        if found.state().stage in machine.TERMINAL or not found.directive.get("input"):
            break
        found.work()
    found.fire("Stop")
    return f"{found.sent} events; {found.state().stage}"


def script(root: Path, event: str, output: str = "") -> None:
    """Write the event of the agent at work, and the script by which a shell becomes its hook, with another output."""
    found = forger(root, _spawned)
    payload = found.ran("python3 -m unittest discover -s tests -q") if event == "PostToolUse" else found.stopped()
    delivered = found.delivery(payload)
    (root / f"{SCRIPT}.json").write_bytes(delivered.data)
    names = ("CLAUDE_PLUGIN_DATA", "CLAUDE_PLUGIN_ROOT", "CLAUDE_PROJECT_DIR")
    lines = [f"export {name}='{delivered.variables[name]}'" for name in names]
    lines.append(f"exec {_LAUNCH} {delivery.SCRIPTS[event]} run < {SCRIPT}.json {output}")
    (root / SCRIPT).write_text("\n".join(lines) + "\n", "utf-8")


def main(root: str, way: str, *more: str) -> None:
    """Play the line now, play it in a process that nobody waits for, or write the script of one event."""
    if way in delivery.SCRIPTS:
        script(Path(root), way, *more)
    elif "apart" in more:
        started = [sys.executable, "-m", "tests.support.forger", root, way]
        subprocess.run(["/bin/sh", "-c", 'setsid "$@" & exit 0', "sh", *started], check=True)
    else:
        Path(root, FORGED).write_text(line(Path(root), way) + "\n", "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
