"""Item 4: what the line adds to the requests, in bytes as they arrived on loopback."""

import itertools
import json
from functools import partial
from pathlib import Path

from assembly_line.rehearsal import cast, conversation
from assembly_line.rehearsal.artefacts import Ground
from assembly_line.rehearsal.plan import Plan, failing
from assembly_line.rehearsal.server import Script
from assembly_line.rehearsal.wire import Json
from benchmarks import longer, prompts, sample, session
from benchmarks.line import TASK
from benchmarks.plugin import Plugin
from benchmarks.report import Section, Table, Target, number
from benchmarks.session import Session

PERCENT = 5.0
_MARK = "You are the relay of an assembly line"
_HEAD = (
    "requests of an agent, PASS in",
    "dispatches",
    "main turns",
    "main session, bytes in all",
    "its last request",
    "all requests",
    "orchestration, %",
    "whole main session, %",
)


def measure(plugin: Plugin, scratch: Path, environment: Path, quick: bool, example: Path) -> Section:
    """First requests with and without the plugin; for this plugin also whole runs with PASS in iteration 1, 3 and 5."""
    first = {
        name: _first(session.play(scratch / name, example, folders, environment, "Say hello", _hello))
        for name, folders in (("with", (plugin.folder,)), ("none", ()))
    }
    table = Table(
        ("bytes of the first request", "without the plugin", "with it", "added"),
        [(part, *_pair(first, part)) for part in ("system", "tools", "messages", "whole request")],
    )
    notes = ["Bytes are those of the request bodies, as the client sent them; a token is about four of them."]
    if plugin.name != "assembly-line":
        return Section("4. Tokens", notes, [table])
    bare = first["none"]["whole request"]
    larger = longer.project(example, scratch / "larger")
    played: dict[tuple[str, int], Session] = {}
    for passes in (1,) if quick else (1, 3, 5):
        for kind, project, acting in (("short", example, cast.script), ("long", larger, longer.script)):
            script = partial(acting, failing(passes - 1))
            folder = scratch / f"{kind}-{passes}"
            played[kind, passes] = session.play(
                folder, project, (plugin.folder,), environment, f"/task-run {TASK}", script
            )
    rows, targets = [], []
    for (kind, passes), ran in sorted(played.items()):
        row, share = _whole(ran, bare)
        rows.append((f"{_turns(ran):.0f}, iteration {passes}", *row))
        wasted = len(session.of(ran, "relay")) - len(session.dispatches(ran)) - 1
        if kind == "long":
            targets.append(Target(f"orchestration in all input, PASS in iteration {passes}", share, PERCENT, "%"))
            targets.append(Target(f"main-session turns beyond dispatches + 1, PASS in iteration {passes}", wasted, 0))
        elif wasted:
            raise RuntimeError(f"{wasted} turns too many with PASS in iteration {passes}")
    shortest, longest = played["short", max(passes for _, passes in played)], played["long", 1]
    parts, repeated = prompts.table(shortest, plugin.folder)
    targets.append(Target("bytes that an agent is sent twice", repeated, 0))
    notes += [
        "Orchestration is what is sent only because the line runs the work: every request of the main session less the "
        f"{bare:,} bytes that the client's own first request has without the plugin, and in each request of an agent "
        "the header and the report form of its prompt. Agent files, tasks, criteria, gaps and reports are work. The "
        "last column counts the whole main session, client's own prompt and tools included.",
        f"All rows are measured. The targets stand for agents of about {_turns(longest):.0f} requests: before its work "
        f"each reads {longer.READS} files of the project, and each request is {_growth(longest):,.0f} bytes longer "
        "than the one before (median). That length is an assumption, not taken from real runs: who reads some files, "
        "searches, edits and runs the tests more than once makes about as many calls. Agents of "
        f"{_turns(shortest):.0f} requests (median) write their part at once and report; with so little work beside "
        "it, orchestration has its highest share; these rows are not held to the limit.",
    ]
    tables = [table, _command(shortest), _stations(shortest), Table(_HEAD, rows), parts]
    return Section("4. Tokens", notes, tables, targets)


def _hello(ground: Ground) -> Script:
    return cast.script(Plan(), ground)


def _first(ran: Session) -> dict[str, int]:
    asked = session.of(ran, "relay")[0]
    parts = {name: _size(asked["body"].get(name)) for name in ("system", "tools", "messages")}
    return {**parts, "whole request": asked["bytes"]}


def _pair(first: dict[str, dict[str, int]], part: str) -> tuple[str, str, str]:
    without, with_ = first["none"][part], first["with"][part]
    return f"{without:,}", f"{with_:,}", f"{with_ - without:+,}"


def _command(ran: Session) -> Table:
    heard = [item.text for item in conversation.received(session.of(ran, "relay")[0]["body"])]
    body = next(text for text in heard if _MARK in text)
    context = next(text for text in heard if "```directive\n" in text and _MARK not in text)
    context = context[context.rindex(f"{TASK}: ") :].partition("\n```\n")[0]
    return Table(
        ("start of a run", "bytes"),
        [("body of /task-run", f"{len(body.encode()):,}"), ("first directive", f"{len(context.encode()):,}")],
    )


def _stations(ran: Session) -> Table:
    """Bytes that each dispatch adds to the main session, by part."""
    parts: dict[str, list[float]] = {"Agent call": [], "result, as the client wraps it": [], "directive": [], "all": []}
    now: dict[str, float] = {}
    for item in session.of(ran, "relay")[-1]["body"]["messages"]:
        blocks = item["content"] if isinstance(item["content"], list) else [{"type": "text", "text": item["content"]}]
        for block in blocks:
            if block.get("type") == "tool_use":
                now = dict.fromkeys(parts, 0.0)
            name = {"tool_use": "Agent call", "tool_result": "result, as the client wraps it"}.get(
                block["type"], "directive"
            )
            if now:
                now[name] += _size(block)
            if name == "directive" and now.get("result, as the client wraps it"):
                now["all"] = sum(now.values())
                for key, value in now.items():
                    parts[key].append(value)
                now = {}
    rows = [(name, *(f"{value:,.0f}" for value in sample.stats(values))) for name, values in parts.items()]
    return Table(("bytes a dispatch adds to the main session", "n", "median", "p95", "min", "max"), rows)


def _whole(ran: Session, bare: int) -> tuple[tuple[str, ...], float]:
    """The row of a run, and the share of orchestration in percent."""
    relay, names = session.of(ran, "relay"), session.dispatches(ran)
    every, main = sum(item["bytes"] for item in ran.requests), sum(item["bytes"] for item in relay)
    own = sum(item["bytes"] - bare for item in relay)
    frames = 0
    for name in names:
        asked = session.of(ran, name)
        frames += prompts.frame(session.prompt(asked[0])) * len(asked)
    share = 100 * (own + frames) / every
    counts = (str(len(names)), str(len(relay)), f"{main:,}", f"{relay[-1]['bytes']:,}", f"{every:,}")
    return (*counts, number(share), number(100 * main / every)), share


def _turns(ran: Session) -> float:
    return sample.stats([len(session.of(ran, name)) for name in session.dispatches(ran)]).median


def _growth(ran: Session) -> float:
    """Bytes by which an agent's request is longer than the one before it."""
    sizes = [[item["bytes"] for item in session.of(ran, name)] for name in session.dispatches(ran)]
    return sample.stats([after - before for asked in sizes for before, after in itertools.pairwise(asked)]).median


def _size(value: Json | list[Json] | str | None) -> int:
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())
