"""What an earlier run of a task leaves behind when the task is run again."""

import pytest

from assembly_line.errors import LineError
from assembly_line.statefile import document
from tests.support.client import TASK


def test_the_summary_of_an_earlier_run_never_speaks_for_one_that_ended_without_its_own(client) -> None:
    client.run()
    client.until("completed")
    summary = client.root / "docs" / "tasks" / f"{TASK}-summary.md"
    first = summary.read_bytes()
    client.run(f"{TASK} --restart")
    client.command("abort", TASK)
    assert not summary.exists()
    assert (client.root / ".task_bundles" / TASK / "earlier-summary.md").read_bytes() == first


@pytest.mark.parametrize(
    "text", ['{version: "1.0", tasks: {}}\n', "tasks: {A-1: {status: pending}}\n", "tasks: [A-1]\n", "a: b: c\n"]
)
def test_a_state_file_that_takes_no_entry_refuses_the_run_and_binds_nobody(client, text):
    state = client.root / "docs/planning/.project-state.yaml"
    state.parent.mkdir(parents=True, exist_ok=True)
    state.write_text(text)
    assert client.run()["decision"] == "block"
    assert not (client.root / "docs/planning/journal").exists()
    assert not (client.data / "sessions" / client.session).exists()
    given = {"file_path": str(state), "content": "tasks:\n"}
    assert client.fire("PreToolUse", tool_name="Write", tool_input=given, tool_use_id="w1") == {}
    assert client.fire("Stop") == {}
    assert state.read_text() == text


def test_a_state_file_that_cannot_be_written_binds_nobody(client, monkeypatch):
    def refuse(*_):
        raise LineError("the disk is full")

    monkeypatch.setattr(document, "update", refuse)
    assert client.run()["decision"] == "block"
    monkeypatch.undo()
    assert client.fire("Stop") == {}
    client.run()
    client.until("completed")
