"""The hooks' scripts and their launcher, each as a process of its own."""

import errno
import json
import os
import shutil
import stat
import subprocess
import sys
import time

import pytest

from assembly_line.core import policy
from assembly_line.hook.main import GATES
from tests.support.client import TASK
from tests.support.delivery import ROOT, SCRIPTS, SESSION, Delivery, Said, environment, spawned

INPUTS = {
    "empty": b"",
    "blank": b"\n",
    "garbage": b"\x00\xff\xfe garbage",
    "cut off": b'{"session_id":"x"',
    "no object": b"[1]\n",
    "null": b"null\n",
    "deep": b"[" * 200_000 + b"\n",
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "two objects": b"{}{}\n",
    "5 MB": b'{"a":"' + b"x" * 5_000_000 + b'"}\n',
}


def answered(event, done):
    """An answer that the client understands: no traceback, and status 0, or 2 with one line where a gate must hold."""
    assert "Traceback" not in done.err + done.out
    if done.status == 2:
        assert event in GATES
        assert len(done.err.splitlines()) == 1
        assert done.out == ""
    else:
        assert done.status == 0
        assert done.err == ""
        if done.out:
            assert isinstance(json.loads(done.out), dict)
    return done


def spawn(event, data, folder):
    """What the event's script answers in a project without a run."""
    return answered(event, spawned(Delivery(event, data, environment(folder, folder / "data"), str(folder)))())


