"""scripts/run_task.py: its exit status is the journal's word, whatever the client says or does."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assembly_line.cli.unattended import Order, run_task
from assembly_line.client import lease
from assembly_line.rehearsal import sandbox
from assembly_line.rehearsal.wire import Json, Reply
from assembly_line.storage import follow
from tests.cli.conftest import Place
from tests.support.harness import ROOT

SCRIPT = ROOT / "scripts" / "run_task.py"
TASK = "TASK-008"

Relayed = Callable[[Json], Reply]


def fake(folder: Path, body: str) -> str:
    """A program in the place of the client."""
    path = folder / "client"
    path.write_text(f"#!{sys.executable}\nimport os, sys, time\nsys.path.insert(0, {str(ROOT)!r})\n{body}\n", "utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def driven(root: Path, how: str) -> str:
    """Python text that drives a task in process, as the real client with its hooks would."""
    return (
        "import pathlib\nfrom tests.cli.runs import drive\nfrom tests.support.client import Client\n"
        "data = pathlib.Path(os.environ['CLAUDE_PLUGIN_DATA'])\n"
        f"client = Client(pathlib.Path({str(root)!r}), data, f's{{os.getpid()}}')\n{how}\n"
    )


def order(place: Place, client: str, task: str = "TASK-003", **members: Any) -> Order:
    return Order(str(place.root), task, client, wait=0.01, **members)


SUCCESS = 'print(\'{"type":"result","subtype":"success","result":"all done"}\')'


def test_a_client_that_says_success_and_does_nothing_needs_a_human(place: Place, tmp_path: Path) -> None:
    done = run_task(order(place, fake(tmp_path, SUCCESS)))
    assert (done.exit, done.status, done.attempts, done.reason) == (3, "not started", 1, "all done")


def test_a_client_that_dies_after_the_task_was_completed_has_completed_it(place: Place, tmp_path: Path) -> None:
    how = driven(place.root, "drive(client, 'TASK-003')\nos.kill(os.getpid(), 9)")
    done = run_task(order(place, fake(tmp_path, how)))
    assert (done.exit, done.status, done.attempts, done.reason) == (0, "completed", 1, "")
    assert done.files == [
        "docs/tasks/TASK-003-summary.md",
        "docs/planning/.project-state.yaml",
        "docs/planning/journal/TASK-003.jsonl",
    ]


def test_a_client_that_dies_is_started_again_and_the_run_goes_on(place: Place, tmp_path: Path) -> None:
    how = driven(place.root, "drive(client, 'TASK-003', stations=3)\nos.kill(os.getpid(), 9)")
    done = run_task(order(place, fake(tmp_path, how)))
    assert (done.exit, done.criteria, done.iterations) == (0, {"met": 2, "total": 2}, 1)
    assert done.attempts > 1


def test_a_task_that_fails_is_failed_although_the_client_says_success(place: Place, tmp_path: Path) -> None:
    done = run_task(
        order(place, fake(tmp_path, driven(place.root, f"drive(client, 'TASK-003', failing=9)\n{SUCCESS}")))
    )
    assert (done.exit, done.status, done.iterations, done.tier) == (1, "failed", 5, "T2")
    assert "docs/tasks/TASK-003-failure.md" in done.files


def test_a_paused_task_needs_a_human(place: Place, tmp_path: Path) -> None:
    how = "drive(client, 'TASK-003', stations=2)\nclient.command('pause', 'TASK-003')"
    done = run_task(order(place, fake(tmp_path, driven(place.root, how))))
    assert (done.exit, done.status) == (3, "paused")


def test_a_run_that_never_gets_on_is_interrupted_after_the_attempts(place: Place, tmp_path: Path) -> None:
    how = driven(place.root, "drive(client, 'TASK-003', stations=1)\nsys.exit(1)")
    done = run_task(order(place, fake(tmp_path, how), attempts=2))
    assert (done.exit, done.status, done.attempts) == (4, "in_progress", 2)


def test_a_client_that_hangs_is_killed_with_what_it_started(place: Place, tmp_path: Path) -> None:
    child = tmp_path / "child"
    how = (
        "import subprocess\np = subprocess.Popen(['sleep', '60'], start_new_session=True)\n"
        f"open({str(child)!r}, 'w').write(str(p.pid))\ntime.sleep(60)"
    )
    begun = time.monotonic()
    done = run_task(order(place, fake(tmp_path, how), attempts=1, timeout=1.5))
    assert (done.exit, "timed out" in done.reason) == (3, True)
    while lease.alive({"pid": int(child.read_text()), "started": "", "host": socket.gethostname()}):
        assert time.monotonic() - begun < 15
        time.sleep(0.05)


def test_a_signal_ends_the_client_and_the_task_is_interrupted(place: Place, tmp_path: Path) -> None:
    how = driven(
        place.root, f"drive(client, 'TASK-003', stations=1)\nopen({str(tmp_path / 'at')!r}, 'w')\ntime.sleep(60)"
    )
    words = [SCRIPT, "--root", place.root, "--client", fake(tmp_path, how), "--json", "TASK-003"]
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    while not (tmp_path / "at").exists():
        time.sleep(0.05)
    process.terminate()
    said = json.loads(process.communicate(timeout=15)[0])
    assert (process.returncode, said["exit"], said["status"]) == (4, 4, "in_progress")


def test_a_completed_task_starts_no_client(place: Place, tmp_path: Path) -> None:
    done = run_task(order(place, fake(tmp_path, "open('started', 'w')"), task="TASK-001"))
    assert (done.exit, done.attempts) == (0, 0)
    assert not (place.root / "started").exists()


def test_a_damaged_journal_needs_a_human_and_is_named(place: Place, tmp_path: Path) -> None:
    path = place.root / "docs/planning/journal/TASK-003.jsonl"
    path.write_bytes(b"{}\n{}\n")
    done = run_task(order(place, fake(tmp_path, SUCCESS)))
    assert (done.exit, "TASK-003.jsonl:1" in done.reason) == (3, True)


def test_the_clients_options_are_passed_through_in_order(place: Place, tmp_path: Path) -> None:
    client = fake(tmp_path, "open('said', 'w').write('\\n'.join(sys.argv[1:]))")
    words = [
        "--root",
        place.root,
        "--client",
        client,
        "--model",
        "m",
        "--max-budget-usd",
        "2.5",
        "TASK-003",
        "--",
        "--x",
        "y",
    ]
    done = subprocess.run([sys.executable, SCRIPT, *words], capture_output=True, text=True, check=False)
    given = (place.root / "said").read_text(encoding="utf-8").split("\n")
    assert done.returncode == 3
    assert given[:2] == ["-p", "/assembly-line:task-run TASK-003"]
    assert given[5:] == ["--model", "m", "--max-budget-usd", "2.5", *sandbox.UNATTENDED, "--x", "y"]


def test_an_answer_is_typed_after_the_task(place: Place, tmp_path: Path) -> None:
    client = fake(tmp_path, "open('said', 'w').write(sys.argv[2])")
    words = ["--root", place.root, "--client", client, "--answer", "use port 81\nplease", "--restart", "TASK-003"]
    subprocess.run([sys.executable, SCRIPT, *words], capture_output=True, text=True, check=False)
    typed = (place.root / "said").read_text(encoding="utf-8")
    assert typed == "/assembly-line:task-run TASK-003 --restart -- use port 81 please"


def noted(tmp_path: Path, body: str) -> tuple[str, Callable[[], list[str]]]:
    """A client that notes what was typed before it does something; and what was typed so far."""
    typed = tmp_path / "typed"
    note = f"starts = open({str(typed)!r}, 'a+')\nprint(sys.argv[2].partition(' ')[2], file=starts, flush=True)\n"
    count = f"start = len(open({str(typed)!r}).readlines())\n"
    return fake(tmp_path, note + count + body), lambda: typed.read_text("utf-8").splitlines()


DIES = "if start < 3: os.kill(os.getpid(), 9)\n"
AGAIN = """client.run(sys.argv[2].partition(' ')[2])
while client.directive.get('action') == 'dispatch':
    client.work()
