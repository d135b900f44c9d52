"""The wall time of a whole run against the client's own time for the same agent calls without the plugin."""

import json
import shutil
import statistics
from functools import partial
from pathlib import Path

from assembly_line.rehearsal import cast, conversation
from assembly_line.rehearsal.artefacts import Ground
from assembly_line.rehearsal.plan import Plan
from assembly_line.rehearsal.server import Script
from assembly_line.rehearsal.wire import Json, Reply, ToolCall
from benchmarks import session
from benchmarks.line import EXAMPLE, TASK
from benchmarks.report import Part, Target, number
from benchmarks.session import Session
from tests.support.delivery import ROOT

PERCENT = 10.0
PACE = 1.0  # seconds an answer: a model that is faster than real ones, yet not at once


def measure(scratch: Path, environment: Path, quick: bool) -> Part:
    """A whole run, then its agent calls by a script in a session that has only the agents; in turn."""
    bare = _agents_only(scratch / "agents-only")
    play = partial(session.play, example=EXAMPLE, environment=environment)
    line, client = [], []
    for round_ in range(1 if quick else 2):
        acting = partial(cast.script, Plan(pace=PACE))
        whole = play(scratch / f"line-{round_}", plugins=(ROOT,), prompt=f"/task-run {TASK}", acting=acting)
        acting = partial(_caller, _calls(whole))
        alone = play(scratch / f"none-{round_}", plugins=(bare,), prompt="Call the agents", acting=acting)
        if session.dispatches(alone) != session.dispatches(whole):
            raise RuntimeError("the calls without the plugin are not those of the run")
        line.append(whole.seconds)
        client.append(alone.seconds)
    extra = statistics.median(line) - statistics.median(client)
    percent = 100 * extra / statistics.median(client)
    note = (
        f"Overhead: {TASK} with PASS in iteration 1 in the real client takes {number(statistics.median(line))} s, "
        f"{number(extra)} s more than the client alone with the same prompts, models and agents, which a script calls "
        f"one after the other. The scripted model takes {PACE:g} s an answer, less than real ones."
    )
    return Part(note, [Target(f"overhead of the line, model at {PACE:g} s an answer", percent, PERCENT, "%")])


def _calls(whole: Session) -> list[Json]:
    """The Agent calls of a run as its hooks rewrote them, in order."""
    relayed = [block["input"] for _, block in conversation.calls(session.of(whole, "relay")[-1]["body"])]
    found = []
    for given, name in zip(relayed, session.dispatches(whole), strict=True):
        first = session.of(whole, name)[0]
        model = next(word for word in ("haiku", "sonnet", "opus") if word in first["body"]["model"])
        found.append({**given, "prompt": session.prompt(first), "model": model, "run_in_background": False})
    return found


def _caller(calls: list[Json], ground: Ground) -> Script:
    """A script whose main session makes these calls, and whose agents do what the rehearsal's do."""

    def relayed(body: Json) -> Reply:
        done = len(conversation.calls(body))
        return Reply("", (ToolCall("Agent", calls[done]),)) if done < len(calls) else Reply("Done.")

    return cast.script(Plan(pace=PACE), ground, relayed)


def _agents_only(folder: Path) -> Path:
    """A plugin of the same name with the same agents, and neither hooks nor commands."""
    shutil.copytree(ROOT / "agents", folder / "agents")
    (folder / ".claude-plugin").mkdir()
    manifest = json.loads((ROOT / ".claude-plugin/plugin.json").read_text(encoding="utf-8"))
    kept = {name: manifest[name] for name in ("name", "version", "description") if name in manifest}
    (folder / ".claude-plugin/plugin.json").write_text(json.dumps(kept), encoding="utf-8")
    return folder
