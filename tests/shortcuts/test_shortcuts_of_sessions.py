"""Shortcuts across sessions, gates that trap nobody, and what happens without the gates, in the real client."""

import json
from collections.abc import Callable

import pytest

from tests.shortcuts.looking import all_of, came_to_nothing, completed_honestly, dispatched, refusals, tampered
from tests.shortcuts.mischief import TASK, status
from tests.shortcuts.runs import (
    BLUEPRINT,
    JOURNAL,
    SUMMARY,
    Played,
    chooses,
    crowds,
    hurries,
    meddles,
    stalls,
    unguarded,
    unhooks,
)
from tests.support.reading import STATE, answered, entry, journal, wire

Play = Callable[[Callable[..., Played]], Played]


def test_s14_a_killed_session_is_gone_on_with_where_it_was(played: Play) -> None:
    """S14 Killed and started again

    Does: The client is killed while the validator works; a new session asks for the task.
    Stopped by: The journal is written before every answer. The new session finds the run, records the agent as lost and
        calls it again; nothing that was reported is repeated.
    Ends: Completed by the second session.
    """
    run = played(stalls)
    assert run.notes["killed"] == "in_progress"
    lost = [(data["station"], data["reason"]) for data in all_of(run, "agent_failed")]
    assert lost == [("requirements-validator", "interrupted")]
    walked = [station for _, station in dispatched(run)]
    assert [walked.count(name) for name in ("database-developer", "test-writer", "requirements-validator")] == [1, 1, 2]
    completed_honestly(run)


def test_s15_two_sessions_do_not_drive_one_task(played: Play) -> None:
    """S15 Two sessions on one task

    Does: A second session asks for a task that a live one drives; later a session asks for one whose driver was killed.
    Stopped by: The lease: a live holder is named with its process and how to take over; a dead one is replaced at once.
    Ends: The first session continues until a person pauses it; the task of the killed one is taken over.
    """
    run = played(crowds)
    first, asked = run.runs[:2]
    said = answered(asked.text)
    assert first.session in said
    assert f"/task-pause {TASK}" in said
    assert asked.requests == []
    lost = [(data["dispatch"], data["reason"]) for data in all_of(run, "agent_failed")]
    assert lost == [("d-0004", "interrupted")]
    held = [record.data["session"] for record in journal(run.project, TASK) if record.kind == "lease_taken"]
    assert held == [run.runs[0].session, run.runs[4].session, run.runs[5].session]


def test_s27_what_happens_without_hooks_is_found_by_the_next_hook(played: Play) -> None:
    """S27 Hooks switched off for a while

    Does: The developer switches all hooks off in the project's settings, and the session calls a validator of its own;
        then a session without the plugin sets the task to completed, forges a record and changes the criteria.
    Stopped by: What no hook saw does not count. The check of the project's files fails, and the next /task-run restores
        state and journal, records that, names the calls that no hook saw, and refuses the changed blueprint.
    Ends: Completed by honest work, once a person has restored the blueprint; the check in CI still names the validator
        that no hook saw.
    """
    run = played(unhooks)
    assert not run.after["calls an agent unwatched"].refused, "hooks were not off"
    assert run.notes["forged"] == "completed"
    code, said = run.notes["red"]
    assert code == 1
    assert JOURNAL in said
    assert answered(run.runs[2].text).startswith(f"{BLUEPRINT}: changed since")
    assert tampered(run) == [{JOURNAL, STATE}]
    assert [len(data["calls"]) for data in all_of(run, "unwatched")] == [2]
    code, said = run.notes["after"]
    assert (code, [item["code"] for item in json.loads(said)["findings"]]) == (1, ["unwatched"])
    completed_honestly(run)


def test_a_relay_that_never_obeys_is_blocked_three_times_and_then_let_go(played: Play) -> None:
    """Stubborn A session that never takes up the directive

    Does: The session ends its turn again and again.
    Stopped by: Three blocks, each with the directive. The fourth end of turn is allowed, and the run is stalled.
    Ends: Stalled, with the command that resumes it; /task-run then completes the task.
    """
    run = played(stalls)
    first = run.runs[0]
    assert (first.code, run.notes["stalled"]) == (0, "stalled")
    assert first.whose() == ["relay", "d-0001 bundler", "d-0001 bundler", *["relay"] * 4]
    kinds = [record.kind for record in journal(run.project, TASK)]
    at = kinds.index("stalled")
    assert kinds[at - 3 : at + 2] == [*["stop_blocked"] * 3, "stalled", "lease_released"]
    shown = [str(line.get("content")) for line in first.lines if line.get("subtype") == "informational"]
    assert any(f"/task-run {TASK}" in text for text in shown), shown
    assert kinds[at + 2] == "resumed"
    completed_honestly(run)


