"""Whole runs for tests of the command line, by a client in this process."""

from pathlib import Path

from tests.support.client import Client
from tests.support.project import define, repository
from tests.support.reports import verdict


def project(folder: Path) -> Client:
    """A client in a git repository with one commit, with a plugin data folder of its own."""
    root = folder / "project"
    root.mkdir(parents=True)
    (root / "README.md").write_text("A project.\n", encoding="utf-8")
    repository(root)
    return Client(root, folder / "data", "session-1")


def drive(client: Client, task: str, failing: int = 0, stations: int = 99) -> None:
    """Run a task: FAIL `failing` times, then PASS; stop after so many stations."""
    define(client.root, task, "python-generic")
    client.run(task)
    for _ in range(stations):
        if client.directive["action"] != "dispatch":
            break
        fails = client.directive["stage"] == "validation" and client.directive["iteration"] <= failing
        client.work(verdict({"AC-2": ""}) if fails else None)
    client.fire("Stop")
