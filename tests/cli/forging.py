"""Forges journals: other events under a sound chain, and the state file that fits them."""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from assembly_line.cli.check import command
from assembly_line.core.evolve import evolve
from assembly_line.core.run import Event, Run
from assembly_line.errors import LineError
from assembly_line.statefile import rebuild
from assembly_line.storage import journal
from assembly_line.storage.vault import Vault

STATE = "docs/planning/.project-state.yaml"
Timed = tuple[Event, str]
Change = Callable[[list[Event]], list[Event]]


def check(root: Path, *words: str) -> Result:
    return CliRunner().invoke(command, ["--root", str(root), *words])


def codes(root: Path, *words: str) -> list[str]:
    """The codes of all findings; the exit status fits them."""
    done = check(root, "--format", "json", *words)
    found = [item["code"] for item in json.loads(done.stdout)["findings"]]
    assert done.exit_code == (1 if found else 0)
    return found


def told(root: Path, *words: str) -> dict[str, Any]:
    """The whole answer of the check."""
    answer: dict[str, Any] = json.loads(check(root, "--format", "json", *words).stdout)
    return answer


def journal_of(root: Path, task: str) -> Path:
    return root / "docs/planning/journal" / f"{task}.jsonl"


def swap(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def timed(root: Path, task: str) -> list[Timed]:
    """A journal's events with their times."""
    return [(record.event, record.ts) for record in journal.parse(journal_of(root, task).read_bytes(), "x", task)[0]]


def write(root: Path, task: str, events: list[Timed]) -> None:
    """Write a journal with a sound chain, and the state file from it."""
    run, head, lines = Run(), journal.GENESIS, []
    for seq, (event, ts) in enumerate(events, 1):
        with contextlib.suppress(Exception):  # a record that is impossible here is written all the same
            run = evolve(run, event, ts)
        record, line = journal.seal(event, ts, task, run, seq, head, b"k")
        head = record.h
        lines.append(line)
    journal_of(root, task).write_bytes(b"".join(lines))
    with contextlib.suppress(LineError):
        rebuild.rebuild(str(root), STATE, Vault(str(root)))


def forge(root: Path, task: str, change: Change, under: str = "") -> None:
    """Write a journal anew with other events, each at the time of the record that it stands for."""
    known = timed(root, task)
    events = change([event for event, _ in known])
    times = [ts for _, ts in known]
    times += [times[-1]] * (len(events) - len(times))
    by_id = {id(event): ts for event, ts in known}
    write(root, under or task, [(event, by_id.get(id(event), ts)) for event, ts in zip(events, times, strict=False)])


def rename(task: str) -> Change:
    def change(events: list[Event]) -> list[Event]:
        return [
            event._replace(data={**event.data, "task": task}) if "task" in event.data else event for event in events
        ]

    return change


def edited(kind: str, **members: Any) -> Change:
    """Set members of every event of a kind."""

    def change(events: list[Event]) -> list[Event]:
        return [event._replace(data={**event.data, **members}) if event.kind == kind else event for event in events]

    return change


def changed(kind: str, of: Callable[[dict[str, Any]], dict[str, Any]]) -> Change:
    """Put other data into every event of a kind."""

    def change(events: list[Event]) -> list[Event]:
        return [
            event._replace(data=of(json.loads(json.dumps(event.data)))) if event.kind == kind else event
            for event in events
        ]

    return change


def lacking(kind: str, *members: str) -> Change:
    """Leave members of every event of a kind out."""
    return changed(kind, lambda data: {name: value for name, value in data.items() if name not in members})


def without(*kinds: str) -> Change:
    return lambda events: [event for event in events if event.kind not in kinds]


def only_last(kind: str, change: Change) -> Change:
    """Change the last event of a kind only."""

    def of(events: list[Event]) -> list[Event]:
        place = max(number for number, event in enumerate(events) if event.kind == kind)
        return [*events[:place], *change([events[place]]), *events[place + 1 :]]

    return of
