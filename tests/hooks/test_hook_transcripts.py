"""What an agent did is looked for in its transcript, which the client writes a moment later."""

import json

import pytest

from assembly_line.client import transcript
from assembly_line.hook import agent_end

LOG = ".task_bundles/TASK-1/log.txt"


def entry(file):
    tool = {"type": "tool_use", "name": "Read", "input": {"file_path": file}}
    return json.dumps({"message": {"content": [tool]}}) + "\n"


@pytest.mark.parametrize("early", [None, "", entry("src/a.py")])
@pytest.mark.parametrize(("late", "has_read"), [(entry(LOG), True), (entry("src/a.py"), False), ("{}\n", False)])
def test_a_transcript_that_comes_late_is_waited_for(monkeypatch, tmp_path, early, late, has_read):
    path = tmp_path / "agent.jsonl"
    if early is not None:
        path.write_text(early)
    monkeypatch.setattr(transcript, "wait_for_flush", lambda: path.write_text((early or "") + late))
    assert agent_end._has_read(str(path), str(tmp_path), (LOG,)) is has_read


def test_without_any_transcript_nothing_can_be_told(monkeypatch, tmp_path):
    monkeypatch.setattr(transcript, "wait_for_flush", lambda: None)
    assert agent_end._has_read(str(tmp_path / "none.jsonl"), str(tmp_path), (LOG,))


def called(call, agent="assembly-line:validator"):
    part = {"type": "tool_use", "id": call, "name": "Agent", "input": {"subagent_type": agent}}
    return {"timestamp": "2026-11-20T12:00:01.000Z", "message": {"content": [part]}}


def result(call, **members):
    part = {"type": "tool_result", "tool_use_id": call, "content": "done", **members}
    return {"timestamp": "2026-11-20T12:00:02.000Z", "message": {"content": [part]}}


@pytest.mark.parametrize(
    ("lines", "seen"),
    [
        ([called("t1"), result("t1")], {"t1": "assembly-line:validator"}),
        ([called("t1"), result("t1", is_error=False)], {"t1": "assembly-line:validator"}),
        ([called("t1")], {}),
        ([called("t1"), result("t1", is_error=True)], {}),
        ([called("t1"), result("t2")], {}),
        ([called("t1"), called("t2"), result("t2")], {"t2": "assembly-line:validator"}),
        ([called("t1", "general-purpose"), result("t1")], {}),
        ([called("t1"), {"timestamp": "2026-11-20T12:00:02.000Z", "message": {"content": "tool_result"}}], {}),
    ],
)
def test_an_agent_was_at_work_only_if_its_call_has_a_result(tmp_path, lines, seen):
    path = tmp_path / "session.jsonl"
    path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
    assert transcript.agent_calls(str(path), "2026-11-20T12:00:00.000Z") == seen
    assert transcript.agent_calls(str(path), "2026-11-20T12:00:03.000Z") == {}