@pytest.mark.parametrize("event", SCRIPTS)
def test_a_minimal_event_of_a_session_without_a_run_is_answered_with_nothing(event, tmp_path):
    done = spawn(event, json.dumps({"session_id": "s", "hook_event_name": event}).encode(), tmp_path)
    assert (done.status, done.out) == (0, "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("event", ["PreToolUse", "Stop"])
@pytest.mark.parametrize("case", INPUTS)
def test_input_that_is_no_event_ends_in_one_line_and_blocks_where_a_gate_must_hold(event, case, tmp_path):
    done = spawn(event, INPUTS[case], tmp_path)
    assert done.status == (2 if event in GATES else 0)
    assert "hook input" in (done.err or done.answer["systemMessage"])


@pytest.mark.parametrize("number", ["1e999", "-1e400", "NaN", "Infinity"])
def test_a_number_that_no_answer_could_repeat_is_no_reason_to_fail(client, number):
    client.run()
    due = json.dumps(client.due()).replace('"prompt":', f'"x":{number},"prompt":')
    said = client.fork(due.encode() + b"\n", "PreToolUse")
    assert (said.status, said.err, said.decision in ("allow", "deny")) == (0, "", True)


@pytest.mark.parametrize("task", [{"id": []}, {"id": {"a": 1}}, {"id": 5}, {}], ids=str)
def test_a_background_task_of_any_form_is_no_reason_to_fail(client, task):
    client.run()
    client.call()
    said = client.fork(client.payload("Stop", background_tasks=[{**task, "status": "running"}]))
    assert (said.status, said.err, "systemMessage" in said.answer) == (0, "", False)


SYSTEM = {
    errno.EACCES: "make it writable",
    errno.EROFS: "read-only",
    errno.ENOSPC: "free some space",
    errno.EEXIST: "move it away",
}


@pytest.mark.parametrize("number", SYSTEM, ids=errno.errorcode.get)
@pytest.mark.parametrize("call", ["makedirs", "open"])
def test_a_project_that_cannot_be_written_is_said_with_file_reason_and_remedy(client, number, call):
    def refuse(path, *arguments, **named):
        if ".task_bundles" in str(path):
            raise OSError(number, os.strerror(number), path)
        return real(path, *arguments, **named)

    real = getattr(os, call)
    said = client.fork(client.typed("run", TASK), first=lambda: setattr(os, call, refuse))
    line = said.err.strip() or said.text
    assert ("\n" in line, "Errno" in line, ".task_bundles" in line) == (False, False, True)
    assert call == "open" or SYSTEM[number] in line


@pytest.mark.parametrize("event", [event for event in SCRIPTS if event not in ("PreToolUse", "Stop")])
def test_every_script_answers_empty_input(event, tmp_path):
    assert spawn(event, b"", tmp_path).status == (2 if event in GATES else 0)


def test_stdin_left_open_is_not_waited_for_longer_than_the_deadline(tmp_path):
    script = str(ROOT / "hooks/pre_tool_use.py")
    reading, writing = os.pipe()
    begun = time.monotonic()
    with subprocess.Popen([sys.executable, "-I", script], stdin=reading, stderr=subprocess.PIPE) as process:
        os.close(reading)
        for _ in range(3):  # a trickle does not buy time
            os.write(writing, b'{"session_id":')
            time.sleep(1)
        errors = process.communicate(timeout=20)[1]
    os.close(writing)
    assert time.monotonic() - begun < 7
    assert process.returncode == 2
    assert b"did not end" in errors


def test_an_event_that_ends_with_a_line_is_answered_although_stdin_stays_open(tmp_path):
    script = str(ROOT / "hooks/stop.py")
    reading, writing = os.pipe()
    begun = time.monotonic()
    with subprocess.Popen([sys.executable, "-I", script], stdin=reading) as process:
        os.close(reading)
        os.write(writing, b'{"session_id":"x"}\n')
        process.wait(timeout=20)
    os.close(writing)
    assert process.returncode == 0
    assert time.monotonic() - begun < 4


@pytest.mark.parametrize("event", ["PreToolUse", "Stop"])
def test_closed_standard_streams_end_without_a_traceback(event, tmp_path):
    script = str(ROOT / "hooks" / f"{SCRIPTS[event]}.py")
    closed = ["sh", "-c", f'"{sys.executable}" -I "{script}" <&-']
    done = subprocess.run(closed, capture_output=True, text=True, timeout=60, check=False)
    answered(event, Said(done.returncode, done.stdout, done.stderr))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize(("event", "status"), [("PreToolUse", 2), ("Stop", 0)])
def test_an_answer_that_cannot_be_written_blocks_where_a_gate_must_hold(client, event, status):
    client.run()
    payload = client.payload(event, tool_name="Bash", tool_input={"command": "ls"}, tool_use_id="t1")
    script = str(ROOT / "hooks" / f"{SCRIPTS[event]}.py")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-I", script],
            input=json.dumps(payload).encode(),
            env=client.environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert done.returncode == status
    assert b"Traceback" not in done.stderr


def test_a_whole_command_works_as_a_process(client):
    done = answered("UserPromptExpansion", client.spawn(client.typed("run", TASK)))
    assert "```directive" in done.text
    assert client.state().stage == "ready_for_bundler"


@pytest.mark.parametrize("planted", ["json.py", "assembly_line.py", "yaml.py", "sitecustomize.py"])
def test_modules_planted_in_the_project_or_on_pythonpath_are_never_run(client, planted):
    mark = client.root.parent / "ran"
    for folder in (client.root, client.root / "src"):
        (folder / planted).write_text(f"open({str(mark)!r}, 'w').close()\n")
    done = client.spawn(client.typed("run", TASK), PYTHONPATH=str(client.root), PYTHONSTARTUP=planted)
    assert "```directive" in done.text
    assert not mark.exists()


# The launcher.


@pytest.fixture
def installed(tmp_path):
    """A data folder whose Python only leaves a trace, and a copy of the plugin's launcher."""
    root, data = tmp_path / "plugin", tmp_path / "data"
    (root / "hooks").mkdir(parents=True)
    shutil.copy(ROOT / "hooks/launch", root / "hooks/launch")
    (root / "requirements.txt").write_text("x==1\n")
    (data / "venv/bin").mkdir(parents=True)
    (data / "venv/requirements.txt").write_text("x==1\n")
    python = data / "venv/bin/python"
    python.write_text('#!/bin/sh\necho "$@" >"${0%/venv/*}/args"\ncat >"${0%/venv/*}/stdin"\n')
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    return root, data


def start(installed, script, mode, payload=b"{}\n", **changes):
    root, data = installed
    variables = {**environment(root, data), "CLAUDE_PLUGIN_ROOT": str(root), **changes}
    command = next(line for line in commands() if line.endswith(f" {script} {mode}"))
    done = subprocess.run(
        ["/bin/sh", "-c", command], input=payload, env=variables, capture_output=True, timeout=20, check=False
    )
    ran = (data / "args").read_text() if (data / "args").exists() else ""
    given = (data / "stdin").read_bytes() if (data / "stdin").exists() else b""
    return done, ran, given


def mark(installed, words):
    folder = installed[1] / "sessions"
    folder.mkdir(exist_ok=True)
    (folder / SESSION).write_text(f"{words}\n/project\nTASK-008\n")


def commands():
    """Every command of hooks.json."""
    found = json.loads((ROOT / "hooks/hooks.json").read_text())["hooks"]
    return [item["command"] for rows in found.values() for row in rows for item in row["hooks"]]


def modes():
    """Every script and mode of hooks.json."""
    return sorted({tuple(command.split()[-2:]) for command in commands()})


@pytest.mark.parametrize(("script", "mode"), [item for item in modes() if item[1] not in ("always", "start")])
@pytest.mark.parametrize("payload", [b"{}\n", b"", b'{"tool_name":"Agent","tool_input":{"subagent_type":"x"}}\n'])
def test_without_a_run_no_python_is_started_and_nothing_written(installed, script, mode, payload):
    before = sorted(str(path) for path in installed[1].rglob("*"))
    done, ran, _ = start(installed, script, mode, payload)
    assert (done.returncode, done.stdout, done.stderr, ran) == (0, b"", b"", "")
    assert sorted(str(path) for path in installed[1].rglob("*")) == before


@pytest.mark.parametrize(
    "changes", [{"CLAUDE_CODE_SESSION_ID": ""}, {"CLAUDE_PLUGIN_DATA": ""}, {"CLAUDE_CODE_SESSION_ID": ".."}]
)
def test_without_a_session_or_a_data_folder_nothing_is_started(installed, changes):
    done, ran, _ = start(installed, "stop", "run", **changes)
    assert (done.returncode, done.stdout, done.stderr, ran) == (0, b"", b"", "")


@pytest.mark.parametrize(("script", "mode"), [item for item in modes() if item[1] != "listen"])
def test_in_a_run_the_script_is_started_alone_and_gets_the_event(installed, script, mode):
    mark(installed, "run")
    payload = b'{"session_id":"s","hook_event_name":"x","tool_input":{"command":"a \\"b\\" %s \\\\n"}}\n'
    done, ran, given = start(installed, script, mode, payload)
    assert done.returncode == 0
    assert ran.split()[-1] == f"{installed[0]}/hooks/{script}.py"
    assert ran.split()[:2] == ["-I", "-X"]
    assert given == payload


def test_commands_are_listened_to_only_while_they_are_evidence(installed):
    mark(installed, "run")
    assert start(installed, "post_tool_use", "listen")[1] == ""
    mark(installed, "run listen")
    assert start(installed, "post_tool_use", "listen")[1] != ""


INSIDE = b'{"session_id":"s","permission_mode":"x","agent_id":"a1","hook_event_name":"PreToolUse"}\n'
FAKED = b'{"session_id":"s","hook_event_name":"PreToolUse","tool_input":{"command":"\\"agent_id\\":\\"a1\\""}}\n'


@pytest.mark.parametrize(
    ("words", "payload", "started"),
    [
        ("run", INSIDE, False),
        ("run", FAKED, True),
        ("run nested", INSIDE, True),
        ("run nested listen", INSIDE, True),
        ("run stopped", INSIDE, True),
    ],
)
def test_calls_from_within_an_agent_are_told_by_what_the_client_wrote_only(installed, words, payload, started):
    mark(installed, words)
    assert bool(start(installed, "pre_tool_use", "relay", payload)[1]) == started


READS = b'{"agent_id":"a1","hook_event_name":"PreToolUse","tool_name":"%s","tool_input":{"path":"x"}}\n'
APART = READS.replace(b"PreToolUse", b'PreToolUse","prompt_id":"p')
LONG = APART.replace(b'"x"', b'"%s"' % (b"x" * 400_000)).replace(b"%s", b"Write")
TELLS = b'{"hook_event_name":"PreToolUse","tool_name":"Write","tool_input":{"content":"\\"tool_name\\":\\"Read\\""}}\n'


@pytest.mark.parametrize(
    ("words", "payload", "started"),
    [
        *[("run", READS % tool.encode(), False) for tool in sorted(policy.READERS)],
        ("run", READS % b"Write", True),
        ("run", READS % b"mcp__x__Read", True),
        ("run", READS.replace(b'"agent_id":"a1",', b"") % b"Read", True),
        ("run", READS.replace(b'"a1",', b'"a1","agent_type":"x",') % b"Read", False),
        ("run", TELLS, True),
        ("run", APART % b"Read", False),
        ("run", LONG, True),
        ("run nested", READS % b"Read", True),
        ("run stopped", READS % b"Read", True),
    ],
)
def test_what_agents_read_starts_no_python_and_every_other_tool_does(installed, words, payload, started):
    mark(installed, words)
    assert bool(start(installed, "pre_tool_use", "other", payload)[1]) == started


@pytest.mark.parametrize(
    ("kind", "prompt"),
    [
        ("assembly-line:orchestrator", "x"),
        ("assembly-line:bundler", "x"),
        ("assembly-line:development:developer", "d-0003"),
        ("my-developer", "d-0003"),
        ("my-developer", "d-0003 and more"),
    ],
)
def test_an_agent_call_of_the_line_starts_the_script_without_a_run(installed, kind, prompt):
    given = {"description": "x", "prompt": prompt, "subagent_type": kind}
    payload = json.dumps({"tool_name": "Agent", "tool_input": given}, separators=(",", ":")).encode() + b"\n"
    _, ran, given = start(installed, "pre_tool_use", "agent", payload)
    assert ran
    assert given == payload


BUILDERS = {
    "fails": ("echo a package registry is not there", "the environment could not be built: a package registry is not"),
    "succeeds": ('mkdir -p "$4/venv"; cp "${0%/tools/*}/plugin/requirements.txt" "$4/venv"', ""),
}


@pytest.mark.parametrize("case", BUILDERS)
@pytest.mark.parametrize("mode", ["always", "run", "start"])
def test_only_a_command_builds_the_environment_and_says_why_it_could_not(installed, tmp_path, case, mode):
    data = installed[1]
    (data / "venv/requirements.txt").unlink()
    body, said = BUILDERS[case]
    tool = tmp_path / "tools" / "python3"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\ncase $2 in -c) ;; *) echo built >>"{tmp_path}/built"; set -- x "$@"; {body} ;; esac\n')
    tool.chmod(0o755)
    mark(installed, "run")
    script = {"always": "user_prompt_expansion", "run": "stop", "start": "session_start"}[mode]
    done, ran, _ = start(installed, script, mode, PATH=f"{tool.parent}:{os.environ['PATH']}")
    assert (tmp_path / "built").exists() == (mode == "always")
    assert bool(ran) == (mode == "always" and case == "succeeds")
    assert done.returncode == 0
    if mode == "always" and case == "fails":
        answer = json.loads(done.stdout)
        assert (answer["decision"], said in answer["reason"]) == ("block", True)
    else:
        assert done.stdout == b""


