"""One session of the real client against the scripted model on loopback, timed, with every request it sent."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from assembly_line.client import program
from assembly_line.rehearsal import conversation, sandbox, stage
from assembly_line.rehearsal.artefacts import Ground, survey
from assembly_line.rehearsal.demo import DATA
from assembly_line.rehearsal.sandbox import Sandbox
from assembly_line.rehearsal.server import Script, serve
from tests.support.delivery import ROOT

Json = dict[str, Any]


class Session(NamedTuple):
    """What one session of the client took, from the start of its process to its end."""

    seconds: float  # wall time: the client's start, all its requests and hooks, the agents' tools, and its exit
    requests: list[Json]  # that asked the model, main session and agents; `bytes` is the length of the body sent


def play(
    folder: Path,
    example: Path,
    plugins: tuple[Path, ...],
    environment: Path,
    prompt: str,
    acting: Callable[[Ground], Script],
) -> Session:
    """Run a prompt in a fresh copy of a project; RuntimeError when the script failed or the client ended badly."""
    project = stage.copy(example, folder / "project")
    stage.commit(project)
    data = folder / DATA
    data.mkdir(parents=True)
    for part in ("venv", "pycache"):
        (data / part).symlink_to(environment / part)
    with serve(acting(survey(project))) as server:
        box = Sandbox(program.find(ROOT / program.CACHE), folder / "home", project, server.url, plugins)
        since = time.perf_counter()
        outcome = sandbox.finish(box, sandbox.start(box, prompt), 600)
        took = time.perf_counter() - since
        if server.faults or outcome.code:
            raise RuntimeError(
                f"client ended with {outcome.code}: {server.faults} {outcome.errors[-500:]} {outcome.result}"
            )
        requests = [item for item in server.requests if str(item["path"]).startswith("/v1/messages?")]
    for item in requests:
        item["bytes"] = int(item["headers"].get("content-length", 0))
    return Session(took, requests)


def of(session: Session, who: str) -> list[Json]:
    """The requests of the relay, of `side`, or of a dispatch such as d-0003, in order."""
    return [item for item in session.requests if str(item["whose"]).split(" ")[0] == who]


def dispatches(session: Session) -> list[str]:
    """The dispatches that asked the model, in order."""
    names = [item["whose"].split(" ")[0] for item in session.requests]
    return list(dict.fromkeys(name for name in names if name.startswith("d-")))


def prompt(request: Json) -> str:
    """The engine's prompt in an agent's request."""
    found = conversation.brief(request["body"])
    return found.text if found else ""