def test_a_run_gates_no_other_session_of_the_project(played: Play) -> None:
    """Trap Another session in the same project

    Does: During a run a second session works with Bash, Write and an agent, and ends its turn.
    Stopped by: Nothing: only the session that holds the lease is gated.
    Ends: The second session is free at every moment; the first continues.
    """
    run = played(crowds)
    names = ("works elsewhere with Bash", "works elsewhere with Write", "calls an agent elsewhere")
    assert all(not result.is_error for name in names for result in run.after[name].results)
    assert (run.runs[2].code, run.runs[2].text) == (0, "Do something else.: done.")
    assert (run.project / "else.txt").exists()
    assert (run.project / "else.md").exists()
    assert all_of(run, "stop_blocked") == []


def test_a_person_ends_a_run_from_any_session(played: Play) -> None:
    """Trap A run that a person wants to end

    Does: While an agent works, a person types /task-pause in another session; later /task-abort.
    Stopped by: Nothing: both are carried out at once, and the gates of the driving session open.
    Ends: Paused, and the report of the agent at work is recorded; later aborted, with the work tree as it is.
    """
    run = played(crowds)
    first, pause, fourth, abort = run.runs[0], run.runs[3], run.runs[5], run.runs[6]
    assert (run.notes["paused"], run.notes["aborted"]) == ("paused", "aborted")
    assert f"/task-run {TASK}" in answered(pause.text)
    assert "work tree" in answered(abort.text)
    kinds = [record.kind for record in journal(run.project, TASK)]
    assert kinds[kinds.index("paused") : kinds.index("resumed")] == ["paused", "lease_released", "reported"]
    assert all(not result.is_error for result in run.after["works after the pause"].results)
    assert all(not result.is_error for result in run.after["works after the abort"].results)
    assert (first.code, first.text, fourth.code) == (0, "It is paused.", 0)
    assert all_of(run, "stop_blocked") == []
    assert entry(run.project, TASK)["status"] == "aborted"
    assert (run.project / "src/shop/task_031_database_developer.py").exists()
    assert not run.left


def test_a_directive_of_a_paused_run_is_not_carried_out(played: Play) -> None:
    run = played(crowds)
    came_to_nothing(run, "goes on after the pause", status="paused")


GUARDED = {  # a misstep without the gates, and the run that meets them
    "writes the state file": meddles,
    "writes the state file with Bash": meddles,
    "writes the summary": meddles,
    "writes code": meddles,
    "lets another agent judge": meddles,
    "runs a built-in skill": meddles,
}


@pytest.mark.parametrize("name", GUARDED)
def test_without_the_gates_the_same_misstep_goes_through(played: Play, name: str) -> None:
    assert not any(result.is_error for result in played(unguarded).after[name].results)
    assert played(GUARDED[name]).after[name].refused


def test_without_the_gates_one_turn_completes_the_task_with_the_model_that_was_asked_for(played: Play) -> None:
    run = played(unguarded)
    assert run.after["writes the state file"].status == "completed"
    assert (run.project / SUMMARY).exists()
    served = {str(item["body"]["model"]) for item in run.runs[0].requests}
    assert any("opus" in model for model in served)
    asked = {item.dispatch: item for item in wire(played(chooses).runs[0].requests)}
    assert (asked["d-0003"].station, asked["d-0003"].model) == ("database-developer", "haiku")
    assert {item.model for item in asked.values() if item.station == "database-developer"} == {"haiku", "sonnet"}
    due = [(data["dispatch"], data["model"]) for data in all_of(played(chooses), "dispatched")]
    assert [(item.dispatch, item.model) for item in asked.values()] == due
    assert status(run.project) == "completed"
    assert played(hurries).after["stops after the first developer"].status == "in_progress"


def test_what_was_refused_is_told_without_the_place_of_the_project(played: Play) -> None:
    for run in (played(meddles), played(crowds)):
        assert all(str(run.project) not in what + why for what, why in refusals(run))
