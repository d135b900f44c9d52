"""git merges state files of branches that worked on different tasks, however the branches are brought together."""

import random

import pytest

from assembly_line.statefile import document, layout, union
from assembly_line.yamlio.reader import load_yaml
from tests.storage.place import STATE, make
from tests.support.project import commit, git, repository, write

STATUSES = ("in_progress", "paused", "completed", "failed")
WAYS = ("merge", "rebase", "cherry-pick", "squash")


def entry(chance, task):
    """An entry as the engine words it, of any length, with members that other tasks have too."""
    rounds = [{"iteration": number, "result": "FAIL", "open_gaps": []} for number in range(chance.randrange(4))]
    head = {"status": chance.choice(STATUSES), "stage": "validation", "title": "the same", "completed_at": None}
    pointer = {"events": chance.randrange(9), "head": "0" * 64, "path": f"docs/planning/journal/{task}.jsonl"}
    return {**head, "iterations": len(rounds), "history": rounds, "journal": pointer}


def works(place, chance, tasks, known):
    """Commits in which a branch brings its own tasks forward."""
    for _ in range(chance.randrange(1, 4)):
        task = chance.choice(tasks)
        known[task] = entry(chance, task)
        document.update(
            str(place.root), STATE, {task: layout.marked(task, known[task])}, "2026-01-01T00:00:00.000Z", place.vault
        )
        commit(place.root, task)


def bring(root, way, branch):
    """Bring a branch into the one that is checked out."""
    if way == "merge":
        git(root, "merge", "-q", "--no-edit", branch)
    elif way == "rebase":
        here = git(root, "symbolic-ref", "--short", "HEAD").strip()
        git(root, "rebase", "-q", here, branch)
        git(root, "checkout", "-q", here)
        git(root, "merge", "-q", "--ff-only", branch)
    elif way == "squash":
        git(root, "merge", "-q", "--squash", branch)
        commit(root, branch)
    else:
        base = git(root, "merge-base", "HEAD", branch).strip()
        git(root, "cherry-pick", "--allow-empty", "--keep-redundant-commits", f"{base}..{branch}")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("begun", [False, True], ids=["no file before", "a file before"])
@pytest.mark.parametrize("seed", range(3))
def test_branches_with_tasks_of_their_own_come_together_by_git_alone(tmp_path, seed, begun, way):
    chance = random.Random(seed)
    place = make(tmp_path)
    write(place.root, "README.md", "x\n")
    repository(place.root)
    union.prepare(str(place.root))
    owners = {"one": ["TASK-1", "TASK-11"], "two": ["TASK-2", "A-1"], "three": ["Z-9", "TASK-1.5"]}
    known = {}
    if begun:
        works(place, chance, [task for tasks in owners.values() for task in tasks], known)
    for name, tasks in owners.items():
        git(place.root, "checkout", "-q", "-b", name, "main")
        works(place, chance, tasks, known)
    git(place.root, "checkout", "-q", "main")
    for name in chance.sample(list(owners), len(owners)):
        bring(place.root, way, name)
    found = load_yaml(place.state.read_text("utf-8"), STATE)
    assert found["tasks"] == known
    assert list(found) == ["version", "type", "created_at", "tasks"]
