"""Finds the live runs of a project for a session that drives none, and gives a session its own run back."""

from typing import NamedTuple

from assembly_line.client import lease
from assembly_line.core import machine, policy
from assembly_line.core.run import Event, Run
from assembly_line.engine import commands, drive
from assembly_line.engine.store import opened
from assembly_line.errors import LineError
from assembly_line.storage import follow
from assembly_line.storage.vault import Vault


class Live(NamedTuple):
    """A run that is neither over nor held."""

    run: Run
    is_driven: bool  # by a session whose client is alive
    released: str  # why its last session released it, when that is the last thing that happened


def live(root: str) -> list[Live]:
    """The live runs of a project, by task; one whose journal cannot be read is none."""
    vault, found = Vault(root), []
    for task in follow.known(root):
        last = follow.last(root, task)
        if last is None or last.stage not in machine.ACTIVE:
            continue
        try:
            run = follow.standing(root, task)[0]
        except LineError:
            continue
        saved = vault.lease(task)
        why = str(last.data.get("why", "")) if last.kind == "lease_released" else ""
        if run is not None and run.stage in machine.ACTIVE:
            found.append(Live(run, saved.get("session") == run.session and lease.alive(saved), why))
    return found


def take_back(root: str, session: str, transcript: str, call: str = "") -> bool:
    """Give a session the run that its marker was lost for, so that its hooks act again; whether there was one.

    `call`: the Agent call that the hooks see just now.
    """
    for task in [item.run.task for item in live(root) if session and item.run.session == session]:
        with opened(root, task, Vault(root)) as store:
            if store.run.session != session or store.run.stage not in machine.ACTIVE:
                continue
            drive.record_repairs(store)
            unseen = {key: agent for key, agent in commands.unseen(store).items() if key != call}
            again = policy.resume(store.run, session, True, unseen, store.run.settings)
            repaired = Event("repaired", {"what": "the session's marker was missing, so that its hooks did nothing"})
            holder = commands.Holder(session, store.run.relay, transcript)
            commands.take_lease(store, holder, repaired, *again)
        return True
    return False
