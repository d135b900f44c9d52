"""The harness itself: server and client, with a trivial plugin or none."""

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from assembly_line.client import program
from assembly_line.errors import LineError
from assembly_line.rehearsal import conversation
from assembly_line.rehearsal.artefacts import Ground, survey
from assembly_line.rehearsal.cast import script
from assembly_line.rehearsal.plan import Fault, Gap, Issue, Plan, Violation, failing, load
from assembly_line.rehearsal.relay import answer
from assembly_line.rehearsal.stage import copy, rehearse
from assembly_line.rehearsal.wire import Reply, ToolCall
from tests.support.harness import ROOT, Scene, open_scene

HOOK = """#!/bin/sh
cat >> "$CLAUDE_PLUGIN_DATA/payloads.jsonl"
"""


def trivial_plugin(folder: Path) -> Path:
    """A plugin with one agent, and one hook that records the payloads of two events."""
    entry = [{"hooks": [{"type": "command", "command": "${CLAUDE_PLUGIN_ROOT}/hook.sh", "args": []}]}]
    files = {
        ".claude-plugin/plugin.json": json.dumps({"name": "assembly-line", "version": "0.0.1", "description": "x"}),
        "agents/worker.md": "---\nname: worker\ndescription: Works\ntools: Bash, Read, Edit, Write\n---\nWork.\n",
        "hooks/hooks.json": json.dumps({"hooks": {"SubagentStart": entry, "SubagentStop": entry}}),
        "hook.sh": HOOK,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "hook.sh").chmod(0o755)
    return folder


def delegate(body: dict[str, Any]) -> Reply:
    """The main session starts one worker in the foreground; the worker runs one command."""
    said = [item for item in body["messages"] if item["role"] == "assistant"]
    worker = "Agent" not in {tool["name"] for tool in body["tools"]}
    if said:
        return Reply("worker is done" if worker else "main is done")
    if worker:
        return Reply("", (ToolCall("Bash", {"command": "echo made > made.txt; sleep 0.5", "description": "Make"}),))
    agent = {"subagent_type": "assembly-line:worker", "description": "d", "prompt": "p", "run_in_background": False}
    return Reply("", (ToolCall("Agent", agent),))


def test_a_print_run_gives_result_requests_and_exit_code(tmp_path: Path) -> None:
    with open_scene(tmp_path, plugins=()) as scene:
        scene.script = lambda body: Reply("hello from the script")
        ran = scene.run("hi")
    assert (ran.code, ran.text, ran.whose()) == (0, "hello from the script", ["relay"])
    assert ran.session


def test_only_loopback_and_no_variable_of_the_users_client_reach_the_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "of the user")
    monkeypatch.setenv("CLAUDE_CODE_USE_BEDROCK", "1")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with open_scene(tmp_path, plugins=()) as scene:
        scene.script = lambda body: Reply("reached")
        ran = scene.run("hi")
        assert ran.text == "reached"
        assert all("authorization" not in item["headers"] for item in ran.requests)


def test_plugin_data_and_session_survive_from_run_to_run(tmp_path: Path) -> None:
    with open_scene(tmp_path, plugins=(trivial_plugin(tmp_path / "plugin"),)) as scene:
        scene.script = delegate
        first = scene.run("go")
        assert (first.code, first.text) == (0, "main is done")
        assert (scene.project / "made.txt").read_text() == "made\n"
        scene.script = lambda body: Reply("again")
        second = scene.run("more", resume=first.session)
        assert (second.text, second.session) == ("again", first.session)
        events = [json.loads(line) for line in (scene.data / "payloads.jsonl").read_text().splitlines()]
    assert [event["hook_event_name"] for event in events] == ["SubagentStart", "SubagentStop"]
    assert events[1]["last_assistant_message"] == "worker is done"


def test_a_run_is_killed_when_the_files_say_so(tmp_path: Path) -> None:
    with open_scene(tmp_path, plugins=(trivial_plugin(tmp_path / "plugin"),)) as scene:
        scene.script = delegate
        began = time.monotonic()
        ran = scene.run_until(lambda project: (project / "made.txt").exists(), "go")
        assert ran.code == -9
        assert time.monotonic() - began < 30
        assert "main is done" not in ran.text
        scene.script = lambda body: Reply("resumed")
        assert scene.run("go on", resume=ran.session).text == "resumed"


def test_a_rehearsal_leaves_the_project_itself_alone(tmp_path: Path) -> None:
    project = tmp_path / "mine"
    (project / "src" / "shop").mkdir(parents=True)
    (project / "src" / "shop" / "__init__.py").write_text("")
    plugin = trivial_plugin(tmp_path / "plugin")
    binary = program.find(ROOT / program.CACHE, fetch=False)
    done = rehearse(project, "hi", plugin, binary, tmp_path / "scratch", seconds=60)
    assert (done.outcome.code, done.faults, len(done.requests)) == (0, [], 1)
    assert (done.project / ".git").is_dir()
    assert sorted(path.name for path in project.rglob("*")) == ["__init__.py", "shop", "src"]


