"""One session of the real client against the scripted model on loopback, timed, with every request it sent."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from assembly_line.rehearsal import client, conversation, sandbox, stage
from assembly_line.rehearsal.artefacts import Ground, survey
from assembly_line.rehearsal.demo import DATA
from assembly_line.rehearsal.sandbox import Sandbox
from assembly_line.rehearsal.server import Script, serve

Json = dict[str, Any]
CACHE = Path(__file__).resolve().parents[1] / client.CACHE


class Session(NamedTuple):
    """A session of the client that ended."""

    seconds: float  # of the client's process
    requests: list[Json]  # to the messages endpoint, as the server recorded them, each with `bytes` of its body
    text: str  # the client's last word
    project: Path


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
        box = Sandbox(client.find(CACHE), folder / "home", project, server.url, plugins)
        since = time.perf_counter()
        outcome = sandbox.finish(box, sandbox.start(box, prompt), 600)
        took = time.perf_counter() - since
        if server.faults or outcome.code:
            raise RuntimeError(f"client ended with {outcome.code}: {server.faults} {outcome.errors[-500:]} {outcome.result}")
        requests = [item for item in server.requests if str(item["path"]).startswith("/v1/messages?")]
    for item in requests:
        item["bytes"] = int(item["headers"].get("content-length", 0))
    return Session(took, requests, outcome.result, project)


def of(session: Session, who: str) -> list[Json]:
    """The requests of the relay, of `side`, or of a dispatch such as d-0003, in order."""
    return [item for item in session.requests if str(item["whose"]).split(" ")[0] == who]


def dispatches(session: Session) -> list[str]:
    """The dispatches that asked the model, in order."""
    return list(dict.fromkeys(name for item in session.requests if (name := item["whose"].split(" ")[0]).startswith("d-")))


def prompt(request: Json) -> str:
    """The engine's prompt in an agent's request."""
    found = conversation.brief(request["body"])
    return found.text if found else ""
