"""Item 5: the wall time of a whole run against the client's own time for the same agent calls without the plugin."""

import json
import shutil
from functools import partial
from pathlib import Path
from typing import NamedTuple

from assembly_line.rehearsal import cast, conversation
from assembly_line.rehearsal.artefacts import Ground
from assembly_line.rehearsal.plan import Plan
from assembly_line.rehearsal.server import Script
from assembly_line.rehearsal.wire import Json, Reply, ToolCall
from benchmarks import sample, session
from benchmarks.line import TASK
from benchmarks.plugin import Plugin
from benchmarks.report import Section, Table, Target, number
from benchmarks.sample import Stats
from benchmarks.session import Session

PERCENT = 10.0
PACE = 1.0  # seconds an answer: a model that is faster than real ones, yet not at once


class Arms(NamedTuple):
    """Both arms of the comparison at one pace of the model, measured in turn."""

    line: Stats  # seconds of whole runs
    hooks: Stats  # seconds of them in which a hook ran
    client: Stats  # seconds of the same agent calls without the plugin
    calls: int  # agent calls of one run
    answers: int  # of the model, without the plugin

    @property
    def extra(self) -> float:
        """Seconds that the line adds."""
        return self.line.median - self.client.median

    @property
    def percent(self) -> float:
        return 100 * self.extra / self.client.median


def measure(plugin: Plugin, scratch: Path, environment: Path, rounds: tuple[int, int], example: Path) -> Section:
    """Whole runs against the same agent calls without the plugin, with a model at once and a paced one."""
    bare = _agents_only(plugin.folder, scratch / "agents-only")
    paces = (0.0, PACE)
    found = [
        _arms(plugin.folder, bare, scratch / f"pace-{pace:g}", environment, count, example, pace)
        for pace, count in zip(paces, rounds, strict=True)
    ]
    rows = [
        (f"{pace:g} s an answer: {name}", stats.size, *map(number, stats[1:]))
        for pace, arms in zip(paces, found, strict=True)
        for name, stats in (
            ("the whole line", arms.line),
            ("of it in hooks", arms.hooks),
            ("the client alone, same agent calls", arms.client),
        )
    ]
    shares = [
        (f"{pace:g} s an answer", number(arms.extra), number(1e3 * arms.extra / arms.calls), number(arms.percent))
        for pace, arms in zip(paces, found, strict=True)
    ]
    notes = [
        f"{TASK} with PASS in iteration 1: {found[0].calls} agent calls, {found[0].answers} answers of the model "
        "without the plugin. The client alone gets the same prompts, models and agents, from a plugin folder with the "
        "agents and nothing else, and a scripted main session that calls them one after the other. Seconds are wall "
        "time of the client's process, from its start to its exit; the two arms run in turn.",
        "Both paces are measured. At 0 s the scripted model answers at once, so that the share is the most there can "
        f"be; that row is not held to the limit. The target stands for {PACE:g} s an answer, which is still less than "
        "real models take.",
    ]
    tables = [
        Table(("the line adds", "s a run", "ms an agent call", "overhead, %"), shares),
        Table(("seconds", "n", "median", "p95", "min", "max"), rows),
    ]
    target = Target(f"overhead of the line, model at {PACE:g} s an answer", found[1].percent, PERCENT, "%")
    return Section("5. The run itself", notes, tables, [target])


def _arms(plugin: Path, bare: Path, scratch: Path, environment: Path, rounds: int, example: Path, pace: float) -> Arms:
    """A whole run, then its agent calls by a script in a session that has only the agents; in turn."""
    with_line: list[Session] = []
    without: list[Session] = []
    for round_ in range(rounds):
        play = partial(session.play, example=example, environment=environment)
        acting = partial(cast.script, Plan(pace=pace))
        whole = play(scratch / f"line-{round_}", plugins=(plugin,), prompt=f"/task-run {TASK}", acting=acting)
        acting = partial(_caller, _calls(whole), pace)
        alone = play(scratch / f"none-{round_}", plugins=(bare,), prompt="Call the agents", acting=acting)
        if session.dispatches(alone) != session.dispatches(whole):
            raise RuntimeError("the calls without the plugin are not those of the run")
        with_line.append(whole)
        without.append(alone)
    return Arms(
        sample.stats([ran.seconds for ran in with_line]),
        sample.stats([ran.hooks for ran in with_line]),
        sample.stats([ran.seconds for ran in without]),
        len(session.dispatches(without[0])),
        len(without[0].requests),
    )


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


def _caller(calls: list[Json], pace: float, ground: Ground) -> Script:
    """A script whose main session makes these calls, and whose agents do what the rehearsal's do."""

    def relayed(body: Json) -> Reply:
        done = len(conversation.calls(body))
        return Reply("", (ToolCall("Agent", calls[done]),)) if done < len(calls) else Reply("Done.")

    return cast.script(Plan(pace=pace), ground, relayed)


def _agents_only(plugin: Path, folder: Path) -> Path:
    """A plugin of the same name with the same agents, and neither hooks nor commands."""
    shutil.copytree(plugin / "agents", folder / "agents")
    (folder / ".claude-plugin").mkdir()
    manifest = json.loads((plugin / ".claude-plugin/plugin.json").read_text(encoding="utf-8"))
    kept = {name: manifest[name] for name in ("name", "version", "description") if name in manifest}
    (folder / ".claude-plugin/plugin.json").write_text(json.dumps(kept), encoding="utf-8")
    return folder
