"""After each command of a judge the sources are looked at: what ran on others is no evidence."""

import fcntl
import os
import subprocess
from pathlib import Path

import pytest

from assembly_line.sources import ignored, tree
from assembly_line.system import git as system_git
from tests.hooks.looking import shown, work_until
from tests.support.client import Client
from tests.support.project import commit, git, repository, write
from tests.support.reports import COMMAND

FILE, OLD, NEW = "src/app.py", "answer = 42\n", "answer = 43\n"


@pytest.fixture(params=["git", "plain"])
def judged(client, request) -> Client:
    """A run in which the validator is at work."""
    write(client.root, "package-lock.json", "{}\n")
    write(client.root, "report.txt", "1\n")
    if request.param == "git":
        write(client.root, ".gitignore", "build/\n")
        repository(client.root)
    client.run()
    client.until("validation")
    client.call()
    client.begin()
    return client


def rewritten(root: Path, relative: str = FILE, back: str = OLD) -> None:
    """A file that is changed and put back, with the times that it had."""
    path = root / relative
    seen, text = path.stat(), path.read_text()
    path.write_text(NEW)
    path.write_text(back if relative == FILE else text)
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))


def stashed(root: Path) -> None:
    """What a careful person does to look at the state before."""
    write(root, "src/app.py", OLD)
    subprocess.run(["sh", "-c", "mv src/app.py src/aside && mv src/aside src/app.py"], cwd=root, check=True)


def swapped(root: Path) -> None:
    """Another file in the place of a source while a test runs."""
    (root / "src").rename(root / "kept")
    write(root, FILE, NEW)
    (root / FILE).unlink()
    (root / "src").rmdir()
    (root / "kept").rename(root / "src")
    os.utime(root / FILE)


CHEATS = {
    "changed and put back": rewritten,
    "put aside and back": stashed,
    "another one in its place": swapped,
    "changed": lambda root: write(root, FILE, NEW),
    "a new source": lambda root: write(root, "src/helper.py", NEW),
    "removed": lambda root: (root / FILE).unlink(),
}


@pytest.mark.parametrize("way", CHEATS)
def test_a_command_that_ran_on_other_sources_is_no_evidence(judged, way):
    CHEATS[way](judged.root)
    told = judged.bash(f"cp {FILE} src/helper.py && {COMMAND}" if way == "a new source" else COMMAND)
    assert "is no evidence" in told["hookSpecificOutput"]["additionalContext"]
    [*_, last] = [record.data for record in judged.records() if record.kind == "command_ran"]
    assert "src/" in last["on"]


def test_a_pass_that_relies_on_such_a_command_is_sent_back_and_the_way_out_works(judged):
    rewritten(judged.root)
    judged.bash(COMMAND)
    sent = judged.end(judged.message())
    assert sent["decision"] == "block"
    assert f"{FILE} was written and put back" in sent["reason"]
    judged.bash(COMMAND)
    judged.end(judged.message())
    assert judged.state().history[-1].result == "PASS"


HONEST = {
    "nothing": lambda root: None,
    "a cache": lambda root: write(root, "src/__pycache__/app.pyc", "x"),
    "a report of its own": lambda root: write(root, "out/report.xml", "x"),
    "a lock file as it was": lambda root: rewritten(root, "package-lock.json"),
    "a file that is read": lambda root: (root / FILE).read_text(),
    "what git ignores": lambda root: write(root, "build/x", "x"),
}


@pytest.mark.parametrize("way", HONEST)
def test_what_ordinary_commands_do_takes_no_evidence_away(judged, way):
    for _ in range(2):
        HONEST[way](judged.root)
        assert judged.bash(COMMAND) == {}
    judged.end(judged.message())
    assert judged.state().history[-1].result == "PASS"


@pytest.mark.parametrize(("generated", "taken"), [("src/*.py", True), ("src/**", True), ("dist/**", False)])
@pytest.mark.parametrize("differs", [False, True])
def test_what_commands_make_anew_takes_no_evidence_away_where_a_person_says_so(client, generated, taken, differs):
    write(client.root, "assembly-line.yaml", f"generated: ['{generated}']\n")
    repository(client.root)
    client.run()
    client.until("validation")
    client.call()
    client.begin()
    rewritten(client.root)
    if differs:
        write(client.root, FILE, NEW)
    assert (client.bash(COMMAND) == {}) == (taken and not differs)


def test_a_developers_commands_are_not_compared(client):
    repository(client.root)
    client.run()
    work_until(client, "development")
    client.dispatch()
    write(client.root, FILE, NEW)
    assert client.bash(COMMAND) == {}


def test_what_becomes_ignored_is_recorded_and_shown(client):
    write(client.root, "src/other.py", OLD)
    repository(client.root)
    client.run()
    work_until(client, "development")
    client.dispatch()
    write(client.root, "src/seen.py", NEW)
    client.end(client.message())
    client.back()
    work_until(client, "test")
    client.dispatch()
    write(client.root, ".git/info/exclude", "src/seen.py\n")
    client.end(client.message())
    ends = [record.data.get("ignored") for record in client.records() if record.kind == "reported"]
    assert ends[-1] == ["src/seen.py"]
    assert client.state().ignored == ("src/seen.py",)


def test_caches_that_are_there_are_listed_and_those_that_come_are_told_as_left(client):
    repository(client.root)
    write(client.root, "node_modules/a/index.js", "x")
    client.run()
    assert client.state().there == ("node_modules",)
    work_until(client, "development")
    client.dispatch()
    write(client.root, "src/__pycache__/app.pyc", "x")
    client.end(client.message())
    assert client.state().left == ("src/__pycache__",)


def test_a_run_ends_on_the_tree_that_a_commit_of_everything_has(client):
    repository(client.root)
    client.run()
    client.until("completed")
    judged = [record.data["tree"] for record in client.records() if record.kind == "verdict_given"][-1]
    last = commit(client.root, "all of it")
    kept = [
        name for name in git(client.root, "ls-tree", "-r", "--name-only", last).splitlines() if not ignored.is_own(name)
    ]
    assert shown(client)["status"] == "completed"
    assert set(tree.Sources(str(client.root), client.vault).names_in(judged)) == set(kept)


@pytest.mark.parametrize("step", ["/task-run", "an Agent call", "an agent's end", "a judge's command"])
def test_nobody_waits_for_the_lock_while_the_sources_are_read(client, monkeypatch, step):
    repository(client.root)
    if step != "/task-run":
        client.run()
        client.until("validation")
    if step in ("an agent's end", "a judge's command"):
        client.call()
        client.begin()
    if step == "an agent's end":
        client.bash(COMMAND)
    free = []
    together = system_git.together

    def looking(*words, **named):
        with open(client.root / ".task_bundles/.lock", "a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                free.append(True)
            except BlockingIOError:
                free.append(False)
        return together(*words, **named)

    (client.root / ".task_bundles").mkdir(exist_ok=True)
    monkeypatch.setattr(system_git, "together", looking)
    if step == "/task-run":
        client.run()
    elif step == "an Agent call":
        client.call()
    elif step == "an agent's end":
        client.end(client.message())
    else:
        client.bash(COMMAND)
    assert free
    assert all(free)
