"""Branches with runs of their own, merged by git: sound, rebuilt, or refused with file, line and remedy."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from assembly_line import paths
from assembly_line.check.project import check_project
from assembly_line.core.projection import plain, project
from assembly_line.errors import LineError
from assembly_line.statefile import document, rebuild
from assembly_line.storage import follow
from assembly_line.system import disk, lock
from tests.support.project import commit, define
from tests.sweeps.desk import TASK, Desk
from tests.sweeps.tally import Figure, Tally

OTHER = "TASK-032"
BY_LINES = "docs/planning/.*-state.yaml merge\n"  # attributes of a project that wants to see every conflict
_PLACED = re.compile(r"[\w./-]+:\d+: .+; .+")  # file, line, what is wrong; remedy


def _desk(folder: Path) -> Desk:
    desk = Desk(folder)
    define(desk.root, OTHER, "generic")
    desk.write(".gitignore", ".task_bundles/\n")
    desk.write(".gitattributes", BY_LINES)
    commit(desk.root, "two tasks")
    return desk


def _run(desk: Desk, task: str, session: str, stage: str = "completed") -> None:
    """Take a task to a stage in a session of its own, and commit what it left."""
    desk.task, desk.session = task, session
    desk.run(task)
    desk.until(stage)
    if stage != "completed":
        desk.send(desk.typed("pause", task))
    desk.send(desk.payload("Stop", stop_hook_active=False))
    commit(desk.root, f"{task} by {session}")


def _branches(desk: Desk, first: str, second: str, stages: tuple[str, str] = ("completed", "completed")) -> bool:
    """A run on each of two branches, then the merge of one into the other; whether git had conflicts."""
    desk.git("checkout", "-q", "-b", "theirs")
    _run(desk, first, "s-theirs", stages[0])
    desk.git("checkout", "-q", "main")
    desk.git("checkout", "-q", "-b", "ours")
    _run(desk, second, "s-ours", stages[1])
    try:
        desk.git("merge", "-q", "theirs")
    except subprocess.CalledProcessError:
        return True
    return False


def _shows_all(desk: Desk) -> list[str]:
    """What is wrong with a state file that should show every journal."""
    try:
        state = document.load(str(desk.root), paths.STATE_FILE)
    except LineError as error:
        return [f"state file: {error}"]
    found = []
    for task in follow.known(str(desk.root)):
        run, _ = follow.peek(str(desk.root), task)
        entry = state["tasks"].get(task, {})
        wrong = [name for name, value in plain(project(run)).items() if entry.get(name) != value]
        found += [f"{task} differs in {', '.join(wrong)}"] if wrong else []
    return found + [
        f"check: {item.file}:{item.line}: {item.message}" for item in check_project(str(desk.root)).findings
    ]


def _rebuild(desk: Desk) -> None:
    root = str(desk.root)
    with lock.hold(disk.inside(root, paths.LOCK)):
        for file in rebuild.state_files(root):
            rebuild.renew(root, file, desk.vault)


def different_tasks(desk: Desk) -> list[str]:
    """The state file, which git could not merge, is rebuilt by the next command of a person, which says so."""
    conflict = _branches(desk, TASK, OTHER)
    marked = desk.state_file.read_bytes()
    found = [] if conflict and b"<<<<<<<" in marked else ["git found no conflict, so that nothing is shown"]
    for task in (TASK, OTHER):
        if follow.peek(str(desk.root), task)[0].stage != "completed":
            found.append(f"{task} is not completed")
    told = [item for item in check_project(str(desk.root)).findings if item.file == paths.STATE_FILE and item.line]
    if not any("bin/assembly-line rebuild" in item.message for item in told):
        found.append(f"check_state does not name the command: {told}")
    third = "TASK-033"
    define(desk.root, third, "generic")
    desk.task, desk.session = third, "s-third"
    said = desk.fork(desk.typed("run", third))
    if "```directive" not in said.text or not said.text.startswith(f"{paths.STATE_FILE} held both sides of a merge"):
        found.append(f"a run on it does not begin, or does not say what was done: {said.text:.200}")
    return found + _shows_all(desk) + _kept(desk, marked)


def goes_on(desk: Desk) -> list[str]:
    """A paused run goes on although the merge left conflict markers in the state file; it shows both tasks then."""
    _branches(desk, TASK, OTHER, ("completed", "implementation"))
    marked = desk.state_file.read_bytes()
    said = desk.fork(desk.typed("run", OTHER))
    if "```directive" not in said.text:
        return [f"not resumed: {said.text:.200}"]
    kinds = [record.kind for record in follow.peek(str(desk.root), OTHER)[1]]
    found = ["git's marks are called tampering"] if "tampered" in kinds else []
    return [*found, *_shows_all(desk), *_kept(desk, marked)]


def by_command(desk: Desk) -> list[str]:
    """The same by the command that check_state names."""
    _branches(desk, TASK, OTHER)
    marked = desk.state_file.read_bytes()
    _rebuild(desk)
    return _shows_all(desk) + _kept(desk, marked)


def _kept(desk: Desk, marked: bytes) -> list[str]:
    """What is wrong with how the file that git left was set aside: whole, and where no commit takes it."""
    aside = list((desk.root / paths.BUNDLES).glob("*.unreadable-*"))
    aside += list((desk.root / paths.BUNDLES).glob(".*.unreadable-*"))
    found = [] if {path.read_bytes() for path in aside} == {marked} else [f"set aside: {aside}"]
    listed = desk.git("status", "--porcelain", "--untracked-files=all")
    return found + ([f"would be committed: {listed}"] if "unreadable" in listed else [])


def worktrees(desk: Desk) -> list[str]:
    """A task in each of two worktrees: git merges them by itself in both orders, and the result is sound."""
    found = []
    for begun in (False, True):
        top = desk.folder / f"trees{begun}"
        here = Desk(top)
        here.write(".gitignore", ".task_bundles/\n")
        commit(here.root, "ignored")
        if begun:  # the last entry of the file that both sides have goes on, on one of them
            _run(here, TASK, "s-first", "implementation")
            shutil.rmtree(here.root / paths.bundle(TASK))  # git-ignored, so that no merge brings it away
        sides = {}
        for name, task in (("one", TASK), ("two", OTHER)):
            here.git("worktree", "add", "-q", "-b", name, str(top / name))
            sides[name] = Desk.at(top / name, here.data)
            define(sides[name].root, task, "generic")
            _run(sides[name], task, f"s-{name}")
        for order in (("one", "two"), ("two", "one")):
            here.git("checkout", "-q", "-B", "joined", "main")
            for name in order:
                try:
                    here.git("merge", "-q", "--no-edit", name)
                except subprocess.CalledProcessError as error:
                    found.append(f"{order}: {error.stderr}")
            checked = [item.message for item in check_project(str(here.root)).findings]
            found += [f"{order}: {message}" for message in checked]
            state = document.load(str(here.root), paths.STATE_FILE)
            found += [] if set(state["tasks"]) == {TASK, OTHER} else [f"{order}: {list(state['tasks'])}"]
    return found


def same_task(desk: Desk) -> list[str]:
    """One task on both branches: all that reads its journal refuses with file and line, until a side is taken."""
    conflict = _branches(desk, TASK, TASK)
    found = [] if conflict else ["git found no conflict, so that nothing is shown"]
    found += _refused(desk)
    desk.git("checkout", "--ours", "--", paths.journal(TASK), paths.STATE_FILE, "docs/tasks")
    commit(desk.root, "our side")
    _rebuild(desk)
    return found + _shows_all(desk) + _answers(desk)


def other_side(desk: Desk) -> list[str]:
    """The same, and the side of the other branch is taken."""
    _branches(desk, TASK, TASK)
    desk.git("checkout", "--theirs", "--", paths.journal(TASK), paths.STATE_FILE, "docs/tasks")
    commit(desk.root, "their side")
    theirs = desk.git("show", f"theirs:{paths.journal(TASK)}").encode()
    found = _answers(desk)
    if not desk.journal.read_bytes().startswith(theirs):
        found.append("the journal is not the one that was taken")
    return found + _shows_all(desk)


def both_went_on(desk: Desk) -> list[str]:
    """A paused run that each branch took further: the same."""
    _run(desk, TASK, "s-first", "implementation")
    return same_task(desk)


def by_union(desk: Desk) -> list[str]:
    """A project that lets git join the lines of both sides: the chain is broken, and that is said."""
    desk.write(".gitattributes", f"{BY_LINES}*.jsonl merge=union\n")
    commit(desk.root, "union")
    _branches(desk, TASK, TASK)
    return _refused(desk)


def elsewhere(desk: Desk) -> list[str]:
    """One task on both branches, looked at on a machine that ran neither."""
    _branches(desk, TASK, TASK)
    shutil.rmtree(desk.data)
    desk.data.mkdir()
    return _refused(desk)


def _answers(desk: Desk) -> list[str]:
    desk.task, desk.session = TASK, "s-later"
    said = desk.fork(desk.typed("run", TASK))
    return (
        [] if "is already completed" in said.text else [f"afterwards: {said.status} {said.text:.200} {said.err:.100}"]
    )


def _refused(desk: Desk) -> list[str]:
    """What is wrong with how a journal of two sides is refused; nothing may be changed by looking at it."""
    before = desk.journal.read_bytes()
    found = []
    try:
        follow.peek(str(desk.root), TASK)
        found.append("the journal is read as if it were sound")
    except LineError as error:
        found += [] if _PLACED.fullmatch(str(error)) else [f"unclear: {error}"]
    desk.task, desk.session = TASK, "s-later"
    said = desk.fork(desk.typed("run", TASK))
    if said.decision != "block" or not _PLACED.fullmatch(said.text):
        found.append(f"/task-run: {said.status} {said.text:.200}")
    if not any(item.file == paths.journal(TASK) and item.line for item in check_project(str(desk.root)).findings):
        found.append("check_state finds nothing in it")
    return found + ([] if desk.journal.read_bytes() == before else ["the journal was changed"])


WAYS: tuple[Callable[[Desk], list[str]], ...] = (
    different_tasks,
    goes_on,
    by_command,
    worktrees,
    same_task,
    other_side,
    both_went_on,
    by_union,
    elsewhere,
)


def tried(folder: Path, way: Callable[[Desk], list[str]]) -> list[str]:
    """What is wrong in one way of merging."""
    desk = _desk(folder)
    found = way(desk)
    shutil.rmtree(folder)
    return found


def sweep(folder: Path, quick: bool) -> list[Figure]:
    """All ways."""
    tally = Tally("merge")
    if shutil.which("git") is None:
        return [tally.figure(skipped="no git")]
    for number, way in enumerate(WAYS):
        tally.add(way.__name__, tried(folder / f"way{number}", way))
    return [tally.figure("branches with runs, merged by git")]
