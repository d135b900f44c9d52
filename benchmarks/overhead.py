"""Item 5: the wall time of a whole run against the client's own time for the same agent calls without the plugin."""

import json
import shutil
from functools import partial
from pathlib import Path

from assembly_line.rehearsal import cast, conversation
from assembly_line.rehearsal.artefacts import Ground
from assembly_line.rehearsal.plan import Plan
from assembly_line.rehearsal.server import Script
from assembly_line.rehearsal.wire import Json, Reply, ToolCall
from benchmarks import sample, session
from benchmarks.line import TASK
from benchmarks.plugin import Plugin
from benchmarks.report import Section, Table, Target, number
from benchmarks.session import Session

PERCENT = 10.0
PACES = (0, 1, 5, 20)  # seconds that a model takes for an answer


def measure(plugin: Plugin, scratch: Path, environment: Path, rounds: int, example: Path) -> Section:
    """A whole run, then the same agent calls by a script in a session that has only the agents; in turn."""
    bare = _agents_only(plugin.folder, scratch / "agents-only")
    with_line: list[float] = []
    without: list[float] = []
    hooks: list[float] = []
    count = asked = 0
    for round_ in range(rounds):
        whole = session.play(
            scratch / f"line-{round_}", example, (plugin.folder,), environment, f"/task-run {TASK}", _cast
        )
        calls = _calls(whole)
        alone = session.play(
            scratch / f"none-{round_}",
            example,
            (bare,),
            environment,
            "Call the agents",
            partial(_caller, calls),
        )
        if session.dispatches(alone) != session.dispatches(whole):
            raise RuntimeError("the calls without the plugin are not those of the run")
        with_line.append(whole.seconds)
        without.append(alone.seconds)
        hooks.append(whole.hooks)
        count, asked = len(calls), len(alone.requests)
    line, client = sample.stats(with_line), sample.stats(without)
    extra = line.median - client.median
    head = ("seconds", "n", "median", "p95", "min", "max")
    rows = [
        (name, found.size, *map(number, found[1:]))
        for name, found in (
            ("the whole line", line),
            ("of it in hooks", sample.stats(hooks)),
            ("the client alone, same agent calls", client),
        )
    ]
    paced = [
        (
            f"{pace} s an answer",
            number(client.median + pace * asked),
            number(100 * extra / (client.median + pace * asked)),
        )
        for pace in PACES
    ]
    notes = [
        f"{TASK} with PASS in iteration 1: {count} agent calls, {asked} requests without the plugin. The client alone "
        "gets the same prompts, models and agents, from a plugin folder with the agents and nothing else, and a "
        "scripted main session that calls them one after the other.",
        f"The line adds {number(extra)} s, {number(1000 * extra / count)} ms an agent call. The scripted model answers "
        "at once, so the share is the most there can be; the second table adds a model's time, by calculation.",
    ]
    tables = [Table(head, rows), Table(("a model that takes", "the client alone, s", "overhead, %"), paced)]
    return Section(
        "5. The run itself",
        notes,
        tables,
        [Target("overhead of the line, model at once", 100 * extra / client.median, PERCENT, "%")],
    )


def _cast(ground: Ground) -> Script:
    return cast.script(Plan(), ground)


def _calls(whole: Session) -> list[Json]:
    """The Agent calls of a run as its hooks rewrote them, in order."""
    relayed = [block["input"] for _, block in conversation.calls(session.of(whole, "relay")[-1]["body"])]
    names = session.dispatches(whole)
    if len(relayed) != len(names):
        raise RuntimeError(f"{len(relayed)} calls of the relay, {len(names)} agents: {whole.text}")
    found = []
    for given, name in zip(relayed, names, strict=True):
        first = session.of(whole, name)[0]
        model = next(word for word in ("haiku", "sonnet", "opus") if word in first["body"]["model"])
        found.append({**given, "prompt": session.prompt(first), "model": model, "run_in_background": False})
    return found


def _caller(calls: list[Json], ground: Ground) -> Script:
    """A script whose main session makes these calls, and whose agents do what the rehearsal's do."""

    def relayed(body: Json) -> Reply:
        done = len(conversation.calls(body))
        return Reply("", (ToolCall("Agent", calls[done]),)) if done < len(calls) else Reply("Done.")

    return cast.script(Plan(), ground, relayed)


def _agents_only(plugin: Path, folder: Path) -> Path:
    """A plugin of the same name with the same agents, and neither hooks nor commands."""
    shutil.copytree(plugin / "agents", folder / "agents")
    (folder / ".claude-plugin").mkdir()
    manifest = json.loads((plugin / ".claude-plugin/plugin.json").read_text(encoding="utf-8"))
    kept = {name: manifest[name] for name in ("name", "version", "description") if name in manifest}
    (folder / ".claude-plugin/plugin.json").write_text(json.dumps(kept), encoding="utf-8")
    return folder
