"""What a person types, through the hook that answers it."""

import pytest

from assembly_line.statefile import document
from tests.hooks.looking import marked
from tests.support.client import TASK
from tests.support.delivery import decision


def test_a_completed_task_is_said_to_be_and_nothing_is_run(client):
    client.run()
    client.until("completed")
    client.fire("Stop")
    before = client.kinds()
    answer = client.run()
    assert decision(answer) == "block"
    assert "completed" in answer["reason"]
    assert client.kinds() == before


def test_restart_runs_a_completed_task_again(client):
    client.run()
    client.until("completed")
    client.fire("Stop")
    client.run(f"{TASK} --restart")
    assert client.state().number == 2
    client.until("completed")


BAD_ARGUMENTS = [
    "",
    "TASK-404",
    "../x",
    "TASK-008 TASK-009",
    "TASK-008 --force",
    "x; touch y",
    "TASK-008 --state /etc/passwd",
    "-",
    "CON",
    "a" * 65,
    "TASK-008\u2028x",
    "--restart",
    "--state",
]


@pytest.mark.parametrize("arguments", BAD_ARGUMENTS)
def test_a_bad_command_gets_one_line_and_writes_nothing(client, arguments):
    before = sorted(str(path) for path in client.root.rglob("*"))
    answer = client.run(arguments)
    assert decision(answer) == "block"
    assert answer["reason"].isprintable()
    assert sorted(str(path) for path in client.root.rglob("*")) == before
    assert marked(client) is None


def test_a_changed_blueprint_is_not_resumed_silently(client):
    client.run()
    client.command("pause")
    client.fire("Stop")
    blueprint = client.root / f"docs/planning/tasks/{TASK}.yaml"
    blueprint.write_text(blueprint.read_text() + "priority: high\n")
    answer = client.run()
    assert decision(answer) == "block"
    assert "--restart" in answer["reason"]
    client.run(f"{TASK} --restart")
    assert client.state().number == 2


def test_a_run_that_goes_on_keeps_its_state_file(client):
    client.run()
    client.command("pause")
    client.fire("Stop")
    answer = client.run(f"{TASK} --state .feature-x-state.yaml")
    assert decision(answer) == "block"
    assert "docs/planning/.project-state.yaml" in answer["reason"]
    assert client.state().stage == "paused"
    assert decision(client.run(f"{TASK} --state .project-state.yaml")) != "block"


@pytest.mark.parametrize("member", ["agents", "models"])
def test_a_role_that_no_station_has_is_refused_with_the_roles_there_are(client, member):
    (client.root / "assembly-line.yaml").write_text(f"{member}: {{code-reviwer: sonnet}}\n")
    answer = client.run()
    assert decision(answer) == "block"
    assert f"{member}: 'code-reviwer' is not one of api-designer, " in answer["reason"]


def test_status_names_every_task_and_one_in_detail(client):
    assert decision(client.command("status")) == "block"
    client.run()
    assert TASK in client.command("status")["reason"]
    assert "bundler" not in client.command("status", "TASK-404")["reason"]
    assert TASK in client.command("status", TASK)["reason"]


def test_two_tasks_one_after_the_other_in_one_session(tmp_path, client):
    second = client.root / "docs/planning/tasks/TASK-009.yaml"
    second.write_text((client.root / f"docs/planning/tasks/{TASK}.yaml").read_text().replace(TASK, "TASK-009"))
    client.run()
    assert decision(client.run("TASK-009")) == "block"
    client.until("completed")
    client.fire("Stop")
    client.run("TASK-009")
    client.until("completed")
    found = document.load(str(client.root), "docs/planning/.project-state.yaml")
    assert {name: entry["status"] for name, entry in found["tasks"].items()} == {
        TASK: "completed",
        "TASK-009": "completed",
    }
