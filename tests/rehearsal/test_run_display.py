"""What `make run` shows of a journal."""

import io
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from assembly_line.cli.common import colours
from assembly_line.core.events import KINDS
from assembly_line.core.evolve import evolve
from assembly_line.core.run import Event, Run
from assembly_line.errors import LineError
from assembly_line.rehearsal import demo, show
from assembly_line.rehearsal.plan import gaps
from assembly_line.storage.journal import GENESIS, seal
from tests.support.walk import start_event, through_json

SILENT = {"wrote", "agent_started", "served", "lease_taken", "lease_released", "closed"}
DISPATCH = {
    "dispatch": "d-0001",
    "station": "bundler",
    "agent": "assembly-line:bundler",
    "iteration": 1,
    "tier": "T1",
    "model": "haiku",
    "call": "c1",
    "tree": "",
    "why": "first",
}
REPORTED = {
    "dispatch": "d-0001",
    "station": "bundler",
    "report": {"status": "done", "summary": "Gathered \x1b]52;c;eA==\x07 it."},
    "served": "claude-haiku-5-5",
    "tokens": {"input": 1, "output": 1},
}


def journal(*events: Event) -> list[bytes]:
    """The lines of a journal with these events, one second apart."""
    run, prev, lines = Run(), GENESIS, []
    for number, event in enumerate(events, 1):
        ts = f"2026-03-02T10:00:{number - 1:02d}.000Z"
        run = evolve(run, through_json(event), ts)
        record, line = seal(event, ts, "TASK-008", run, number, prev, b"")
        prev = record.h
        lines.append(line)
    return lines


@pytest.fixture
def lines() -> list[bytes]:
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("bundle_created", {"path": ".task_bundles/TASK-008"}),
        ("agents_ready", {"agents": {"bundler": "assembly-line:bundler"}, "skipped": []}),
        ("dispatched", DISPATCH),
        ("reported", REPORTED),
        ("paused", {"reason": "human", "message": "paused by a command in session s1"}),
    ]
    return journal(start_event(), *(Event(kind, data) for kind, data in kinds))


def shown(folder: Path, before: list[bytes], after: list[bytes], **options: Any) -> list[str]:
    """What is shown of lines that come while the journal is followed."""
    path = folder / "docs" / "planning" / "journal" / "TASK-008.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"".join(before))
    found: list[str] = []
    stop = threading.Event()
    looked = threading.Event()

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            looked.set()
            return stop.wait(timeout)

    thread = threading.Thread(target=show.follow, args=(folder, "TASK-008", found.append, Stop()), kwargs=options)
    thread.start()
    assert looked.wait(10)
    with path.open("ab") as file:
        file.write(b"".join(after))
    stop.set()
    thread.join(10)
    return found


def test_only_events_between_others_are_quiet() -> None:
    assert {name for name, kind in KINDS.items() if kind.quiet} == SILENT


def test_a_record_shows_time_stage_round_station_model_and_result(tmp_path: Path, lines: list[bytes]) -> None:
    rows = shown(tmp_path, [], lines)
    assert len(rows) == len(lines)
    assert rows[3].split() == ["0:03", "bundling", "1", "T1", "bundler", "haiku", "d-0001", "to", "bundler"]
    assert rows[4].split()[:6] == ["0:04", "1", "T1", "bundler", "claude-haiku-5-5", "done:"]


def test_records_from_before_are_not_shown_again(tmp_path: Path, lines: list[bytes]) -> None:
    rows = shown(tmp_path, lines[:4], lines[4:])
    assert [row.split()[0] for row in rows] == ["0:04", "0:05"]


def test_a_line_that_is_being_written_waits_and_a_foreign_one_is_passed_over(
    tmp_path: Path, lines: list[bytes]
) -> None:
    assert len(shown(tmp_path, [], [*lines[:2], b"not a record\n", lines[2], lines[3][:20]])) == 3


def test_no_control_character_from_a_report_reaches_the_terminal(tmp_path: Path, lines: list[bytes]) -> None:
    assert all(row.isprintable() for row in shown(tmp_path, [], lines))


@pytest.mark.parametrize(
    "change",
    [{"ts": "2026-02-30T00:00:00Z"}, {"data": []}, {"seq": "x"}, {"kind": "unheard"}, {"stage": "\x1b]0;x\x07"}],
    ids=str,
)
def test_a_record_that_is_not_of_the_form_is_passed_over_or_shown_escaped(
    tmp_path: Path, lines: list[bytes], change: dict[str, Any]
) -> None:
    odd = json.dumps({**json.loads(lines[1]), **change}).encode() + b"\n"
    rows = shown(tmp_path, [], [lines[0], odd, *lines[1:]], colour=False)
    assert len(rows) >= len(lines)
    assert all(row.isprintable() for row in rows)


def test_no_row_is_wider_than_asked_for(tmp_path: Path, lines: list[bytes]) -> None:
    assert max(map(len, shown(tmp_path, [], lines, width=90))) <= 90


@pytest.mark.parametrize(
    ("tty", "variables", "expected"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_colour_is_for_terminals_of_people_who_did_not_refuse_it(
    tty: bool, variables: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stream(io.StringIO):
        def isatty(self) -> bool:
            return tty

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert colours(Stream()) is expected


@pytest.mark.parametrize(("verdict", "failing"), [("pass", 0), ("fail:1", 1), ("fail:3", 3), ("fail", 1), ("never", 5)])
def test_a_verdict_word_gives_the_course_of_the_iterations(verdict: str, failing: int) -> None:
    plan = demo.course(verdict)
    assert [bool(gaps(plan, iteration)) for iteration in range(1, 6)] == [number < failing for number in range(5)]


@pytest.mark.parametrize("verdict", ["", "passes", "fail:x", "fail:-1", "fail:0", "never:2", "pass:1"])
def test_another_verdict_word_is_refused_with_what_is_allowed(verdict: str) -> None:
    with pytest.raises(LineError, match="expected pass, fail:N or never"):
        demo.course(verdict)


def test_a_rehearsal_below_the_plugin_is_refused_as_the_client_lets_no_agent_write_there(tmp_path: Path) -> None:
    with pytest.raises(LineError, match="inside the plugin"):
        demo.demo(tmp_path, "TASK-008", demo.course("pass"), tmp_path, tmp_path, tmp_path / "scratch", print)