def test_without_a_directive_the_relay_ends_its_turn(tmp_path: Path) -> None:
    with open_scene(tmp_path, plugins=()) as scene:
        scene.script = answer
        assert scene.run("hi").text == "No directive has arrived, so there is nothing to do."


@pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not on PATH: the interactive client was not started")
def test_an_interactive_client_starts_without_a_dialog_and_answers(tmp_path: Path) -> None:
    with open_scene(tmp_path, plugins=()) as scene:
        scene.script = lambda body: Reply("typed and answered")
        with scene.terminal() as terminal:
            terminal.send("hello")
            terminal.wait_for("typed and answered", seconds=30)


def prompt(role: str, iteration: int = 1, extra: str = "") -> str:
    """A station's prompt as the engine builds it, for two criteria."""
    return (
        f"dispatch: d-0001\ntask: TASK-008\nstation: {role}\nrole: {role}\nstage: implementation\n"
        f"iteration: {iteration}\ntier: T1\nbundle: .task_bundles/TASK-008\n\n# Lend a book\nBooks can be lent.\n\n"
        '## Criteria\n- AC-1: a "lent" book is gone  (Given one copy)\n- AC-2: a returned book is back\n\n'
        f"{extra}## Report\nEnd with a block.\n"
    )


def through_stations(scene: Scene, plan: Plan, *prompts: str) -> list[dict[str, Any]]:
    """Send the prompts to agents of the real client, one after the other; returns their report blocks."""

    def relayed(body: dict[str, Any]) -> Reply:
        done = len(conversation.calls(body))
        if done == len(prompts):
            return Reply("all stations are done")
        agent = {"subagent_type": "assembly-line:worker", "description": "d", "prompt": prompts[done]}
        return Reply("", (ToolCall("Agent", {**agent, "run_in_background": False}),))

    scene.script = script(plan, scene.ground, relayed)
    ran = scene.run("go")
    assert ran.text == "all stations are done"
    payloads = [json.loads(line) for line in (scene.data / "payloads.jsonl").read_text().splitlines()]
    last = [item["last_assistant_message"] for item in payloads if item["hook_event_name"] == "SubagentStop"]
    blocks = [yaml.safe_load(text.partition("```yaml\n")[2].removesuffix("```")) for text in last]
    for block in blocks:
        for key, value in block.items():
            schema = json.loads((ROOT / "assembly_line" / "schemas" / f"{key}.json").read_text(encoding="utf-8"))
            Draft202012Validator(schema).validate(value)
    return blocks


def test_stations_write_their_files_run_the_tests_and_end_with_one_report_block(tmp_path: Path) -> None:
    roles = ("bundler", "api-designer", "api-developer", "code-reviewer", "test-writer", "documentation-writer")
    with open_scene(tmp_path, plugins=(trivial_plugin(tmp_path / "plugin"),)) as scene:
        blocks = through_stations(scene, Plan(), *(prompt(role) for role in roles), prompt("requirements-validator"))
        for name in ("architecture", "security", "code_context", "dependencies"):
            assert (scene.project / ".task_bundles/TASK-008" / f"bundle_{name}.md").is_file()
        assert (scene.project / "src/task_008_api_developer.py").is_file()
        assert (scene.project / "docs/task_008.md").is_file()
    assert [next(iter(block)) for block in blocks] == ["report"] * 6 + ["verdict"]
    assert blocks[4]["report"]["tests"]["total"] == blocks[4]["report"]["tests"]["passed"] == 2
    verdict = blocks[6]["verdict"]
    assert (verdict["result"], [row["result"] for row in verdict["criteria"]]) == ("PASS", ["PASS", "PASS"])
    assert verdict["runtime_verification"]["commands"][0]["exit_code"] == 0


def test_a_verdict_never_passes_when_the_tests_do_not_run(tmp_path: Path) -> None:
    with open_scene(tmp_path, plugins=(trivial_plugin(tmp_path / "plugin"),)) as scene:
        verdict = through_stations(scene, Plan(), prompt("requirements-validator"))[0]["verdict"]
    assert (verdict["result"], verdict["runtime_verification"]["status"]) == ("FAIL", "FAIL")


