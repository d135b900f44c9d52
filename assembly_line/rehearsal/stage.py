"""A whole rehearsal: a scratch copy of the project, the scripted model, and one run of the client in it."""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from assembly_line.engine.provenance import REHEARSAL
from assembly_line.errors import LineError
from assembly_line.rehearsal import sandbox
from assembly_line.rehearsal.artefacts import survey
from assembly_line.rehearsal.cast import script
from assembly_line.rehearsal.plan import Plan
from assembly_line.rehearsal.sandbox import Outcome, Sandbox
from assembly_line.rehearsal.server import serve
from assembly_line.rehearsal.wire import Json

LEFT_OUT = frozenset({".git", ".venv", "venv", "node_modules", ".cache", "__pycache__", ".task_bundles"})
_AUTHOR = ("-c", "user.name=rehearsal", "-c", "user.email=rehearsal@localhost", "-c", "commit.gpgsign=false")


class Rehearsal(NamedTuple):
    """The result of a rehearsal: the client's outcome, the project, the requests, and errors of the script."""

    outcome: Outcome
    project: Path
    requests: list[Json]  # as recorded by the server
    faults: list[str]


def rehearse(
    project: Path,
    prompt: str,
    plugin: Path,
    binary: Path,
    scratch: Path,
    plan: Plan | None = None,
    seconds: float = 600.0,
    on_line: Callable[[Json], None] = lambda line: None,
    without: Sequence[str] = (),
) -> Rehearsal:
    """Run a prompt on a copy of the project under `scratch`; `on_line` gets each line of the client's stream.

    The files `without`, relative to the project's root, are not copied.
    """
    copied = copy(project, scratch / "project", without)
    commit(copied)
    with serve(script(plan or Plan(), survey(copied)), scratch / "requests.jsonl") as server:
        box = Sandbox(binary, scratch / "home", copied, server.url, (plugin.resolve(),), {REHEARSAL: "1"})
        outcome = sandbox.finish(box, sandbox.start(box, prompt), seconds, on_line)
        return Rehearsal(outcome, copied, list(server.requests), list(server.faults))


def copy(project: Path, target: Path, without: Sequence[str] = ()) -> Path:
    """Copy a project without history, environments, caches, links that lead out of it, and the named files."""
    root = project.resolve()
    excluded = {root / path for path in without}
    if target.resolve().is_relative_to(root):
        raise LineError(f"rehearsal copy {target} is inside the project {root}; choose a folder outside it")

    def unwanted(folder: str, names: list[str]) -> set[str]:
        paths = {name: Path(folder, name) for name in names}
        return {name for name in names if name in LEFT_OUT or paths[name] in excluded or _leads_out(paths[name], root)}

    shutil.copytree(root, target, symlinks=True, ignore=unwanted)
    return target


def commit(project: Path) -> None:
    """Make the folder a git repository with one commit, so that the run's changes can be counted."""
    if shutil.which("git") is None:
        return
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    for words in (("init", "-q"), ("add", "-A"), (*_AUTHOR, "commit", "-q", "--allow-empty", "-m", "Before")):
        subprocess.run(("git", *words), cwd=project, env=environment, check=True, capture_output=True, timeout=120)


def _leads_out(path: Path, root: Path) -> bool:
    if not path.is_symlink():
        return False
    target = os.readlink(path)
    return os.path.isabs(target) or not path.resolve().is_relative_to(root)
