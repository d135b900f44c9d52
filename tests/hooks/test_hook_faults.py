"""Hooks that arrive several times at once, and writers that are killed: nothing lost, nothing twice."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from assembly_line.storage import follow
from tests.hooks.driver import ROOT, SCRIPTS, TASK, Client, decision, environment, said
from tests.storage.place import lines_of, make

WRITERS, EVENTS, KILLS = 8, 50, 12


def at_once(client, payload, times=10):
    """The answers to one event delivered to several processes at the same moment."""
    script = str(ROOT / "hooks" / f"{SCRIPTS[payload['hook_event_name']]}.py")
    variables = environment(client.root, client.data)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    started = [subprocess.Popen([sys.executable, "-I", script], env=variables, **pipes) for _ in range(times)]
    for process in started:
        process.stdin.write(json.dumps(payload).encode() + b"\n")
        process.stdin.flush()
    answers = []
    for process in started:
        out, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, b"")
        answers.append(json.loads(out) if out else {})
    return answers


def delivered(client, event, **members):
    """What ten deliveries of an event answer, and the kinds of the records that they led to."""
    before = len(client.kinds()) if client.directive else 0
    answers = at_once(client, client.payload(event, **members))
    return answers, client.kinds()[before:]


def call(client):
    return {"tool_name": "Agent", "tool_input": client.directive["input"], "tool_use_id": "toolu_1"}


def test_ten_commands_at_once_start_one_run(client):
    command = {"command_name": "assembly-line:task-run", "command_args": TASK}
    answers, kinds = delivered(client, "UserPromptExpansion", **command)
    assert kinds.count("run_started") == 1
    assert kinds.count("bundle_created") == 1
    assert len({said(answer).split("```directive")[1] for answer in answers}) == 1


def test_ten_deliveries_of_an_agent_call_are_one_dispatch_and_ten_equal_answers(client):
    client.run()
    answers, kinds = delivered(client, "PreToolUse", **call(client))
    assert kinds == ["dispatched"]
    assert decision(answers[0]) == "allow"
    assert all(answer == answers[0] for answer in answers)


def test_ten_deliveries_of_a_refused_call_are_one_record_and_ten_equal_answers(client):
    client.run()
    members = {**call(client), "tool_input": {**client.directive["input"], "subagent_type": "general-purpose"}}
    answers, kinds = delivered(client, "PreToolUse", **members)
    assert kinds == ["refused"]
    assert decision(answers[0]) == "deny"
    assert all(answer == answers[0] for answer in answers)


def test_ten_deliveries_of_a_start_a_command_and_an_end_are_one_each(client):
    client.run()
    client.until("validation")
    client.call()
    agent = client.agent_id
    answers, kinds = delivered(
        client, "SubagentStart", agent_id=agent, agent_type=client.directive["input"]["subagent_type"]
    )
    assert (answers, kinds) == ([{}] * 10, ["agent_started"])
    members = {"tool_name": "Bash", "tool_use_id": "b1", "tool_response": {}, "agent_id": agent}
    answers, kinds = delivered(client, "PostToolUse", tool_input={"command": "make test"}, **members)
    assert (answers, kinds) == ([{}] * 10, ["command_ran"])
    client.bash("python3 -m unittest -q")
    answers, kinds = delivered(client, "SubagentStop", agent_id=agent, last_assistant_message=client.message())
    assert answers == [{}] * 10
    assert kinds == ["verdict_given", "passed", "summary_written"]


def test_ten_deliveries_of_a_malformed_report_are_sent_back_once(client):
    client.run()
    client.call()
    client.begin()
    answers, kinds = delivered(client, "SubagentStop", agent_id=client.agent, last_assistant_message="done")
    assert kinds == ["report_rejected"]
    assert decision(answers[0]) == "block"
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize("event", ["Stop", "SessionEnd"])
def test_ten_deliveries_of_an_end_count_once(client, event):
    client.run()
    answers, kinds = delivered(client, event, last_assistant_message="I stop.", reason="other")
    assert len(kinds) == 1
    assert all(answer == answers[0] for answer in answers)


WRITER = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from assembly_line.engine import drive, store
from assembly_line.system import disk
from assembly_line.core.run import Event
from assembly_line.storage.vault import Vault
root, data, name, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
acknowledged = f"{{data}}/ack-{{name}}"
done = int(disk.read(acknowledged) or b"0")
for number in range(done, count):
    key = f"{{name}}-{{number}}"
    with store.opened(root, "{TASK}", Vault(root, data)) as held:
        drive.record_repairs(held)
        if key not in held.run.keys:
            held.record(Event("refused", {{"what": "x", "why": "y"}}, key=key))
    disk.write(acknowledged, str(number + 1).encode(), durable=False)
"""


def test_writers_that_are_killed_and_deliver_again_lose_nothing_and_write_nothing_twice(tmp_path):
    place = make(tmp_path)
    place.begin()
    dice = random.Random(8)

    def writer(number):
        return subprocess.Popen(
            [sys.executable, "-c", WRITER, str(place.root), str(place.data), f"w{number}", str(EVENTS)]
        )

    running = {number: writer(number) for number in range(WRITERS)}
    kills = 0
    until = time.monotonic() + 60
    while running:
        assert time.monotonic() < until
        for number, process in list(running.items()):
            if process.poll() == 0:
                del running[number]
            elif process.poll() is not None:
                assert process.returncode == -signal.SIGKILL
                running[number] = writer(number)
        if kills < KILLS and running and dice.random() < 0.5:
            os.kill(running[dice.choice(list(running))].pid, signal.SIGKILL)
            kills += 1
        time.sleep(0.03)
    records = lines_of(place.journal)
    keys = [item["key"] for item in records if item["key"]]
    assert kills == KILLS
    assert sorted(keys) == sorted(f"w{writer}-{event}" for writer in range(WRITERS) for event in range(EVENTS))
    assert {item["kind"] for item in records} == {"run_started", "lease_taken", "refused"}
    assert follow.peek(str(place.root), TASK)[0].stage == "bundle_creation"


def test_the_client_of_this_test_speaks_for_one_session(client):
    assert isinstance(client, Client)