def test_the_plan_sets_gaps_issues_and_judgements_by_iteration(tmp_path: Path) -> None:
    plan = failing(1, Gap("AC-2", "nothing comes back", "api-developer"))._replace(
        issues=((Issue("R-1", "no check", "src/a.py", 3),),),
        compliance=((Violation("missing_review", "no review", "review"),),),
    )
    mend = "## Open gaps\n- AC-2: nothing comes back\n\n"
    reviewed = "## Review issues\n- R-1 (major, open) no check src/a.py:3\n- R-2 (minor, fixed) x src/a.py:4\n\n"
    asked = (
        prompt("api-developer"),
        prompt("test-writer"),
        prompt("code-reviewer"),
        prompt("requirements-validator"),
        prompt("api-developer", 2, mend),
        prompt("code-reviewer", 2, reviewed),
        prompt("requirements-validator", 2),
        prompt("workflow-compliance", 2),
        prompt("workflow-compliance", 2).replace("d-0001", "d-0002"),
    )
    with open_scene(tmp_path, plugins=(trivial_plugin(tmp_path / "plugin"),)) as scene:
        blocks = through_stations(scene, plan, *asked)
        built = (scene.project / "src/task_008_api_developer.py").read_text()
    assert '"AC-2": "nothing comes back"' in built
    assert [row["result"] for row in blocks[3]["verdict"]["criteria"]] == ["PASS", "FAIL"]
    assert blocks[3]["verdict"]["criteria"][1]["recommended_agent"] == "api-developer"
    reviews = [block["report"]["review"]["issues"] for block in (blocks[2], blocks[5])]
    assert [[(issue["id"], issue["status"]) for issue in found] for found in reviews] == [
        [("R-1", "open")],
        [("R-1", "fixed")],
    ]
    assert (reviews[1][0]["title"], reviews[1][0]["file"], reviews[1][0]["line"]) == ("no check", "src/a.py", 3)
    assert blocks[6]["verdict"]["result"] == "PASS"
    assert [block["compliance"]["result"] for block in blocks[7:]] == ["FAIL", "PASS"]


@pytest.mark.parametrize(
    ("fault", "spoilt"),
    [
        (Fault("developer", "status", status=429), Reply(status=429)),
        (Fault("developer", "hang"), Reply(hang=True)),
        (Fault("developer", "garbage"), Reply(garbage=True)),
        (Fault("developer", "delay", seconds=0.5), Reply(delay=0.5)),
    ],
)
def test_a_fault_strikes_its_station_as_often_as_the_plan_says_and_no_other(fault: Fault, spoilt: Reply) -> None:
    acting = script(Plan(faults=(fault,)), Ground())
    usual = script(Plan(), Ground())(asking("developer"))
    assert acting(asking("bundler")).status == 200
    assert acting(asking("developer", 2))._replace(text="", tools=()) == Reply()
    assert acting(asking("developer")) == spoilt._replace(text=usual.text, tools=usual.tools)
    assert acting(asking("developer")) == usual


@pytest.mark.parametrize("text", ["verdicts: [[{gap: x}]]", "faults: [{station: a, kind: b}]", "- 1", "wrong: 1"])
def test_a_plan_that_is_none_is_refused_with_its_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(text)
    with pytest.raises(LineError, match=r"plan\.yaml"):
        load(file)


def test_a_plan_file_says_what_a_plan_says(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text("verdicts: [[{criterion: AC-1, gap: g}], []]\nfaults: [{station: a, kind: hang}]\npace: 0.5\n")
    assert load(file) == Plan(verdicts=((Gap("AC-1", "g"),), ()), faults=(Fault("a", "hang"),), pace=0.5)


def asking(role: str, iteration: int = 1) -> dict[str, Any]:
    """A station's request at its first turn."""
    return {"messages": [{"role": "user", "content": prompt(role, iteration)}], "tools": [{"name": "Write"}]}


@pytest.mark.parametrize(
    ("packages", "source"),
    [(("src/shelf",), "src/shelf"), (("shop", "tests"), "shop"), ((), "src"), (("src/b", "src/a"), "src/a")],
)
def test_sources_are_written_beside_those_of_the_project(
    tmp_path: Path, packages: tuple[str, ...], source: str
) -> None:
    for name in packages:
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "__init__.py").write_text("")
    assert survey(tmp_path).source == source


def test_a_copy_has_no_history_no_environment_and_no_link_that_leads_out(tmp_path: Path) -> None:
    project = tmp_path / "mine"
    for name in (".git", ".venv", "src"):
        (project / name).mkdir(parents=True)
    (project / "src" / "a.py").write_text("")
    (project / "out").symlink_to(tmp_path)
    (project / "up").symlink_to("..")
    (project / "in").symlink_to("src/a.py")
    copied = copy(project, tmp_path / "copy")
    assert sorted(path.name for path in copied.iterdir()) == ["in", "src"]
    with pytest.raises(LineError, match="inside the project"):
        copy(project, project / "copy")
