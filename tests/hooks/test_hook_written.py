"""What an agent's shell commands write is known from its transcript."""

import json

import pytest

from assembly_line.core.next_step import expected
from tests.support.client import TASK


def transcript(path, folder, *commands):
    """The transcript of an agent that ran these commands."""
    lines = []
    for number, command in enumerate(commands):
        block = {"type": "tool_use", "id": f"toolu_{number}", "name": "Bash", "input": {"command": command}}
        message = {"role": "assistant", "content": [block]}
        lines.append(json.dumps({"type": "assistant", "cwd": str(folder), "message": message}, separators=(",", ":")))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def work_until(client, kind):
    """Good work until a station of this kind is due."""
    while (run := client.state()).station(expected(run).station).kind != kind:
        client.work()


def wrote(client):
    path = client.root / f"docs/planning/journal/{TASK}.jsonl"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    return [item["data"]["path"] for item in records if item["kind"] == "wrote" and "src" in item["data"]["path"]]


@pytest.mark.parametrize("lost", [False, True])
def test_what_a_developers_commands_name_as_their_target_is_a_source(client, tmp_path, lost):
    client.run()
    work_until(client, "development")
    client.dispatch()
    (client.root / "src").mkdir(exist_ok=True)
    file = (
        client.transcript.with_suffix("") / "subagents" / f"agent-{client.agent_id}.jsonl" if lost else tmp_path / "a"
    )
    commands = ("cat > src/a.py <<'X'\n1\nX", "cat src/b.py > /tmp/b.py", "python3 src/c.py", "true > ../src-elsewhere")
    path = transcript(file, client.root, *commands)
    if lost:
        client.send(client.called())
    else:
        client.end(client.message(), agent_transcript_path=path)
    assert wrote(client) == ["src/a.py"]


def test_a_testers_log_is_no_source_but_its_module_is(client, tmp_path):
    client.run()
    work_until(client, "development")
    client.dispatch()
    client.end(client.message(), agent_transcript_path=transcript(tmp_path / "a", client.root, "echo 1 > src/a.py"))
    client.back()
    work_until(client, "test")
    client.dispatch()
    path = transcript(tmp_path / "b", client.root, "sh t.sh > src/out.log", "echo 1 > src/test_a.py")
    client.end(client.message(), agent_transcript_path=path)
    assert wrote(client) == ["src/a.py", "src/test_a.py"]


def test_a_judge_makes_no_sources(client, tmp_path):
    client.run()
    client.until("validation")
    client.dispatch()
    client.end(client.message(), agent_transcript_path=transcript(tmp_path / "a", client.root, "echo 1 > src/z.py"))
    assert wrote(client) == []
