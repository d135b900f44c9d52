"""What the hooks cost: in a run, at its start, many at once, and in a session that drives no run."""

import json
import statistics
import time
from pathlib import Path

from benchmarks import sample
from benchmarks.line import COMMANDS, MARKDOWN, TASK, Line, commands, medians
from benchmarks.report import Part, Target

HOOK_MS, HOOK_RATIO, COMMAND_MS, CALLS_MS = 50.0, 6.0, 100.0, 10.0
AT_ONCE, AT_ONCE_S = 16, 0.5


def of_a_run(scratch: Path, environment: Path, quick: bool) -> Part:
    """Every hook of whole runs, from the first Agent call to the end of the turn."""
    line = Line(scratch, environment, beside=True)
    runs = 1 if quick else 8
    for number in range(runs):
        line.run(f"{TASK} --restart" if number else TASK)
        line.to_the_end()
        line.fire("Stop")
    found = {event: both for event, both in medians(line.timed).items() if event != "UserPromptExpansion"}
    slowest = max((ms, ratio, event) for event, (ms, ratio) in found.items())
    # Calls that are no evidence end in the launcher, before Python starts.
    started = [item._replace(event="") for item in line.timed if item.event in found and item.ms > item.bare]
    median_ms, median_ratio = medians(started)[""]
    bare = statistics.median(item.bare for item in line.timed)
    note = (
        f"Run: {runs} runs of {TASK} in a copy of examples/, each agent with {COMMANDS} Bash calls and a transcript of "
        "120 KB. The bench starts each hook as the client does and takes the time from the start of the process to its "
        "end. Before every hook it starts bare Python of the same environment; a ratio is the median over an event's "
        "hooks, each against the runs of bare Python around it. The targets are medians of all hooks that start Python "
        f"in these runs. The slowest event is {slowest[2]}, {slowest[0]:.0f} ms and {slowest[1]:.1f} x: it comes once "
        "a verdict, parses the report, asks git twice and renders the summary."
    )
    return Part(
        note,
        [
            Target("a hook of a run, median", median_ms, HOOK_MS, "ms"),
            Target("a hook of a run against bare Python, median", median_ratio, HOOK_RATIO, "x"),
        ],
        [("bare `python -I -c pass`", bare, 1.0), *((event, *both) for event, both in found.items())],
    )


def of_a_command(scratch: Path, environment: Path, quick: bool) -> Part:
    """The hook of /task-run in a project where nothing has run yet."""
    rows = []
    for task, form in ((TASK, "YAML"), (MARKDOWN, "Markdown")):
        timed = []
        for number in range(2 if quick else 20):
            line = Line(scratch / f"{task}-{number}", environment, task=task, beside=True)
            line.run()
            timed += line.timed
        rows += [(f"/task-run, task in {form}", *both) for both in medians(timed).values()]
    return Part("", [Target(name, ms, COMMAND_MS, "ms") for name, ms, _ in rows], rows)


def at_once(scratch: Path, environment: Path, quick: bool) -> Part:
    """Milliseconds until all of many hooks are done that begin together and each record a command."""
    line = Line(scratch, environment)
    line.run()
    while line.directive["stage"] != "validation":
        line.station()
    line.call()
    line.begin()
    took = []
    for _ in range(3 if quick else 8):
        said = [line.delivery(line.ran("make test")) for _ in range(AT_ONCE)]
        words = commands(json.loads(said[0].data))[0]
        since = time.perf_counter()
        children = [sample.start(words, item.data, item.variables, item.cwd) for item in said]
        if any([sample.finish(child).code for child in children]):
            raise RuntimeError("a hook failed among many at once")
        took.append(time.perf_counter() - since)
    recorded = sum("make test" in text for text in line.journal.read_text("utf-8").splitlines())
    if recorded != AT_ONCE * len(took):
        raise RuntimeError(f"{recorded} of {AT_ONCE * len(took)} commands were recorded")
    return Part("", [Target(f"{AT_ONCE} hooks at once", statistics.median(took), AT_ONCE_S, "s")])


def without_a_run(scratch: Path, environment: Path, quick: bool) -> Part:
    """The hooks of one Bash, one Edit and one Agent call in a session that drives no run."""
    line = Line(scratch, environment)
    agent = {"agent_id": "a1b2c3d4", "agent_type": "general-purpose"}
    edit = {"file_path": str(line.root / "src/a.py"), "old_string": "x = 1\n" * 20, "new_string": "x = 2\n" * 20}
    task = {"subagent_type": "general-purpose", "description": "Look", "prompt": "Look at it. " * 170}
    calls = {"Bash": {"command": "ls -la src"}, "Edit": edit, "Agent": task}
    for _ in range(5 if quick else 60):
        for tool, given in calls.items():
            line.fire("PreToolUse", tool_name=tool, tool_input=given, tool_use_id="t1")
            if tool == "Agent":
                line.fire("SubagentStart", **agent)
                line.fire("SubagentStop", last_assistant_message="found " * 200, **agent)
            line.fire("PostToolUse", tool_name=tool, tool_input=given, tool_use_id="t1", tool_response={"stdout": ""})
    if any(line.data.joinpath("sessions").glob("*")):
        raise RuntimeError("the session drives a run")
    total = sum(ms for ms, _ in medians(line.timed).values())
    return Part("", [Target("hooks of one Bash, one Edit and one Agent call without a run", total, CALLS_MS, "ms")])
