"""What the plugin must not do: write for a bad blueprint, touch a project that does not use it, cost, or block."""

import json
import os
import re
import shutil
import time
from pathlib import Path

import pytest

from assembly_line.rehearsal import conversation
from assembly_line.rehearsal.wire import Json, Reply, ToolCall
from tests.support.harness import EXAMPLE, ROOT, Scene, open_scene
from tests.support.reading import answered, files, hook_faults, outputs

TASKS = "docs/planning/tasks"
BAD = {
    "TASK-020.yaml": "id: TASK-020\ntitle: Twice\nacceptance_criteria: [It is there]\n",
    "TASK-020-again.md": "---\nid: TASK-020\ntitle: Twice\n---\n\n## Success Criteria\n\n- [ ] It is there\n",
    "TASK-021.yaml": "id: TASK-021\ntitle: [unclosed\nacceptance_criteria:\n",
    "TASK-022.yaml": "id: TASK-022\ntitle: No criteria\ndescription: Something is wanted.\n",
}
REFUSED = {  # typed text: what the one line must name
    "/task-run TASK-015": (TASKS, "TASK-014"),
    "/task-run TASK-020": ("TASK-020.yaml", "TASK-020-again.md"),
    "/task-run TASK-021": (f"{TASKS}/TASK-021.yaml:",),
    "/task-run TASK-022": (f"{TASKS}/TASK-022.yaml", "criteria"),
    "/task-run ../TASK-008": ("../TASK-008", "id"),
    "/task-run": ("/task-run TASK-XXX",),
    "/task-status TASK-008": ("TASK-008",),
    "/task-pause": ("/task-pause TASK-XXX",),
    "/task-abort TASK-008": ("TASK-008",),
}
LIMIT = 2400  # bytes: 600 tokens at 4 characters


def trees(scene: Scene) -> tuple[dict[str, str], dict[str, str]]:
    """Project and plugin data, without git's own files, the environment, and compiled code."""
    return files(scene.project, ".git"), files(scene.data, "venv", "pycache")


def test_a_refused_command_gives_one_line_writes_nothing_and_asks_no_model(tmp_path: Path, data: Path) -> None:
    with open_scene(tmp_path, EXAMPLE, data=data) as scene:
        for name, text in BAD.items():
            (scene.project / TASKS / name).write_text(text, encoding="utf-8")
        before = trees(scene)
        for typed, words in REFUSED.items():
            ran = scene.run(typed)
            line = answered(ran.text)
            assert (ran.code, ran.requests, hook_faults(ran.lines)) == (0, [], [])
            assert "\n" not in line
            assert [word for word in words if word not in line] == []
        assert trees(scene) == before


def test_a_project_that_never_heard_of_the_plugin_is_left_alone(tmp_path: Path, data: Path) -> None:
    worker = {"subagent_type": "general-purpose", "description": "d"}
    calls = (
        ToolCall("Bash", {"command": "echo made > made.txt", "description": "Make"}),
        ToolCall("Write", {"file_path": "written.txt", "content": "written\n"}),
        ToolCall("Agent", {**worker, "prompt": "p", "run_in_background": False}),
    )

    def answer(body: Json) -> Reply:
        done = len(conversation.calls(body))
        asked = "p" in [item.text for item in conversation.received(body)]
        return Reply("done") if asked or done == len(calls) else Reply("", (calls[done],))

    with open_scene(tmp_path, data=data) as scene:
        scene.script = answer
        before = trees(scene)
        ran = scene.run("go")
        assert (ran.code, ran.text, len(ran.requests)) == (0, "done", 5)
        assert trees(scene) == ({"made.txt": "made\n", "written.txt": "written\n"}, before[1])
    ended = [line for line in ran.hooks if line["subtype"] == "hook_response"]
    wanted = {"SessionStart", "PreToolUse", "PostToolUse", "SubagentStart", "SubagentStop", "Stop"}
    assert {line["hook_event"] for line in ended} >= wanted
    assert {(line["output"], line["stderr"], line["exit_code"]) for line in ended} == {("", "", 0)}


CLOSED = {
    "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
    "PIP_RETRIES": "0",
    "PIP_TIMEOUT": "1",
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_FIND_LINKS": "",
    "PIP_NO_CACHE_DIR": "1",
}


def test_a_session_that_needs_nothing_builds_nothing(tmp_path: Path) -> None:
    with open_scene(tmp_path, EXAMPLE) as scene:
        scene.script = lambda body: Reply("at your service")
        before = files(scene.project, ".git")
        ran = scene.run("hello")
        assert files(scene.project, ".git") == before
        assert files(scene.data) == {}
    assert (ran.code, ran.text, hook_faults(ran.lines), outputs(ran.lines)) == (0, "at your service", [], [])


def test_without_network_and_environment_the_command_says_why_and_writes_nothing(tmp_path: Path) -> None:
    with open_scene(tmp_path, EXAMPLE) as scene:
        scene.variables = CLOSED
        before, begun = files(scene.project, ".git"), time.monotonic()
        ran = scene.run("/task-run TASK-008")
        assert time.monotonic() - begun < 40
        assert (ran.code, ran.requests, hook_faults(ran.lines)) == (0, [], [])
        assert files(scene.project, ".git") == before
        assert not (scene.data / "venv").exists()
    assert re.fullmatch(
        r"assembly-line: the environment could not be built: .+; see docs/install.md", answered(ran.text)
    )


def test_without_python_the_command_says_so_and_writes_nothing(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "cmp", "git"):
        (tools / name).symlink_to(str(shutil.which(name)))
    with open_scene(tmp_path, EXAMPLE) as scene:
        scene.variables = {"PATH": str(tools)}
        before = files(scene.project, ".git")
        ran = scene.run("/task-run TASK-008")
        assert (ran.code, ran.requests, hook_faults(ran.lines)) == (0, [], [])
        assert files(scene.project, ".git") == before
        assert files(scene.data) == {}
    assert "no Python 3.10" in answered(ran.text)


def test_the_first_command_builds_the_environment_and_the_second_starts_no_pip(tmp_path: Path) -> None:
    with open_scene(tmp_path, EXAMPLE) as scene:
        first = scene.run("/task-status")
        assert (scene.data / "venv" / "requirements.txt").read_bytes() == (ROOT / "requirements.txt").read_bytes()
        scene.variables = CLOSED
        before = files(scene.data)
        second = scene.run("/task-status")
        assert files(scene.data) == before
        assert answered(first.text) == answered(second.text) != ""
    assert (hook_faults(first.lines), hook_faults(second.lines)) == ([], [])


def test_what_the_plugin_adds_to_the_first_request_is_under_its_limit(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_scene(tmp_path, data=data) as scene:
        scene.script = lambda body: Reply("hello")
        sizes = {}
        for plugins in ((ROOT,), ()):
            scene.plugins = plugins
            (request,) = scene.run("hi").requests
            sizes[plugins] = len(json.dumps(request["body"], ensure_ascii=False).encode())
    added = sizes[(ROOT,)] - sizes[()]
    with capsys.disabled():
        print(f"\nthe plugin adds {added} bytes to the first request of a session ({added // 4} tokens)")
    assert 0 < added < LIMIT
