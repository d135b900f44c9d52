"""The moments of a run at which things go wrong, and what must be the same afterwards whether they did or not."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from assembly_line.core.projection import plain, project
from assembly_line.core.run import Run
from assembly_line.engine import store
from assembly_line.statefile import document
from assembly_line.storage import follow, journal
from tests.support.client import Payload
from tests.support.reports import failing
from tests.sweeps.desk import TASK, Desk

# Facts that a repeated delivery may note again without changing anything.
_NOTES = ("lease_taken", "lease_released", "repaired", "served")
_TIMES = re.compile(rb"20\d\d-\d\d-\d\dT[\d:.]+Z")


class Moment(NamedTuple):
    """A state of the run and the event that arrives in it."""

    name: str
    prepare: Callable[[Desk], None]
    event: Callable[[Desk], Payload]
    again: Callable[[Desk], Payload] | None = None  # what the client sends after a crash; None: the same once more


def _developing(desk: Desk) -> None:
    desk.run()
    desk.until("implementation")


def _called(desk: Desk) -> None:
    _developing(desk)
    desk.send(desk.due())


def _developer(desk: Desk) -> None:
    _developing(desk)
    desk.dispatch()


def _bundler(desk: Desk) -> None:
    desk.run()
    desk.dispatch()


def _validator(desk: Desk) -> None:
    desk.run()
    desk.until("validation")
    desk.dispatch()


def _last_validator(desk: Desk) -> None:
    desk.write("assembly-line.yaml", "limits: {iterations: 1}\n")
    _validator(desk)


def _judge(desk: Desk) -> None:
    desk.run()
    desk.until("compliance")
    desk.dispatch()


def _paused(desk: Desk) -> None:
    _developing(desk)
    desk.send(desk.typed("pause", TASK))


def _done(desk: Desk) -> None:
    desk.run()
    desk.until("completed")


def _tampered(desk: Desk) -> None:
    _developing(desk)
    desk.state_file.write_text(desk.state_file.read_text("utf-8").replace("in_progress", "completed"), "utf-8")
    desk.journal.write_bytes(desk.journal.read_bytes()[:-40])


def _elsewhere(desk: Desk) -> Payload:
    """The same task asked for by a new session, after the first one's process is gone."""
    return {**desk.typed("run", TASK), "session_id": "s-2"}


MOMENTS = (
    Moment("start", lambda desk: None, lambda desk: desk.typed("run", TASK)),
    Moment("start, another session goes on", lambda desk: None, lambda desk: desk.typed("run", TASK), _elsewhere),
    Moment("dispatch", _developing, lambda desk: desk.due()),
    Moment("refused call", _developing, lambda desk: desk.due(subagent_type="x", prompt="y")),
    Moment("agent starts", _called, lambda desk: desk.started()),
    Moment("bundler reports", _bundler, lambda desk: desk.stopped()),
    Moment("developer reports", _developer, lambda desk: desk.stopped()),
    Moment("malformed report", _developer, lambda desk: desk.stopped(desk.message({"status": "no"}))),
    Moment("command is evidence", _validator, lambda desk: desk.ran("python3 -m other")),
    Moment("verdict PASS, summary", _validator, lambda desk: desk.stopped()),
    Moment("verdict FAIL", _validator, lambda desk: desk.stopped(desk.message(failing(desk.state())))),
    Moment(
        "last verdict FAIL, failure report",
        _last_validator,
        lambda desk: desk.stopped(desk.message(failing(desk.state()))),
    ),
    Moment("compliance PASS, completion", _judge, lambda desk: desk.stopped()),
    Moment("pause", _developer, lambda desk: desk.typed("pause", TASK)),
    Moment("abort", _developing, lambda desk: desk.typed("abort", TASK)),
    Moment("resume", _paused, lambda desk: desk.typed("run", TASK)),
    Moment("restart", _done, lambda desk: desk.typed("run", f"{TASK} --restart")),
    Moment("end of turn", _developing, lambda desk: desk.payload("Stop", stop_hook_active=False)),
    Moment("end of session", _developing, lambda desk: desk.payload("SessionEnd", reason="other")),
    Moment("tampering undone", _tampered, lambda desk: desk.payload("SessionStart", source="compact")),
)


class Seen(NamedTuple):
    """What a project shows, without times and what follows from them."""

    run: Run
    entry: dict[str, Any]
    facts: tuple[tuple[str, str], ...]
    files: dict[str, bytes]


