"""Reads the results of a run: state entry, journal, files, and who asked which model on the wire."""

import itertools
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from assembly_line.core.times import between, seconds
from assembly_line.rehearsal.wire import Json
from assembly_line.storage import journal as journals

STATE = "docs/planning/.project-state.yaml"
ROOT = Path(__file__).resolve().parents[2]


class Asked(NamedTuple):
    """One dispatch on the wire."""

    dispatch: str
    station: str
    model: str  # haiku, sonnet, opus


def wire(requests: Iterable[Json]) -> list[Asked]:
    """The dispatches that asked the model, in order; AssertionError when one changed its model."""
    found: dict[str, Asked] = {}
    for item in requests:
        dispatch, _, station = str(item["whose"]).partition(" ")
        if dispatch.startswith("d-"):
            asked = Asked(dispatch, station, family(str(item["body"]["model"])))
            assert found.setdefault(dispatch, asked) == asked
    return list(found.values())


def walked(requests: Iterable[Json]) -> list[tuple[str, str]]:
    """Station and model of each dispatch on the wire, in order."""
    return [(asked.station, asked.model) for asked in wire(requests)]


def family(model: str) -> str:
    """The Agent tool's name for a model."""
    return next((name for name in ("haiku", "sonnet", "opus") if name in model), model)


def of_relay(requests: Iterable[Json]) -> int:
    """How often the main session asked the model."""
    return sum(item["whose"] == "relay" for item in requests)


def heard(requests: Iterable[Json]) -> str:
    """Everything that the model received in these requests, as one text."""
    return "\n".join(json.dumps(item["body"].get("messages"), ensure_ascii=False) for item in requests)


def unquoted(text: str) -> str:
    """What was heard, without the lines that an engine's prompt quotes from files, as the diff."""
    return re.sub(r"\\n> (?:(?!\\n).)*", "", text)


def state(project: Path) -> dict[str, Any]:
    """The whole state file."""
    found: dict[str, Any] = yaml.safe_load((project / STATE).read_text(encoding="utf-8"))
    return found


def entry(project: Path, task: str) -> dict[str, Any]:
    """A task's entry without its times and its pointer to the journal, which are checked here."""
    found: dict[str, Any] = dict(state(project)["tasks"][task])
    times = {name: found.pop(name) for name in ("started_at", "completed_at", "duration_minutes")}
    records = journal(project, task)
    pointer = {"path": f"docs/planning/journal/{task}.jsonl", "events": len(records), "head": records[-1].h}
    shown = found.pop("journal")
    # The end of the lease is recorded after the last event that the entry shows.
    assert {**shown, "events": 0, "head": ""} == {**pointer, "events": 0, "head": ""}
    assert records[shown["events"] - 1].h == shown["head"]
    assert not {record.kind for record in records[shown["events"] :]} & SHOWN
    if times["completed_at"]:
        passed = between(times["started_at"], times["completed_at"]) / 60
        assert 0 < times["duration_minutes"] <= round(passed, 2) + 0.01  # the time in which nobody worked is left out
    else:
        assert times["duration_minutes"] is None
    return found


# Kinds of records that change what the entry of a task shows.
SHOWN = {"dispatched", "reported", "verdict_given", "compliance_judged", "iteration_started", "completed", "failed"}


def journal(project: Path, task: str) -> list[journals.Record]:
    """A task's records; AssertionError when their chain or times are out of order."""
    path = f"docs/planning/journal/{task}.jsonl"
    records, torn = journals.parse((project / path).read_bytes(), path, task)
    assert torn is None
    times = [seconds(record.ts) for record in records]
    assert times == sorted(times)
    journals.replay(records, path)
    return records


def stages(project: Path, task: str) -> list[str]:
    """The stages of a run, each as often as it was entered."""
    return [stage for stage, _ in itertools.groupby(record.stage for record in journal(project, task))]


def steps(project: Path, task: str) -> list[str]:
    """The kinds of a task's records, and the station of those that have one: `dispatched developer`."""
    return [" ".join((record.kind, record.data.get("station", ""))).strip() for record in journal(project, task)]


def kinds(project: Path, task: str, *wanted: str) -> list[str]:
    """The kinds of a task's records: all, or only those in `wanted`."""
    return [record.kind for record in journal(project, task) if not wanted or record.kind in wanted]


def told(project: Path, task: str) -> str:
    """The journal's text, even while it is being written; "" when there is none."""
    try:
        return (project / f"docs/planning/journal/{task}.jsonl").read_text(encoding="utf-8")
    except OSError:
        return ""


def files(folder: Path, *left_out: str) -> dict[str, str]:
    """Every file in a folder with its content as text, except below the named parts."""
    found = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and not set(relative.parts) & set(left_out):
            found[relative.as_posix()] = path.read_bytes().decode("latin-1")
    return found


def new(before: Iterable[str], folder: Path) -> list[str]:
    """The new files of a project, without caches of test runs."""
    return sorted(set(files(folder, ".git", "__pycache__")) - set(before))


def headings(text: str) -> list[str]:
    """The headings of a Markdown text."""
    return [line for line in text.splitlines() if re.match(r"#{1,6} ", line)]


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the first table under a heading, without the header row."""
    section = re.split(r"\n#{2,6} ", text.partition(f"\n{heading}\n")[2])[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def order(workflow: str, *skipped: str) -> list[str]:
    """The stations of a workflow's YAML file, in order."""
    listed = yaml.safe_load((ROOT / "assembly_line" / "workflows" / f"{workflow}.yaml").read_text(encoding="utf-8"))
    return [item["name"] for item in listed["stations"] if item["name"] not in skipped]


def answered(text: str) -> str:
    """A command's answer, without the words that the client puts around it."""
    around = r"UserPromptExpansion operation blocked by hook:\n(.*)\n\nOriginal prompt: .*"
    found = re.fullmatch(around, text, re.DOTALL)
    assert found, text
    return found[1]


def checked(project: Path) -> tuple[int, str]:
    """Exit status and output of the check that a project's CI runs."""
    command = [sys.executable, str(ROOT / "scripts" / "check_state.py"), "--root", str(project)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def outputs(lines: Sequence[Json], event: str = "") -> list[str]:
    """The non-empty outputs of a run's hooks, or of one event's."""
    ended = [line for line in lines if line.get("subtype") == "hook_response" and event in ("", line["hook_event"])]
    return [str(line["output"]) for line in ended if line.get("output")]


def directives(lines: Sequence[Json]) -> list[str]:
    """Every text with a directive that a run's hooks passed to the model."""
    answers = [json.loads(text) for text in outputs(lines)]
    found = [str(item.get("hookSpecificOutput", {}).get("additionalContext", "")) for item in answers]
    return [text for text in found if "```directive\n" in text]


def hook_faults(lines: Sequence[Json]) -> list[Json]:
    """The hooks that failed or wrote to standard error."""
    ended = [line for line in lines if line.get("subtype") == "hook_response"]
    return [line for line in ended if line.get("exit_code") or line.get("stderr")]
