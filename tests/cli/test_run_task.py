"""scripts/run_task.py: its exit status is the journal's word, whatever the client says or does."""

import json
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


@pytest.mark.parametrize("words", [["../x"], ["TASK-1", "--client", "no-such-program"], []])
def test_a_wrong_call_is_a_usage_error(tmp_path: Path, words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "--root", tmp_path, *words], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
