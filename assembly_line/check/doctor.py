"""Looks at everything that a run needs: tools, environment, folders, lock, hooks, leases, journals."""

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from assembly_line import bootstrap, paths
from assembly_line.check.finding import Finding
from assembly_line.check.project import check_project
from assembly_line.client import lease
from assembly_line.client import program as clients
from assembly_line.core.machine import ACTIVE, HELD
from assembly_line.core.times import duration, seconds
from assembly_line.errors import LineError
from assembly_line.statefile import document
from assembly_line.storage import follow
from assembly_line.storage.vault import Vault
from assembly_line.system import clock, disk, lock

OK, NOTE, BAD = "ok", "note", "bad"
PLUGIN = Path(__file__).resolve().parents[2]


class Check(NamedTuple):
    """One thing that was looked at."""

    name: str
    level: str  # OK; NOTE to know; BAD: runs do not work, or records cannot be believed
    said: str


def examine(root: str, client: str = "") -> list[Check]:
    """All checks, in the order in which a person would mend what they find."""
    vault = Vault(root)
    looks = (_python, _git, lambda: _client(client), lambda: _environment(vault), lambda: _folders(root, vault))
    checks = [item for look in looks for item in look()]
    for part in (_lock, _runs, _records, _vault):
        try:
            checks += part(root, vault)
        except (LineError, OSError) as error:
            checks.append(Check("project", BAD, str(error)))
    return checks


def _python() -> Iterable[Check]:
    lacks = bootstrap.missing()
    yield Check("python", BAD if lacks else OK, lacks or f"{platform.python_version()}, {sys.executable}")


def _git() -> Iterable[Check]:
    try:
        done = subprocess.run(["git", "--version"], capture_output=True, text=True, timeout=20, check=False)
        shown = done.stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        shown = ""
    missing = "not found; changes are then not counted, and records cannot be checked against their history"
    yield Check("git", OK if shown else NOTE, shown or missing)


def _client(named: str) -> Iterable[Check]:
    path = named or os.environ.get(clients.VARIABLE) or shutil.which("claude")
    if not path:
        yield Check("client", BAD, f"claude is not on PATH; install {clients.PINNED} or newer, or use --client")
        return
    found = clients.version(Path(path))
    shown = ".".join(str(part) for part in found or ())
    wanted = tuple(int(part) for part in clients.PINNED.split("."))
    if found is None:
        yield Check("client", BAD, f"{path} does not answer --version; install {clients.PINNED} or newer")
    elif found < wanted:
        yield Check("client", BAD, f"{path} is {shown}; update it to {clients.PINNED} or newer")
    else:
        yield Check("client", OK, f"{shown}, {path}")


def _environment(vault: Vault) -> Iterable[Check]:
    wanted = disk.read(str(PLUGIN / "requirements.txt"))
    built = disk.read(os.path.join(vault.data, "venv", "requirements.txt"))
    if built is None:
        what = f"not built in {vault.data}; start a session with the plugin and access to a package registry"
        yield Check("environment", NOTE, what)
    elif built != wanted:
        yield Check("environment", NOTE, f"{vault.data} is of another release; the next session start builds it anew")
    else:
        yield Check("environment", OK, f"{vault.data}, as pinned")
    differing = sorted(_differing((wanted or b"").decode().splitlines()))
    if differing:
        yield Check("environment", NOTE, f"this Python has other versions than pinned: {', '.join(differing)}")


def _differing(lines: list[str]) -> Iterable[str]:
    for line in lines:
        name, found, pinned = line.partition("==")
        if found and (have := _installed(name)) and have != pinned.strip():
            yield f"{name} {have} instead of {pinned.strip()}"


def _installed(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _folders(root: str, vault: Vault) -> Iterable[Check]:
    wanted = [os.path.join(root, name) for name in (paths.PLANNING, paths.SUMMARIES, paths.BUNDLES)]
    shut = [path for path in (*wanted, vault.folder) if not os.access(_existing(path), os.W_OK | os.X_OK)]
    for path in shut:
        yield Check("folders", BAD, f"{path} cannot be written; correct its owner or permissions")
    if not shut:
        yield Check("folders", OK, f"writable: project and {vault.folder}")


def _existing(path: str) -> str:
    while not os.path.exists(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    return path


def _lock(root: str, vault: Vault) -> Iterable[Check]:
    path = disk.inside(root, paths.LOCK)
    shown = path if os.path.exists(path) else os.path.join(vault.folder, ".lock")
    with lock.hold(shown, 2.0):
        yield Check("lock", OK, f"{shown} can be taken")


def _runs(root: str, vault: Vault) -> Iterable[Check]:
    now = seconds(clock.utc_now())
    for task in follow.known(root):
        try:
            run, records = follow.peek(root, task)
        except LineError:
            continue  # the check of the records says it
        kept = vault.lease(task)
        if run.stage not in (*ACTIVE, *HELD):
            if kept:
                yield Check("lease", NOTE, f"{task} is {run.stage} and still leased; the next /task-run clears it")
            continue
        ago = duration(now - seconds(records[-1].ts)) if records else "never"
        yield Check("hooks", OK, f"{task}: {run.stage}, last event {ago} ago ({records[-1].kind})")
        if kept and lease.alive(kept):
            holder = f"session {kept['session']}, process {kept['pid']} on {kept['host']}"
            yield Check("lease", OK, f"{task}: {holder} is alive")
        elif kept:
            yield Check("lease", NOTE, f"{task}: session {kept['session']} is gone; /task-run {task} takes over")
        elif run.stage in ACTIVE:
            yield Check("lease", NOTE, f"{task}: no session drives it; /task-run {task} goes on")


def _records(root: str, _vault: Vault) -> Iterable[Check]:
    result = check_project(root)
    for item in result.findings:
        yield Check("records", BAD, _placed(item))
    for item in result.notes:
        yield Check("records", NOTE, _placed(item))
    if not result.findings:
        yield Check("records", OK, f"{result.journals} journal(s) and {result.states} state file(s) are sound")


def _placed(item: Finding) -> str:
    return f"{item.file}{f':{item.line}' if item.line else ''}: {item.message}"


def _vault(root: str, vault: Vault) -> Iterable[Check]:
    """What this machine wrote against what stands in the project."""
    same = 0
    for task in follow.known(root):
        kept = disk.read(vault.mirror(task))
        if kept is None:
            continue
        if (disk.read(disk.inside(root, paths.journal(task))) or b"").startswith(kept):
            same += 1
        else:
            what = f"is not what this machine wrote; /task-run {task} puts it back, the other version is kept aside"
            yield Check("vault", BAD, f"{paths.journal(task)} {what}")
    for relative in sorted(_shown_in(root)):
        kept_stamp = vault.stamp_of(document.relative_key(relative))
        if kept_stamp and kept_stamp != disk.stamp(os.path.join(root, relative)):
            yield Check("vault", NOTE, f"{relative} was written by something else since; the next run reads it whole")
    if same:
        yield Check("vault", OK, f"journals as this machine wrote them: {same}")
    else:
        what = "knows no journal of this project; a session with --plugin-dir uses another folder"
        yield Check("vault", NOTE, f"{vault.data} {what}")


def _shown_in(root: str) -> set[str]:
    found = set()
    for task in follow.known(root):
        try:
            found.add(follow.peek(root, task)[0].state_file)
        except LineError:
            continue
    return found
