"""The table of the state machine, gone through pair by pair."""

import pytest

from assembly_line.core import machine
from assembly_line.core.events import KINDS
from assembly_line.core.evolve import evolve
from assembly_line.core.machine import TRANSITIONS, IllegalEvent, next_stage
from assembly_line.core.run import Event, Run

NOTES = [kind for kind, row in KINDS.items() if row.note]
PAIRS = [(stage, kind) for stage in TRANSITIONS for kind in KINDS]


@pytest.mark.parametrize(("stage", "kind"), PAIRS)
def test_every_stage_and_kind_is_in_the_table_or_refused_and_leaves_the_run_as_it_was(stage, kind):
    allowed = kind in TRANSITIONS[stage] or kind in NOTES
    if kind in NOTES:
        with pytest.raises(IllegalEvent):
            next_stage(stage, kind)
    elif allowed:
        assert next_stage(stage, kind, "validation") in TRANSITIONS
    else:
        run = Run(task="TASK-1", stage=stage, number=1)
        before = run._asdict()
        with pytest.raises(IllegalEvent) as refused:
            evolve(run, Event(kind, {}), "2026-11-20T00:00:00Z")
        assert stage in str(refused.value)
        assert kind in str(refused.value)
        assert run._asdict() == before


@pytest.mark.parametrize("stage", machine.ACTIVE)
@pytest.mark.parametrize("kind", ["paused", "aborted", "failed", "stalled"])
def test_every_active_stage_can_be_paused_aborted_failed_and_stalled(stage, kind):
    assert TRANSITIONS[stage][kind] == kind


@pytest.mark.parametrize("stage", machine.HELD)
def test_a_held_run_can_be_resumed_to_where_it_was_and_aborted(stage):
    assert next_stage(stage, "aborted") == machine.ABORTED
    for held in machine.ACTIVE:
        assert next_stage(stage, "resumed", held) == held


@pytest.mark.parametrize("stage", [machine.COMPLETED, machine.ABORTED])
def test_a_completed_or_aborted_run_can_only_be_restarted(stage):
    assert TRANSITIONS[stage] == {"run_started": machine.BUNDLE_CREATION}


def test_a_failed_run_can_be_restarted_or_resumed_where_it_failed():
    assert set(TRANSITIONS[machine.FAILED]) == {"run_started", "resumed"}
    for stage in machine.ACTIVE:
        assert next_stage(machine.FAILED, "resumed", stage) == stage


def test_completed_is_reached_from_compliance_only():
    rows = {stage for stage, row in TRANSITIONS.items() if machine.COMPLETED in row.values()}
    assert rows == {machine.COMPLIANCE}


def test_every_stage_is_active_held_terminal_or_new():
    assert set(TRANSITIONS) == {machine.NEW, *machine.ACTIVE, *machine.HELD, *machine.TERMINAL}
    assert len(TRANSITIONS) == 1 + len(machine.ACTIVE) + len(machine.HELD) + len(machine.TERMINAL)


def test_a_kind_of_event_either_moves_a_run_by_the_table_or_is_a_note():
    assert {kind for row in TRANSITIONS.values() for kind in row} == set(KINDS) - set(NOTES)


def test_an_unknown_kind_of_event_is_refused():
    with pytest.raises(IllegalEvent, match="unheard"):
        evolve(Run(), Event("unheard", {}), "2026-11-20T00:00:00Z")


@pytest.mark.parametrize("stage", [stage for stage in TRANSITIONS if stage != machine.NEW])
def test_every_stage_is_reachable(stage):
    reached, todo = set(), [machine.NEW]
    while todo:
        here = todo.pop()
        reached.add(here)
        todo += [target for target in TRANSITIONS[here].values() if target in TRANSITIONS and target not in reached]
    assert stage in reached
