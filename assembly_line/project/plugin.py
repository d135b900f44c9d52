"""The plugin that runs, as its files are: its version, and digests of its code and of the agents that a run uses."""

import functools
import hashlib
import os
from collections.abc import Iterable, Iterator

from assembly_line import __version__
from assembly_line.system import disk
from assembly_line.untrusted import inputs

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PREFIX = "assembly-line:"  # of the plugin's own agents, as the client names them
_PARTS = ("agents", "assembly_line", "commands", "hooks")  # what decides how a run goes
_SUFFIXES = (".py", ".md", ".json", ".yaml", "")
_AGENTS = ".claude/agents"  # a project's own
_MAX_BYTES = 1 << 20
VERSION = __version__


@functools.cache
def digest() -> str:
    """The digest of the plugin's code: of the names and the contents of its files, whatever their line ends."""
    whole = hashlib.sha256()
    for name in sorted(_files()):
        data = disk.read(os.path.join(ROOT, name)) or b""
        whole.update(f"{name.replace(os.sep, '/')}\0{_sha256(data)}\n".encode())
    return whole.hexdigest()


def agents(root: str, names: Iterable[str]) -> dict[str, str]:
    """The digest of each agent's file; "" for one that is neither the plugin's nor the project's."""
    return {name: _sha256(data) if (data := _agent(root, name)) is not None else "" for name in dict.fromkeys(names)}


def is_own(agent: str) -> bool:
    """Whether an agent is one of the plugin's."""
    return agent.startswith(PREFIX)


def project_file(agent: str) -> str:
    """The path of a project's own agent."""
    return f"{_AGENTS}/{agent}.md"


def _agent(root: str, name: str) -> bytes | None:
    parts = name.split(":")
    if any(part in ("", ".", "..") or os.sep in part or "/" in part for part in parts):
        return None
    if is_own(name):
        return disk.read(os.path.join(ROOT, "agents", *parts[1:]) + ".md")
    if len(parts) > 1:
        return None
    try:
        return inputs.read_bytes(disk.inside(root, project_file(name)), _MAX_BYTES)
    except Exception:  # not there, or nothing that can be read
        return None


def of_agent(data: bytes) -> str:
    """The digest of an agent's file with this content."""
    return _sha256(data)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()


def _files() -> Iterator[str]:
    for part in _PARTS:
        for folder, folders, names in os.walk(os.path.join(ROOT, part)):
            folders[:] = [name for name in folders if name != "__pycache__"]
            for name in names:
                if os.path.splitext(name)[1] in _SUFFIXES and not name.startswith("."):  # as systems and editors leave
                    yield os.path.relpath(os.path.join(folder, name), ROOT)
