"""The bundle: the folder in which a task's agents find their context and leave their reports."""

import os
from typing import Any

from assembly_line import paths
from assembly_line.core import kinds, machine
from assembly_line.core.run import Run, Station
from assembly_line.system import disk
from assembly_line.system.clock import utc_now
from assembly_line.yamlio import writer

STATUS = "bundle_status.yaml"
_UPDATED = "updated_at: "
# The files that the bundler must write.
CONTEXT = ("bundle_architecture.md", "bundle_security.md", "bundle_code_context.md", "bundle_dependencies.md")


def blueprint_copy(run: Run) -> str:
    """The path of the blueprint's copy in the bundle, from the project's root."""
    return f"{paths.bundle(run.task)}/task_blueprint{os.path.splitext(run.blueprint)[1]}"


def create(root: str, run: Run) -> None:
    """Create the bundle atomically; an older one is set aside, never mixed in."""
    # A link in the bundle's place is set aside like anything else.
    final = os.path.join(disk.inside(root, paths.BUNDLES), run.task)
    temporary = disk.inside(root, f"{paths.BUNDLES}/.{run.task}.new")
    disk.remove_tree(temporary)
    os.makedirs(os.path.join(temporary, "reports"))
    data = disk.read(disk.inside(root, run.blueprint)) or b""
    disk.write(os.path.join(temporary, os.path.basename(blueprint_copy(run))), data)
    disk.write(os.path.join(temporary, STATUS), _status(run), durable=False)
    if os.path.isdir(final) and not os.path.islink(final) and _is_from(final, run):
        remove(root, run.task)  # created by a writer that died before recording it
    elif os.path.lexists(final):
        os.rename(final, f"{final}.before-run-{run.number}-{os.urandom(3).hex()}")
    os.rename(temporary, final)


def status(run: Run) -> tuple[str, bytes]:
    """The bundle's status file: its path from the project's root and its content."""
    return f"{paths.bundle(run.task)}/{STATUS}", _status(run)


def owed(task: str, station: Station) -> tuple[str, ...]:
    """The files that a station must write for later agents, from the project's root."""
    folder = paths.bundle(task)
    if station.kind == kinds.BUNDLING:
        return tuple(f"{folder}/{name}" for name in CONTEXT)
    if station.kind == kinds.DESIGN:
        return (f"{folder}/design/{station.role.removesuffix('-designer')}.md",)
    return ()


def context(run: Run) -> tuple[str, ...]:
    """The files that a run's agents work from, from the project's root; () before there is a bundle."""
    if run.stage in (machine.NEW, machine.BUNDLE_CREATION):
        return ()
    written = [f"{paths.bundle(run.task)}/{name}" for name in (CONTEXT if run.bundled else ())]
    return (blueprint_copy(run), *written)


def changes_path(task: str) -> str:
    """The path of the difference that this task made so far, for reviewers and judges."""
    return f"{paths.bundle(task)}/changes.diff"


def log_path(task: str) -> str:
    """The path of the run's log, rendered for the compliance judge."""
    return f"{paths.bundle(task)}/log.txt"


def records(run: Run) -> tuple[str, ...]:
    """The files of which the compliance judge must have read one."""
    return log_path(run.task), paths.journal(run.task)


def report(run: Run, dispatch: str, station: str, key: str, body: dict[str, Any]) -> tuple[str, bytes]:
    """A report as later agents find it: its path from the project's root and its content."""
    return report_path(run.task, dispatch, station), writer.dump({key: body}).encode()


def report_path(task: str, dispatch: str, station: str) -> str:
    """The path of a dispatch's report, from the project's root."""
    return f"{paths.bundle(task)}/reports/{dispatch}-{station}.yaml"


def remove(root: str, task: str) -> None:
    """Remove the bundle; to readers it disappears in one step."""
    folder, gone = disk.inside(root, paths.bundle(task)), disk.inside(root, f"{paths.BUNDLES}/.{task}.gone")
    disk.remove_tree(gone)
    if os.path.isdir(folder):
        os.rename(folder, gone)
        disk.remove_tree(gone)


def _is_from(folder: str, run: Run) -> bool:
    """Whether this very run created a bundle."""
    lines = (disk.read(os.path.join(folder, STATUS)) or b"").decode("utf-8", "replace").split("\n")
    updated = next((line[len(_UPDATED) :].strip('"') for line in lines if line.startswith(_UPDATED)), "")
    is_time = bool(updated) and not updated.strip("0123456789T:.Z-")
    return f"run: {run.number}" in lines and is_time and updated >= run.started_at


def is_filled(path: str) -> bool:
    """Whether the path is a plain file that is not empty."""
    return os.path.isfile(path) and not os.path.islink(path) and os.path.getsize(path) > 0


def _status(run: Run) -> bytes:
    body = {
        "task": run.task,
        "run": run.number,
        "stage": run.stage,
        "iteration": run.iteration,
        "workflow": run.workflow,
        "blueprint": run.blueprint,
        "blueprint_sha256": run.blueprint_sha,
        "bundled": run.bundled,
        "updated_at": utc_now(),
    }
    return writer.dump(body).encode()
