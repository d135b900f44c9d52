"""Items 1 and 6: what the hooks cost while no run is active, and the start of a session."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import plugin as plugins
from benchmarks import sample
from benchmarks.line import Line
from benchmarks.plugin import Json, Plugin
from benchmarks.report import SPREAD, Section, Table, Target, number, spread

RATIO, CALLS_MS, START_MS = 3.0, 10.0, 30.0
_TRUE = ["/bin/sh", "-c", "/bin/true"]


def calls(project: Path) -> list[tuple[str, Json]]:
    """The events of a session with one Bash, one Edit and one Agent call, with names; the first two start it."""
    head = {"session_id": "bench-session", "transcript_path": str(project / "t.jsonl"), "cwd": str(project)}
    mode = {"prompt_id": "p-1", "permission_mode": "default"}
    agent = {"agent_id": "a1b2c3d4e5f60718", "agent_type": "general-purpose"}
    bash: Json = {"tool_name": "Bash", "tool_input": {"command": "ls -la src", "description": "List"}}
    edit: Json = {
        "tool_name": "Edit",
        "tool_input": {
            "file_path": str(project / "src/a.py"),
            "old_string": "x = 1\n" * 20,
            "new_string": "x = 2\n" * 20,
        },
    }
    task: Json = {
        "tool_name": "Agent",
        "tool_input": {"subagent_type": "general-purpose", "description": "Look", "prompt": "Look at it. " * 170},
    }
    done = {"status": "completed", "agentId": agent["agent_id"], "content": [{"type": "text", "text": "found " * 200}]}
    rows: list[tuple[str, str, Json]] = [
        ("SessionStart", "SessionStart", {"source": "startup"}),
        ("UserPromptSubmit", "UserPromptSubmit", {"prompt": "Look at src and mend it"}),
        ("PreToolUse(Bash)", "PreToolUse", bash),
        ("PostToolUse(Bash)", "PostToolUse", {**bash, "tool_response": {"stdout": "a.py\n", "stderr": ""}}),
        ("PreToolUse(Edit)", "PreToolUse", edit),
        ("PostToolUse(Edit)", "PostToolUse", {**edit, "tool_response": {"filePath": "src/a.py"}}),
        ("PreToolUse(Agent)", "PreToolUse", task),
        ("SubagentStart", "SubagentStart", agent),
        ("SubagentStop", "SubagentStop", {**agent, "last_assistant_message": "found " * 200}),
        ("PostToolUse(Agent)", "PostToolUse", {**task, "tool_response": done}),
        ("Stop", "Stop", {"stop_hook_active": False, "last_assistant_message": "Done."}),
        ("SessionEnd", "SessionEnd", {"reason": "other"}),
    ]
    return [
        (
            name,
            {
                **head,
                **({} if event.startswith("Session") else mode),
                "hook_event_name": event,
                "tool_use_id": "t1",
                **own,
            },
        )
        for name, event, own in rows
    ]


def measure(plugin: Plugin, scratch: Path, environment: Path, rounds: int) -> Section:
    """Every hook of a session that drives no run, against /bin/true started the same way, in turn."""
    project, data = scratch / "project", scratch / "data"
    project.mkdir(parents=True)
    data.mkdir()
    for part in ("venv", "pycache"):
        (data / part).symlink_to(environment / part)
    variables = plugins.environment(plugin, data, project, "bench-session")
    events = [(name, payload) for name, payload in calls(project) if plugins.commands(plugin, payload)]
    base: list[float] = []
    found: dict[str, list[float]] = {name: [] for name, _ in events}
    started, failed = dict.fromkeys(found, 0), 0
    for _ in range(rounds):
        for name, payload in events:
            base.append(sample.run(_TRUE, "{}\n", variables, str(project)).ms)
            fired = plugins.fire(plugin, payload, variables)
            found[name].append(fired.ms)
            started[name], failed = fired.processes, failed + fired.failed
    true = sample.stats(base)
    rows: list[tuple[object, ...]] = [("/bin/sh -c /bin/true", 1, *spread(true), "1.00")]
    medians = {}
    for name, values in found.items():
        own = sample.stats(values)
        medians[name] = own.median
        rows.append((name, started[name], *spread(own), number(own.median / true.median)))
    tools = {name: ms for name, ms in medians.items() if "(" in name or name.startswith("Subagent")}
    worst = (
        max((ms / (true.median * started[name]), name) for name, ms in medians.items()) if medians else (0.0, "none")
    )
    calls_ms, whole_ms = sum(tools.values()), sum(medians.values())
    ours, whole = sum(started[name] for name in tools), sum(started.values())
    notes = [
        f"{rounds} rounds; each hook in turn with `/bin/true`. A session with one Bash, one Edit and one Agent call "
        f"starts {whole} hook processes, {ours} of them for the three calls. The calls take {number(calls_ms)} ms, the "
        f"session {number(whole_ms)} ms; as many `/bin/true` take {number(ours * true.median)} and "
        f"{number(whole * true.median)} ms."
    ]
    if failed:
        notes.append(f"{failed} hook processes ended with an exit status other than 0.")
    targets = [
        Target(f"slowest process ({worst[1]}) against /bin/true", worst[0], RATIO, "x"),
        Target("hooks of one Bash, one Edit and one Agent call", calls_ms, CALLS_MS, "ms"),
    ]
    return Section("1. No run active", notes, [Table(("event", "processes", *SPREAD, "x true"), rows)], targets)


def start(plugin: Plugin, scratch: Path, environment: Path, rounds: int, example: Path, build: bool) -> Section:
    """The start of a session: with the environment ready, in a session that drives a run, and the very first."""
    line = Line(plugin, scratch / "line", environment, example)
    payload = line.payload("SessionStart", source="startup")
    idle, driving, base = [], [], []
    for _ in range(rounds):
        base.append(sample.run(_TRUE, "{}\n", line.variables, str(line.project)).ms)
        idle.append(plugins.fire(plugin, payload, line.variables).ms)
    notes = ["Ready: the environment is there and the session drives no run. Driving: the session goes on with a run."]
    rows: list[tuple[object, ...]] = [
        ("/bin/sh -c /bin/true", *spread(sample.stats(base))),
        ("ready", *spread(sample.stats(idle))),
    ]
    targets = [Target("SessionStart with the environment ready", sample.stats(idle).median, START_MS, "ms")]
    if plugin.name == "assembly-line":
        line.begin()
        driving = [plugins.fire(plugin, payload, line.variables).ms for _ in range(rounds)]
        rows.append(("driving", *spread(sample.stats(driving))))
        if build:
            rows.append(("first build of the environment", *spread(sample.stats([_built(plugin, scratch / "fresh")]))))
            notes.append("The first build makes a virtual environment and installs the pinned packages with pip.")
    return Section("6. Start", notes, [Table(("SessionStart", *SPREAD), rows)], targets)


def _built(plugin: Plugin, data: Path) -> float:
    data.mkdir(parents=True)
    since = time.perf_counter()
    words = [sys.executable, "-I", str(plugin.folder / "hooks/environment.py"), str(data)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=600)
    took = (time.perf_counter() - since) * 1e3
    whole = (data / "venv/requirements.txt").exists()
    shutil.rmtree(data, ignore_errors=True)
    if not whole:
        raise RuntimeError(f"the environment was not built: {done.stdout[:300]}")
    return took
