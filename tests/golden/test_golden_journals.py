"""Journals of whole runs, kept for later versions: each is read and leads to the same state as when it was written."""

import json
from pathlib import Path

import pytest

from assembly_line.core import summary_form
from assembly_line.core.audit import findings
from assembly_line.core.events import KINDS
from assembly_line.core.projection import project
from assembly_line.core.run_json import from_json, to_json
from assembly_line.core.timeline import Entry, tell
from assembly_line.storage import journal
from assembly_line.text import failure, summary
from assembly_line.text.directive import render

FOLDER = Path(__file__).parent
GOLDEN = sorted(FOLDER.glob("*.jsonl"))
TASK = "TASK-008"
KEY = bytes(range(32))


def records_of(path):
    records, torn = journal.parse(path.read_bytes(), path.name, TASK)
    assert torn is None
    return records


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_golden_journal_leads_to_the_kept_state_byte_for_byte(path):
    run = journal.replay(records_of(path), path.name)
    assert json.dumps(project(run), indent=1, sort_keys=True) + "\n" == path.with_suffix(".json").read_text("utf-8")


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_golden_journal_is_written_again_byte_for_byte(path):
    from assembly_line.core.evolve import evolve
    from assembly_line.core.run import Run

    run, head, lines = Run(), journal.GENESIS, []
    for record in records_of(path):
        run = evolve(run, record.event, record.ts)
        again, line = journal.seal(record.event, record.ts, TASK, run, record.seq, head, KEY)
        head = again.h
        lines.append(line)
    assert b"".join(lines) == path.read_bytes()


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_beginning_of_a_golden_journal_is_a_run_that_can_be_shown(path):
    records = records_of(path)
    for count in range(1, len(records) + 1):
        run = journal.replay(records[:count], path.name)
        assert run.stage == records[count - 1].stage
        assert from_json(json.loads(json.dumps(to_json(run)))) == run
        assert render(run)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_the_story_of_a_golden_run_can_be_told(path):
    records = records_of(path)
    run = journal.replay(records, path.name)
    entries = tuple(Entry(item.ts, item.kind, item.data) for item in records if item.run == run.number)
    text = summary.render(run, tell(entries), None, 60.0)
    if run.stage == "completed":
        assert summary_form.faults(text, TASK, tuple(item.id for item in run.criteria)) == ()
    assert TASK in failure.render(run, tell(entries), path.name, None)
    assert (findings(run, tell(entries), entries) == ()) == (run.stage in ("completed", "compliance"))


def test_every_kind_of_event_is_in_a_golden_journal():
    assert {record.kind for path in GOLDEN for record in records_of(path)} == set(KINDS)


def test_every_golden_journal_has_its_state_and_nothing_is_left_over():
    names = {path.stem for path in GOLDEN}
    assert {path.stem for path in FOLDER.glob("*.json")} == names
    assert len(names) >= 4
