"""A project folder and a vault for tests of what is kept on disk."""

import json
import os
import socket
from pathlib import Path
from typing import Any, NamedTuple

from assembly_line import paths
from assembly_line.core.run import Event
from assembly_line.engine import store
from assembly_line.engine.store import Store
from assembly_line.storage.vault import Vault
from tests.support.walk import start_event

TASK = "TASK-008"
STATE = "docs/planning/.project-state.yaml"


class Place(NamedTuple):
    """A project and what this machine remembers of it."""

    root: Path
    data: Path

    @property
    def vault(self) -> Vault:
        return Vault(str(self.root), str(self.data))

    @property
    def journal(self) -> Path:
        return self.root / paths.journal(TASK)

    @property
    def mirror(self) -> Path:
        return Path(self.vault.mirror(TASK))

    @property
    def state(self) -> Path:
        return self.root / STATE

    @property
    def snapshot(self) -> Path:
        return Path(self.vault.folder) / f"{TASK}.run.json"

    def opened(self, task: str = TASK) -> Any:
        return store.opened(str(self.root), task, self.vault)

    def record(self, *events: Event, task: str = TASK) -> Store:
        """Record events and give the store as it was then."""
        with self.opened(task) as held:
            held.record(*events)
            return held

    def begin(self, task: str = TASK) -> Store:
        """A run at its first stage."""
        return self.record(start_event(task), Event("lease_taken", {"session": "s", "relay": ""}), task=task)


def make(folder: Path) -> Place:
    """An empty project and an empty data folder below a folder."""
    root, data = folder / "project", folder / "data"
    root.mkdir(parents=True)
    data.mkdir()
    return Place(root, data)


def held(**members: Any) -> dict[str, Any]:
    """The lease of a session whose client is alive."""
    host = socket.gethostname()
    return {"session": "s", "pid": os.getpid(), "started": "", "host": host, "taken_at": "", **members}


def paused() -> Event:
    return Event("paused", {"reason": "human", "message": "paused by a command in session s1"})


def created() -> Event:
    return Event("bundle_created", {"path": f".task_bundles/{TASK}"})


def ready() -> Event:
    return Event("agents_ready", {"agents": {}, "skipped": []})


def entry_of(place: Place, task: str = TASK) -> dict[str, Any]:
    """The task's entry of the state file, as any YAML parser reads it."""
    import yaml

    found: dict[str, Any] = yaml.safe_load(place.state.read_text("utf-8"))
    entry: dict[str, Any] = found["tasks"][task]
    return entry


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]
