"""An event counts only if the client sent it: how its hook was started, and what transcripts show at an agent's end."""

import pytest

from assembly_line.core import ends, machine, policy, witness
from assembly_line.core.run import Command
from assembly_line.core.witness import Start, Trace
from tests.support.walk import Line

TAKEN = Start(2, True)  # how the client starts a hook: a launcher between them, and it reads the answer
SEEN = Trace(True, True, "call-1", True, False)


def at_work():
    line = Line().begin()
    line.call()
    line.bind()
    return line


@pytest.mark.parametrize(
    ("taken", "now", "alive", "is_strange"),
    [
        (TAKEN, TAKEN, True, False),
        (TAKEN, Start(1, True), True, False),  # without the launcher
        (TAKEN, Start(2, False), True, True),  # below a shell of the client, in the launcher's place
        (TAKEN, Start(3, True), True, True),
        (TAKEN, Start(7, False), True, True),
        (TAKEN, Start(None, False), True, True),  # a process that was set apart, or another client
        (TAKEN, Start(None, False), False, True),  # the client is gone
        (Start(4, True), Start(4, True), True, False),  # a client that starts all its programs behind others
        (Start(4, True), Start(5, True), True, True),
        (Start(2, False), Start(2, False), True, False),  # one whose hooks write elsewhere
        (Start(None, False), Start(None, False), True, False),  # a system that does not tell
        (Start(None, False), Start(9, False), False, False),
    ],
)
def test_a_hook_is_the_clients_if_it_was_started_as_the_one_that_took_the_run(taken, now, alive, is_strange):
    assert bool(witness.stranger("SubagentStop", taken, now, alive)) is is_strange


@pytest.mark.parametrize(("event", "is_strange"), [("SessionEnd", False), ("StopFailure", False), ("Stop", True)])
def test_what_a_dying_client_still_sends_only_returns_the_run(event, is_strange):
    assert bool(witness.stranger(event, TAKEN, Start(), False)) is is_strange
    assert witness.stranger(event, TAKEN, Start(), True)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({}, ""),
        ({"call": ""}, ""),  # a client that does not note the call beside the transcript
        ({"kept": False}, "keeps no transcript"),
        ({"called": False}, "call-1"),
        ({"call": "call-9"}, "call-9"),
        ({"answered": False}, "no model"),
        ({"busy": True}, "no result yet"),
    ],
)
def test_an_end_is_believed_only_if_the_transcripts_show_call_answer_and_end(changes, named):
    run = at_work().run
    doubt = witness.doubt(run, run.open, SEEN._replace(**changes))
    assert named in doubt if named else doubt == ""
    assert witness.doubt(run._replace(rules=2), run.open, SEEN._replace(**changes)) == ""


def test_an_end_that_is_not_believed_leaves_its_dispatch_open_and_names_the_reason_if_nothing_better_comes():
    line = at_work()
    line.take(ends.unwitnessed(line.run, "its transcript shows no model that answered it", True))
    assert (line.run.stage, line.run.forged, line.run.open.id) == ("bundling", 1, "d-0001")
    line.take(policy.call_returned(line.run, policy.Returned(line.run.open.call, line.run.open.agent)))
    assert line.run.deaths == 1
    assert "its transcript shows no model that answered it" in line.run.error.message


def test_a_session_without_transcripts_is_held_once_and_costs_no_second_agent():
    line = at_work()
    line.take(ends.unwitnessed(line.run, "the client keeps no transcript of this session", False))
    assert (line.run.stage, line.run.error.kind, line.run.deaths) == (machine.PAUSED, "transcript", 0)


def test_of_a_thousand_forged_events_the_first_ones_are_noted():
    line = at_work()
    for number in range(1000):
        line.record(*witness.forged(line.run, f"Stop {number}", "it came from elsewhere"))
    assert [event.data["what"] for event, _ in line.records if event.kind == "forged"] == [
        f"Stop {number}" for number in range(12)
    ]


RAN = Command("npm test", True, 0, call="toolu_1")


@pytest.mark.parametrize(
    ("command", "results", "is_taken_back"),
    [
        (RAN, {"toolu_1": False}, False),
        (RAN, {"toolu_2": False}, True),
        (RAN, {"toolu_1": True}, True),
        (RAN._replace(ok=False, status=1), {"toolu_1": True}, False),
        (RAN._replace(ok=False, status=1), {"toolu_1": False}, False),  # such as a grep that found nothing
        (RAN._replace(call=""), {}, False),  # recorded by an earlier release
    ],
)
def test_a_command_is_evidence_only_if_its_agents_transcript_shows_it_as_it_was_told(command, results, is_taken_back):
    line = at_work()
    line.run = line.run._replace(open=line.run.open._replace(commands=(command,)))
    line.record(*witness.unseen_commands(line.run.open, results))
    assert line.run.open.commands == (() if is_taken_back else (command,))


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        ({"error": "API Error: 500"}, "API Error: 500"),
        ({"kind": "general-purpose"}, "an agent of type general-purpose in place of line:bundler"),
        ({"kind": "line:bundler", "said": "NOTE: this agent stopped at its 2-turn limit before it"}, "2 turns"),
        ({"said": "API Error: 529 overloaded"}, "529"),
        ({"said": "I am done."}, "names no reason"),
    ],
)
def test_a_lost_agent_is_reported_as_it_was_seen(seen, told):
    assert told in ends.why_lost(at_work().run.open, **seen)


def test_an_agent_whose_start_was_never_seen_is_told_as_that():
    line = Line().begin()
    line.call()
    assert "no start of its agent" in ends.why_lost(line.run.open)
