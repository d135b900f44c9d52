"""Diagnoses what a run needs: tools, environment, folders, lock, hooks, leases, journals."""

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
from assembly_line.core import times
from assembly_line.core.machine import ACTIVE, HELD
from assembly_line.errors import LineError
from assembly_line.project import plugin
from assembly_line.sources import line_ends
from assembly_line.statefile import document
from assembly_line.storage import attributes, follow
from assembly_line.storage.vault import Vault
from assembly_line.system import clock, disk, lock

OK, NOTE, BAD = "ok", "note", "bad"
PLUGIN = Path(__file__).resolve().parents[2]


class Check(NamedTuple):
    """The result of one check."""

    name: str
    level: str  # OK; NOTE: worth knowing; BAD: runs do not work, or records cannot be trusted
    said: str


def examine(root: str, client: str = "") -> list[Check]:
    """All checks, in the order in which a person would fix what they find."""
    vault = Vault(root)
    checks = [*_plugin(), *_python(), *_git(), *_client(client), *_environment(vault), *_folders(root, vault)]
    for part in (_attributes, _lock, _runs, _records, _vault):
        try:
            checks += part(root, vault)
        except (LineError, OSError) as error:
            checks.append(Check("project", BAD, str(error)))
    return checks


def _plugin() -> Iterable[Check]:
    yield Check("plugin", OK, f"{plugin.VERSION}, {plugin.digest()}")


def _python() -> Iterable[Check]:
    missing = bootstrap.missing()
    yield Check("python", BAD if missing else OK, missing or f"{platform.python_version()}, {sys.executable}")


def _git() -> Iterable[Check]:
    try:
        done = subprocess.run(["git", "--version"], capture_output=True, text=True, timeout=20, check=False)
        version = done.stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        version = ""
    missing = "not found; changes will not be counted, and records cannot be checked against their history"
    yield Check("git", OK if version else NOTE, version or missing)


def _client(program: str) -> Iterable[Check]:
    path = program or os.environ.get(clients.VARIABLE) or shutil.which("claude")
    if not path:
        yield Check("client", BAD, f"claude is not on PATH; install {clients.PINNED} or newer, or use --client")
        return
    version = clients.version(Path(path))
    shown = ".".join(str(part) for part in version or ())
    pinned = tuple(int(part) for part in clients.PINNED.split("."))
    if version is None:
        yield Check("client", BAD, f"{path} does not answer --version; install {clients.PINNED} or newer")
    elif version < pinned:
        yield Check("client", BAD, f"{path} is {shown}; update it to {clients.PINNED} or newer")
    else:
        yield Check("client", OK, f"{shown}, {path}")


def _environment(vault: Vault) -> Iterable[Check]:
    pinned = disk.read(str(PLUGIN / "requirements.txt"))
    built = disk.read(os.path.join(vault.data, "venv", "requirements.txt"))
    if built is None:
        what = f"not built in {vault.data}; the first /task-run does it, with access to a package registry"
        yield Check("environment", NOTE, what)
    elif built != pinned:
        what = f"{vault.data} belongs to another release; the next /task-run rebuilds it"
        yield Check("environment", NOTE, what)
    else:
        yield Check("environment", OK, f"{vault.data}, as pinned")
    differing = sorted(_differing((pinned or b"").decode().splitlines()))
    if differing:
        yield Check("environment", NOTE, f"this Python's packages differ from the pinned ones: {', '.join(differing)}")


def _differing(lines: list[str]) -> Iterable[str]:
    for line in lines:
        name, separator, pinned = line.partition(" ")[0].partition("==")
        if separator and (version := _installed(name)) and version != pinned:
            yield f"{name} {version} instead of {pinned}"


