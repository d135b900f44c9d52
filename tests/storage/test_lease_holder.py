"""Whether the holder of a lease still lives."""

import os
import socket
import subprocess
import sys

import pytest

from assembly_line.client import lease, running
from tests.storage.place import held


def test_a_lease_names_session_process_and_host(monkeypatch):
    monkeypatch.setenv("CLAUDE_PID", str(os.getpid()))
    taken = lease.own("s-1")
    assert (taken["session"], taken["pid"], taken["host"]) == ("s-1", os.getpid(), socket.gethostname())
    assert lease.alive(taken)


@pytest.mark.parametrize("named", ["", "x", "-1", "12x"])
def test_without_a_process_number_from_the_client_the_parent_holds(monkeypatch, named):
    monkeypatch.setenv("CLAUDE_PID", named)
    assert lease.own("s")["pid"] == os.getppid()


def test_nobody_is_not_alive():
    assert not lease.alive({})


def test_a_process_that_ended_is_not_alive():
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert not lease.alive(held(pid=process.pid))


def test_a_process_that_ended_and_was_not_waited_for_is_not_alive():
    process = subprocess.Popen([sys.executable, "-c", ""])
    try:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not lease.alive(held(pid=process.pid))
    finally:
        process.wait()


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="this system does not tell when a process started")
def test_a_number_that_another_process_has_now_is_not_the_holder():
    assert lease.alive(held(started=lease.own("s")["started"] if lease.own("s")["pid"] == os.getpid() else ""))
    assert not lease.alive(held(started="1"))


def test_a_holder_on_another_host_counts_as_alive():
    assert lease.alive(held(host="elsewhere", pid=1))


@pytest.mark.parametrize("broken", [{"session": "s"}, {"session": "s", "host": 5}, {"session": "s", "pid": "x"}])
def test_a_lease_that_lacks_its_members_holds_nobody_up(broken):
    assert not lease.alive(broken)


def test_where_the_system_gives_no_start_the_program_tells_another_process_from_the_holder(monkeypatch):
    monkeypatch.setenv("CLAUDE_PID", str(os.getpid()))
    monkeypatch.setattr(running, "started", lambda pid: "")
    taken = lease.own("s")
    assert lease.alive(taken)
    assert not lease.alive({**taken, "program": ["/opt/another-client"]})
    monkeypatch.setattr(running, "program", lambda pid: ())
    assert lease.alive(taken)


def test_a_lease_of_an_earlier_release_names_no_program(monkeypatch):
    monkeypatch.setattr(running, "started", lambda pid: "")
    assert lease.alive(held())


def test_the_start_decides_before_the_program_which_an_update_of_the_client_replaces():
    pid = os.getpid()
    assert lease.alive(held(started=running.started(pid), program=["/gone"])) == bool(running.started(pid))


@pytest.mark.skipif(not os.path.exists("/proc/self/cwd"), reason="this system does not tell where a process works")
def test_a_holder_is_in_the_folder_that_it_was_started_in_and_in_no_later_one_at_its_path(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    with subprocess.Popen(["sleep", "60"], cwd=folder) as process:
        assert lease.is_in(held(pid=process.pid), str(folder))
        assert not lease.is_in(held(pid=process.pid), str(tmp_path))
        folder.rmdir()
        folder.mkdir()
        assert not lease.is_in(held(pid=process.pid), str(folder))
        process.kill()