def test_a_python_that_the_project_brings_along_builds_nothing(installed, tmp_path):
    (installed[1] / "venv/requirements.txt").unlink()
    place = tmp_path / "plugin" / "bin"  # the project's folder in these tests
    place.mkdir()
    for name in ("python3", "python", "py"):
        (place / name).write_text(f'#!/bin/sh\necho ran >"{tmp_path}/planted"\n')
        (place / name).chmod(0o755)
    for name in ("cmp", "cat", "sh"):
        (place / name).write_text(f'#!/bin/sh\necho ran >"{tmp_path}/planted"\n')
        (place / name).chmod(0o755)
    done, _, _ = start(installed, "user_prompt_expansion", "always", PATH=str(place))
    assert "no Python 3.10" in json.loads(done.stdout)["reason"]
    assert not (tmp_path / "planted").exists()


def test_a_session_start_with_a_ready_environment_and_no_run_starts_nothing(installed):
    done, ran, _ = start(installed, "session_start", "start")
    assert (done.returncode, done.stdout, ran) == (0, b"", "")


def test_two_deliveries_in_two_processes_are_one(client):
    client.run()
    payload = client.due()
    answers = [client.spawn(payload) for _ in range(2)]
    assert answers[0].answer == answers[1].answer
    assert answers[0].decision == "allow"
    assert client.kinds().count("dispatched") == 1