client.fire('Stop')"""
OPTIONS: dict[str, dict[str, Any]] = {
    "--restart": {"restart": True},
    "--restart --state .feature-a-state.yaml": {"restart": True, "state": ".feature-a-state.yaml"},
}


@pytest.mark.parametrize("words", OPTIONS)
def test_options_are_typed_until_the_journal_shows_that_they_took_effect(
    place: Place, tmp_path: Path, words: str
) -> None:
    client, typed = noted(tmp_path, DIES + driven(place.root, AGAIN))
    before = follow.standing(str(place.root), "TASK-001")[0]
    done = run_task(order(place, client, "TASK-001", **OPTIONS[words]))
    after = follow.standing(str(place.root), "TASK-001")[0]
    assert before is not None
    assert after is not None
    assert (done.exit, done.status, after.number) == (0, "completed", before.number + 1)
    assert typed() == [f"TASK-001 {words}"] * 3


def test_an_option_that_took_effect_is_not_typed_again(place: Place, tmp_path: Path) -> None:
    once = "client.run(sys.argv[2].partition(' ')[2])\nif start == 1: os.kill(os.getpid(), 9)\n" + AGAIN
    client, typed = noted(tmp_path, driven(place.root, once.replace(AGAIN, AGAIN.partition("\n")[2])))
    done = run_task(order(place, client, "TASK-001", restart=True))
    assert (done.exit, done.status) == (0, "completed")
    assert typed() == ["TASK-001 --restart", "TASK-001"]


@pytest.mark.parametrize("body", [SUCCESS, "os.kill(os.getpid(), 9)", "sys.exit(1)"])
def test_a_completed_task_whose_restart_took_no_effect_is_interrupted(place: Place, tmp_path: Path, body: str) -> None:
    client, _ = noted(tmp_path, body)
    done = run_task(order(place, client, "TASK-001", restart=True, attempts=2))
    assert (done.exit, done.status, done.reason.split(":")[0]) == (4, "completed", "--restart took no effect")


def test_a_completed_task_in_the_state_file_that_is_asked_for_starts_no_client(place: Place, tmp_path: Path) -> None:
    client = fake(tmp_path, "open('started', 'w')")
    assert run_task(order(place, client, "TASK-001", state=".project-state.yaml")).attempts == 0
    assert not (place.root / "started").exists()


def gone(path: Path, seconds: float = 15) -> bool:
    """Whether the process whose id a file holds ends in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not lease.alive({"pid": int(path.read_text("utf-8")), "started": "", "host": socket.gethostname()}):
            return True
        time.sleep(0.05)
    return False


