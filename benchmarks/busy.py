"""Item 2: what the hooks cost while a run is active, by event, by station, and many at once."""

import itertools
import json
import time
from pathlib import Path

from assembly_line.storage.vault import Vault
from benchmarks import plugin as plugins
from benchmarks import sample
from benchmarks.line import COMMANDS, MARKDOWN, TASK, Line, Timed
from benchmarks.plugin import Plugin
from benchmarks.report import SPREAD, Section, Table, Target, number, spread

RATIO, STATION_MS, TAIL, AT_ONCE, AT_ONCE_MS = 3.5, 250.0, 2.0, 16, 500.0
NEAR = 5  # runs of bare Python before a hook and after it, with which it is compared
_FIRST = ", first in a project"  # where git has no index of the engine's yet
_OF = {
    "work": "a station that writes",
    "test": "the tester",
    "validator": "the validator",
    "compliance": "the compliance judge",
}


def measure(plugin: Plugin, scratch: Path, environment: Path, runs: int, example: Path) -> Section:
    """Whole runs driven by hook processes, in turn with bare Python."""
    line = Line(plugin, scratch / "line", environment, example)
    python = [str(environment / "venv/bin/python"), "-I", "-c", "pass"]
    base: list[sample.Ran] = []
    line.before = lambda: base.append(sample.run(python, "", line.variables, str(line.project)))
    timed: list[Timed] = []
    sums: dict[str, list[float]] = {}
    for number_ in range(runs):
        begun = line.begin("--restart" if number_ else "")
        timed.append(begun if number_ else begun._replace(event=f"{begun.event}{_FIRST}"))
        for station in line.stations():
            timed += station
            sums.setdefault(station[0].kind, []).append(sum(item.ms for item in station))
        ended = line.fire("Stop")
        timed.append(Timed("Stop", "", "", ended.ms, ended.cpu))
    for number_, (task, what) in itertools.product(range(runs), ((TASK, ""), (MARKDOWN, ", a task in Markdown"))):
        other = Line(plugin, scratch / f"{task}-{number_}", environment, example)
        other.before = line.before
        Vault(str(other.project), str(other.data)).key()  # which the first run on a machine makes
        for options, when in (("", _FIRST), ("--restart", "")):
            begun = other.begin(options, task)
            timed.append(begun._replace(event=f"{begun.event}{what}{when}"))
    bare = sample.stats([item.ms for item in base])
    bare_cpu = sample.stats([item.cpu for item in base]).median
    rows: list[tuple[object, ...]] = [("bare `python -I -c pass`", "", *spread(bare), "1.00", number(bare_cpu), "1.00")]
    ratios, tails = [], []
    if len(base) != len(timed):
        raise RuntimeError(f"{len(base)} runs of bare Python beside {len(timed)} hooks")
    around = _around([item.ms for item in base])
    for (event, kind), places in _groups(timed).items():
        values = [timed[place] for place in places]
        own, cpu = sample.stats([item.ms for item in values]), sample.stats([item.cpu for item in values]).median
        ratio = sample.stats([timed[place].ms / around[place] for place in places]).median
        rows.append((event, _OF.get(kind, ""), *spread(own), number(ratio), number(cpu), number(cpu / bare_cpu)))
        what = f"{event} of {_OF[kind]}" if kind else event
        ratios.append((ratio, what))
        tails.append((own.p95 / own.median, what))
    whole = [
        (f"one station with {COMMANDS} Bash calls: {_OF[kind]}", *spread(sample.stats(sums[kind]))) for kind in sums
    ]
    heaviest = max((sample.stats(values).median, kind) for kind, values in sums.items())
    together = sample.stats(_at_once(plugin, scratch / "many", environment, example, 8 if runs > 1 else 3))
    whole.append((f"{AT_ONCE} hooks at once, each recording a command", *spread(together)))
    targets = [
        Target(f"{what}, against bare Python", ratio, RATIO, "x") for ratio, what in sorted(ratios, reverse=True)[:8]
    ]
    targets += [
        Target(f"all hooks of one station ({_OF[heaviest[1]]})", heaviest[0], STATION_MS, "ms"),
        Target(f"p95 against median ({max(tails)[1]})", max(tails)[0], TAIL, "x"),
        Target(f"{AT_ONCE} hooks at once", together.median, AT_ONCE_MS, "ms"),
    ]
    notes = [
        f"{runs} runs of {TASK} in a copy of examples/. No client runs: the bench starts each hook itself, with the "
        "event on standard input, and takes the time from the start of the process to its end. Before every hook it "
        "starts Python of the environment with nothing to do, the bare Python of the ratios; a ratio is the median "
        f"over an event's hooks, each against the {2 * NEAR + 1} runs around it. Each agent makes {COMMANDS} Bash "
        "calls; its transcript is 120 KB long. PostToolUse(Bash) records what the tester and the validator run, as "
        "their reports must fit it; at other stations it ends before Python starts. The eight slowest events stand "
        "among the targets."
    ]
    tables = [
        Table(("event", "at the work of", *SPREAD, "x bare", "processor ms", "x bare"), rows),
        Table(("sum", *SPREAD), whole),
    ]
    return Section("2. Run active", notes, tables, targets)


def _groups(timed: list[Timed]) -> dict[tuple[str, str], list[int]]:
    """Where the hooks of each event and kind of station stand."""
    found: dict[tuple[str, str], list[int]] = {}
    for place, item in enumerate(timed):
        found.setdefault((item.event, item.kind), []).append(place)
    return found


def _around(base: list[float]) -> list[float]:
    """For each hook the median of bare Python just before and after it: the machine's speed drifts within a run."""
    return [sample.stats(base[max(0, place - NEAR) : place + NEAR + 1]).median for place in range(len(base))]


def _at_once(plugin: Plugin, scratch: Path, environment: Path, example: Path, rounds: int) -> list[float]:
    """Milliseconds until all of many hooks are done that begin together and each record a command."""
    line = Line(plugin, scratch, environment, example)
    line.begin()
    while "validator" not in line.directive["input"]["subagent_type"]:
        line.station()
    given = line.directive["input"]
    line.fire("PreToolUse", tool_name="Agent", tool_input=given, tool_use_id="many")
    agent = ("a-many", given["subagent_type"])
    line.fire("SubagentStart", agent=agent)
    found = []
    for round_ in range(rounds):
        said = [
            line.payload(
                "PostToolUse",
                agent=agent,
                tool_name="Bash",
                tool_input={"command": "make test"},
                tool_response={"stdout": "OK"},
                tool_use_id=f"many-{round_}-{number_}",
            )
            for number_ in range(AT_ONCE)
        ]
        words = plugins.commands(plugin, said[0])[0]
        since = time.perf_counter()
        children = [
            sample.start(words, json.dumps(item, separators=(",", ":")) + "\n", line.variables, str(line.project))
            for item in said
        ]
        for child in children:
            if sample.finish(child).code:
                raise RuntimeError("a hook failed among many at once")
        found.append((time.perf_counter() - since) * 1e3)
    recorded = (line.project / f"docs/planning/journal/{TASK}.jsonl").read_text(encoding="utf-8").count('"key":"many-')
    if recorded != AT_ONCE * rounds:
        raise RuntimeError(f"{recorded} of {AT_ONCE * rounds} commands were recorded")
    return found