def _installed(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _folders(root: str, vault: Vault) -> Iterable[Check]:
    folders = [os.path.join(root, name) for name in (paths.PLANNING, paths.SUMMARIES, paths.BUNDLES)]
    read_only = [path for path in (*folders, vault.folder) if not os.access(_nearest_existing(path), os.W_OK | os.X_OK)]
    for path in read_only:
        yield Check("folders", BAD, f"{path} is not writable; fix its owner or permissions")
    if not read_only:
        yield Check("folders", OK, f"writable: project and {vault.folder}")


def _nearest_existing(path: str) -> str:
    while not os.path.exists(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    return path


def _attributes(root: str, _vault: Vault) -> Iterable[Check]:
    if line_ends.changes_bytes(root):
        yield Check("attributes", BAD, f"git changes the line ends of records here; {attributes.REMEDY}")
    elif line_ends.is_missing(root):
        yield Check("attributes", NOTE, f"git may change the line ends of records elsewhere; {attributes.REMEDY}")


def _lock(root: str, vault: Vault) -> Iterable[Check]:
    path = disk.inside(root, paths.LOCK)
    if not os.path.exists(path):
        path = os.path.join(vault.folder, ".lock")
    with lock.hold(path, 2.0):
        yield Check("lock", OK, f"{path} can be taken")


def _runs(root: str, vault: Vault) -> Iterable[Check]:
    now = times.seconds(clock.utc_now())
    for task in follow.known(root):
        try:
            run, records = follow.peek(root, task)
        except LineError:
            continue  # the check of the records reports it
        claim = vault.lease(task)
        if run.stage not in (*ACTIVE, *HELD):
            if claim:
                yield Check("lease", NOTE, f"{task} is {run.stage} and still leased; the next /task-run clears it")
            continue
        ago = times.duration(now - times.seconds(records[-1].ts))
        yield Check("hooks", OK, f"{task}: {run.stage}, last event {ago} ago ({records[-1].kind})")
        if claim and lease.alive(claim):
            holder = f"session {claim['session']}, process {claim['pid']} on {claim['host']}"
            yield Check("lease", OK, f"{task}: {holder} is alive")
        elif claim:
            yield Check("lease", NOTE, f"{task}: session {claim['session']} is gone; /task-run {task} takes over")
        elif run.stage in ACTIVE:
            yield Check("lease", NOTE, f"{task}: no session drives it; /task-run {task} resumes it")


def _records(root: str, _vault: Vault) -> Iterable[Check]:
    result = check_project(root)
    for item in result.findings:
        yield Check("records", BAD, _located(item))
    for item in result.notes:
        yield Check("records", NOTE, _located(item))
    if not result.findings:
        yield Check("records", OK, f"{result.journals} journal(s) and {result.states} state file(s) are sound")


def _located(item: Finding) -> str:
    return f"{item.file}{f':{item.line}' if item.line else ''}: {item.message}"


def _vault(root: str, vault: Vault) -> Iterable[Check]:
    """Compares what this machine wrote with what is in the project."""
    matching = 0
    for task in follow.known(root):
        mirror = disk.read(vault.mirror(task))
        if mirror is None:
            continue
        if (disk.read(disk.inside(root, paths.journal(task))) or b"").startswith(mirror):
            matching += 1
        else:
            what = f"differs from what this machine wrote; /task-run {task} restores it and keeps the other version"
            yield Check("vault", BAD, f"{paths.journal(task)} {what}")
    for relative in sorted(_state_files(root)):
        stamp = vault.stamp_of(document.relative_key(relative))
        if stamp and stamp != disk.stamp(os.path.join(root, relative)):
            yield Check("vault", NOTE, f"{relative} was changed by something else; the next run rereads all of it")
    if matching:
        yield Check("vault", OK, f"journals as this machine wrote them: {matching}")
    else:
        what = "has no journal of this project; a session with --plugin-dir uses another folder"
        yield Check("vault", NOTE, f"{vault.data} {what}")


def _state_files(root: str) -> set[str]:
    files = set()
    for task in follow.known(root):
        try:
            files.add(follow.peek(root, task)[0].state_file)
        except LineError:
            continue
    return files
