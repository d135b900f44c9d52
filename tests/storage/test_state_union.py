"""git is told how to merge state files, once, unless somebody else says how."""

import pytest

from assembly_line.statefile import union
from tests.support.project import git, project, repository, write

STATE = "docs/planning/.project-state.yaml"


def merge_of(root, path=STATE):
    return git(root, "check-attr", "merge", "--", path).strip().rpartition(": ")[2]


@pytest.mark.parametrize("before", [None, "", "*.py diff=python", "*.py diff=python\n"])
def test_the_line_is_noted_once_and_keeps_what_was_there(tmp_path, before):
    root = project(tmp_path / "project")
    repository(root)
    file = root / ".git/info/attributes"
    if before is not None:
        file.parent.mkdir(exist_ok=True)
        file.write_text(before)
    for _ in range(2):
        union.prepare(str(root))
    assert file.read_text().split("\n") == [*(line for line in (before or "").split("\n") if line), union.LINE, ""]
    assert (merge_of(root), merge_of(root, "docs/planning/.feature-a-state.yaml")) == ("union", "union")
    assert git(root, "status", "--porcelain") == ""


@pytest.mark.parametrize("said", ["merge", "-merge", "merge=mine"])
def test_what_the_project_says_stays(tmp_path, said):
    root = project(tmp_path / "project")
    write(root, ".gitattributes", f"docs/planning/.*-state.yaml {said}\n")
    repository(root)
    union.prepare(str(root))
    assert not (root / ".git/info/attributes").exists()


def test_it_holds_for_all_worktrees_and_for_a_project_below_the_top(tmp_path):
    top = tmp_path / "project"
    root = project(top / "packages/shop")
    repository(top)
    git(top, "worktree", "add", "-q", str(tmp_path / "other"))
    union.prepare(str(tmp_path / "other/packages/shop"))
    assert merge_of(root) == merge_of(tmp_path / "other/packages/shop") == "union"


def test_without_a_repository_nothing_is_written(tmp_path):
    root = project(tmp_path / "project")
    union.prepare(str(root))
    assert sorted(path.name for path in root.rglob("*")) == ["app.py", "src"]