def seen(desk: Desk) -> Seen:
    """What stands in the project; LineError when it cannot be read."""
    run, records = follow.peek(str(desk.root), desk.task)
    entry = document.load(str(desk.root), run.state_file)["tasks"].get(desk.task, {})
    facts = tuple((item.kind, str(item.data.get("dispatch", ""))) for item in records if item.kind not in _NOTES)
    return Seen(_timeless(run), {name: entry[name] for name in entry if name != "journal"}, facts, _files(desk))


def _timeless(run: Run) -> Run:
    opened, last = (item and item._replace(rejection_key="", at="") for item in (run.open, run.last))
    times = dict.fromkeys(("started_at", "driven_since", "ended_at", "at", "work_tree"), "")
    return run._replace(**times, worked=0.0, summary_sha="", keys=(), session="", open=opened, last=last)


def _files(desk: Desk) -> dict[str, bytes]:
    """The project's files and their content without times; a bundle that was set aside by its plain name."""
    found = {}
    for name, data in desk.files().items():
        if name.startswith("project/") and not name.endswith((".jsonl", "-state.yaml", ".md", "/.tree", "/.lock")):
            plain = _TIMES.sub(b"", data)
            found[re.sub(r"\.before-run-(\d+)-\w+", r".before-run-\1", name)] = _unordered(plain)
        elif name.startswith("project/"):
            found[name] = b""
    return found


def _unordered(data: bytes) -> bytes:
    """The content whatever the order of lines and of members of a list's items."""
    return b"\n".join(sorted(line.strip().removeprefix(b"- ") for line in data.split(b"\n")))


def faults(desk: Desk, wanted: Seen, before: bytes) -> list[str]:
    """What is wrong after an event arrived, however often; `before` is the journal that was acknowledged before it."""
    try:
        now = seen(desk)
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]
    found = sound(desk, before)
    if now.run != wanted.run:
        names = [name for name in Run._fields if getattr(now.run, name) != getattr(wanted.run, name)]
        found.append(f"the run differs in {', '.join(names)}: {getattr(now.run, names[0])!r:.150}")
    if now.facts != wanted.facts:
        found.append(
            f"facts differ: {[item for item in now.facts if item not in wanted.facts]} more, {_lacking(now, wanted)}"
        )
    names = sorted(
        name for name in now.files.keys() | wanted.files.keys() if now.files.get(name) != wanted.files.get(name)
    )
    if names:
        found.append(f"files differ: {', '.join(names)}")
    return found


def _lacking(now: Seen, wanted: Seen) -> str:
    missing = [item for item in wanted.facts if item not in now.facts]
    return f"{missing} less, {len(now.facts)} instead of {len(wanted.facts)}"


def sound(desk: Desk, before: bytes = b"") -> list[str]:
    """What every moment must show: nothing acknowledged lost, state file as the run, no leftovers, no half file."""
    found = []
    data = desk.journal.read_bytes() if desk.journal.exists() else b""
    if not data.startswith(before):
        found.append(f"acknowledged records are lost: {len(data)} bytes left of {len(before)}")
    try:
        records, torn = journal.parse(data, desk.task, desk.task)
        run = journal.replay(records, desk.task)
    except Exception as error:
        return [*found, f"journal: {error}"]
    if torn is not None:
        found.append("journal: its last line is torn")
    if run.number:
        found += _shown(desk, run, records[-1])
    if run.number:  # what a killed writer left goes when the store is opened next
        with store.opened(str(desk.root), desk.task, desk.vault):
            pass
    left = [name for name in desk.files() if name.endswith(".tmp")]
    return found + [f"left behind: {name}" for name in left]


def _shown(desk: Desk, run: Run, last: journal.Record) -> list[str]:
    try:
        state = document.load(str(desk.root), run.state_file)
    except Exception as error:
        return [f"state file: {error}"]
    entry = state.get("tasks", {}).get(desk.task)
    if entry is None:
        return ["the state file does not show the task"]
    wanted = plain(project(run))
    wrong = [name for name in wanted if entry.get(name) != wanted[name]]
    if entry["journal"]["events"] > last.seq:
        wrong.append("journal (ahead of the journal itself)")
    return [f"state file differs from the run in {', '.join(wrong)}"] if wrong else []