STARTS = """import subprocess
for name, words in {"child": "sleep 60", "orphan": "sleep 60 & echo $! > %s; exit 0"}.items():
    p = subprocess.Popen(["sh", "-c", words.replace("%s", place + "orphan")], start_new_session=True)
    open(place + name, "w").write(str(p.pid)) if name == "child" else p.wait()
open(place + "client", "w").write(str(os.getpid()))
os.rename(place + "client", place + "ready")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process that left its parents is not found")
@pytest.mark.parametrize("deed", ["kill run_task.py", "kill its group", "kill the client"])
def test_nothing_that_a_client_started_outlives_the_command(place: Place, tmp_path: Path, deed: str) -> None:
    body = f"place = {str(tmp_path) + '/'!r}\n" + STARTS + "time.sleep(60)"
    words = [SCRIPT, "--root", place.root, "--client", fake(tmp_path, body), "--attempts", "1", "TASK-003"]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([sys.executable, *words], **pipes, start_new_session=True)
    while not (tmp_path / "ready").exists():
        time.sleep(0.05)
    victim = int((tmp_path / "ready").read_text("utf-8")) if deed == "kill the client" else process.pid
    (os.killpg if deed == "kill its group" else os.kill)(victim, signal.SIGKILL)
    process.wait(timeout=30)
    assert [name for name in ("ready", "child", "orphan") if not gone(tmp_path / name)] == []


@pytest.mark.parametrize("words", [["../x"], ["TASK-1", "--client", "no-such-program"], []])
def test_a_wrong_call_is_a_usage_error(tmp_path: Path, words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "--root", tmp_path, *words], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
