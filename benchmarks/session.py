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

Json = dict[str, Any]
CACHE = Path(__file__).resolve().parents[1] / program.CACHE


class Session(NamedTuple):
    """What one session of the client took, from the start of its process to its end."""

    seconds: float  # wall time: the client's start, all its requests and hooks, the agents' tools, and its exit
    requests: list[Json]  # that asked the model, main session and agents; `bytes` is the length of the body sent
    hooks: float  # of those seconds, with at least one hook running, by the client's own lines on their start and end
    text: str  # the client's last word


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
        box = Sandbox(program.find(CACHE), folder / "home", project, server.url, plugins)
        watch = _Watch()
        since = time.perf_counter()
        outcome = sandbox.finish(box, sandbox.start(box, prompt), 600, watch.heard)
        took = time.perf_counter() - since
        if server.faults or outcome.code:
            raise RuntimeError(
                f"client ended with {outcome.code}: {server.faults} {outcome.errors[-500:]} {outcome.result}"
            )
        requests = [item for item in server.requests if str(item["path"]).startswith("/v1/messages?")]
    for item in requests:
        item["bytes"] = int(item["headers"].get("content-length", 0))
    return Session(took, requests, watch.seconds, outcome.result)


class _Watch:
    """Adds up the time in which at least one hook runs."""

    def __init__(self) -> None:
        self.seconds, self.since = 0.0, 0.0
        self.running: set[str] = set()

    def heard(self, line: Json) -> None:
        """Take a line of the client's stream."""
        now, hook = time.perf_counter(), str(line.get("hook_id"))
        if line.get("subtype") == "hook_started":
            self.since = self.since if self.running else now
            self.running.add(hook)
        elif line.get("subtype") == "hook_response" and hook in self.running:
            self.running.discard(hook)
            self.seconds += 0.0 if self.running else now - self.since


def of(session: Session, who: str) -> list[Json]:
    """The requests of the relay, of `side`, or of a dispatch such as d-0003, in order."""
    return [item for item in session.requests if str(item["whose"]).split(" ")[0] == who]


def dispatches(session: Session) -> list[str]:
    """The dispatches that asked the model, in order."""
    return list(
        dict.fromkeys(name for item in session.requests if (name := item["whose"].split(" ")[0]).startswith("d-"))
    )


def prompt(request: Json) -> str:
    """The engine's prompt in an agent's request."""
    found = conversation.brief(request["body"])
    return found.text if found else ""
