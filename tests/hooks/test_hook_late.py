"""Agents whose start or end no hook saw: killed, starved or switched off meanwhile."""

import json

import pytest

from assembly_line.client.denials import path_of
from assembly_line.project import bundle
from tests.support.client import TASK

PARTS = {
    "text": {"type": "text", "text": "..."},
    "tool": {"type": "tool_use", "id": "t", "name": "Read", "input": {"file_path": bundle.log_path(TASK)}},
}


def writes(path, *entries):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        for number, (role, content) in enumerate(entries):
            message = {"id": f"m{number}", "role": role, "content": [content], "model": "haiku"}
            entry = {"type": role, "message": {**message, "usage": {"input_tokens": 1, "output_tokens": 1}}}
            file.write(json.dumps(entry, separators=(",", ":")) + "\n")


def ends_unseen(client, message=None, *, then=()):
    """The agent at work ends; only the client's transcripts tell it."""
    said = {"type": "text", "text": client.message() if message is None else message}
    path = client.root.parent / path_of(str(client.transcript), client.agent_id)
    writes(path, ("assistant", PARTS["tool"]), ("assistant", said), *then)
    result = {"type": "tool_result", "tool_use_id": client.call_id, "content": "done"}
    writes(client.transcript, ("user", result))


def at_work(client, stage="implementation"):
    client.run()
    client.until(stage)
    assert client.dispatch()
    return client


NEXT = {
    "the end of the call": lambda client: client.back(),
    "the next call": lambda client: client.call(),
    "the end of the turn": lambda client: client.fire("Stop"),
}


@pytest.mark.parametrize("event", NEXT)
@pytest.mark.parametrize("stage", ["ready_for_bundler", "implementation", "validation", "compliance"])
def test_a_report_that_no_hook_saw_is_read_by_the_next_event(client, stage, event):
    at_work(client, stage)
    ends_unseen(client)
    NEXT[event](client)
    kinds = client.kinds()
    assert kinds.count("agent_failed") == 0
    assert kinds.count("repaired") == 1
    client.until("completed")


@pytest.mark.parametrize(
    ("message", "then"),
    [("no report", ()), (None, (("assistant", PARTS["tool"]),)), (None, (("assistant", PARTS["text"]),))],
)
@pytest.mark.parametrize("event", NEXT)
def test_last_words_without_a_report_are_a_lost_agent(client, message, then, event):
    at_work(client)
    ends_unseen(client, message, then=then)
    NEXT[event](client)
    assert client.kinds().count("agent_failed") == 1
    client.until("completed")


def test_a_verdict_that_no_hook_saw_is_held_to_what_the_hooks_saw(client):
    client.run()
    client.until("validation")
    client.call()
    client.begin()  # it runs nothing
    ends_unseen(client)
    client.back()
    assert client.state().verdict == ""


def test_an_agent_whose_start_no_hook_saw_is_bound_at_its_end(client):
    client.run()
    client.call()
    client.write_bundle()
    kind = client.directive["input"]["subagent_type"]
    client.send({**client.stopped(agent=client.agent_id), "agent_type": kind})
    client.back()
    assert client.state().bundled
    client.until("completed")


def test_an_agent_of_another_type_is_not(client):
    client.run()
    client.call()
    client.write_bundle()
    client.send({**client.stopped(agent=client.agent_id), "agent_type": "general-purpose"})
    assert not client.state().bundled


def test_a_call_that_came_to_nothing_before_its_agent_began_costs_no_retry(client):
    client.run()
    for _ in range(4):
        client.call()
        result = {"type": "tool_result", "tool_use_id": client.call_id, "content": "hook error", "is_error": True}
        writes(client.transcript, ("user", result))
        client.call()
    assert (client.state().deaths, client.state().stage) == (0, "bundling")


def test_a_call_that_is_still_at_work_is_not_taken_for_one_that_is_over(client):
    at_work(client)
    before = client.state().open
    client.call()
    assert client.state().open == before
    assert client.task == TASK
