"""What an agent's shell commands write is known from its transcript."""

import json

import pytest

from tests.hooks.looking import work_until
from tests.support.client import TASK


def types(client, *commands):
    """Let the agent at work type these commands."""
    for command in commands:
        client.used("Bash", {"command": command}, client.agent)


def wrote(client):
    path = client.root / f"docs/planning/journal/{TASK}.jsonl"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    return [item["data"]["path"] for item in records if item["kind"] == "wrote" and "src" in item["data"]["path"]]


@pytest.mark.parametrize("lost", [False, True])
def test_what_a_developers_commands_name_as_their_target_is_a_source(client, lost):
    client.run()
    work_until(client, "development")
    client.dispatch()
    (client.root / "src").mkdir(exist_ok=True)
    types(client, "cat > src/a.py <<'X'\n1\nX", "cat src/b.py > /tmp/b.py", "python3 src/c.py", "true > ../src-else")
    if lost:
        client.send(client.called())
    else:
        client.end(client.message())
    assert wrote(client) == ["src/a.py"]


def test_a_testers_log_is_no_source_but_its_module_is(client):
    client.run()
    work_until(client, "development")
    client.dispatch()
    types(client, "echo 1 > src/a.py")
    client.end(client.message())
    client.back()
    work_until(client, "test")
    client.dispatch()
    types(client, "sh t.sh > src/out.log", "echo 1 > src/test_a.py")
    client.end(client.message())
    assert wrote(client) == ["src/a.py", "src/test_a.py"]


def test_a_judge_makes_no_sources(client):
    client.run()
    client.until("validation")
    client.dispatch()
    types(client, "echo 1 > src/z.py")
    client.end(client.message())
    assert wrote(client) == []
