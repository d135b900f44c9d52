"""Sessions beside the one of the fixture: a later one, and one whose client is gone."""

import subprocess

from tests.support.client import Client

SECOND = "5e551011-0000-4000-8000-000000000002"


def dead() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def leave(client: Client, stage: str) -> None:
    """Take a run to a stage and end its client: where it is held or over tidily, else with a signal."""
    client.pid = dead()
    client.run()
    client.until("implementation" if stage == "paused" else stage)
    if stage == "paused":
        client.command("pause")
    if stage in ("completed", "paused"):
        client.fire("Stop", stop_hook_active=False)


def later(client: Client) -> Client:
    """Another session of the same machine."""
    return Client(client.root, client.data, SECOND)
