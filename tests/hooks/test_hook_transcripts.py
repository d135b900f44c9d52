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
