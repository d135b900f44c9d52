"""The sources are those of the whole repository, wherever in it the client was started."""

import os
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assembly_line.sources import tree
from assembly_line.sources.tree import Change, Sources
from assembly_line.storage.vault import Vault
from assembly_line.system import git as system_git
from tests.storage.place import Place, make
from tests.support.project import commit, git, repository, write


def sources(place: Place, *left: str) -> Sources:
    return Sources(str(place.root), place.vault, left)


def digest(place: Place, *left: str) -> str:
    return sources(place, *left).digest


@pytest.fixture
def package(tmp_path) -> Place:
    """A project in a folder of a repository, with something beside it."""
    place = make(tmp_path / "mono/packages")
    write(place.root, "src/app.py", "x\n")
    write(tmp_path, "mono/shared/base.css", "a {}\n")
    repository(tmp_path / "mono")
    return place


@pytest.fixture
def project(place) -> Place:
    """A repository with one source."""
    write(place.root, "src/app.py", "x\n")
    repository(place.root)
    return place


@pytest.mark.parametrize(
    ("relative", "status"), [("src/app.py", "M"), ("../../shared/base.css", "M"), ("../new.py", "A"), ("ü b/n", "A")]
)
def test_a_change_anywhere_in_the_repository_is_one_and_named_from_the_project(package, relative, status):
    first = digest(package)
    assert first.startswith("git:")
    write(package.root, relative, "y\n")
    now = sources(package)
    assert now.digest != first
    assert now.changes_since(first) == (Change(relative, status, 1, int(status == "M")),)
    assert now.changes_since(now.digest) == ()


OWN = "docs/planning/journal/TASK-008.jsonl"


@pytest.mark.parametrize(("relative", "is_change"), [(OWN, False), (f"../../{OWN}", True), (f"../other/{OWN}", True)])
@pytest.mark.parametrize("is_tracked", [True, False])
def test_only_the_projects_own_files_of_the_line_are_left_out(package, relative, is_change, is_tracked):
    top = package.root.parents[1]
    write(package.root, relative, "x\n")
    if is_tracked:
        commit(top, "records")
    first = digest(package)
    write(package.root, relative, "y\n")
    assert (digest(package) != first) == is_change


def test_the_plugins_data_in_the_repository_is_no_source(package):
    first = digest(package)
    write(package.data, "projects/x", "x\n")
    assert digest(package) == first
    assert tree.Sources(str(package.root), package.vault).changes_since(first) == ()


@pytest.mark.parametrize("kind", ["link", "worktree", "submodule", "unborn", "nested"])
def test_every_kind_of_place_has_the_sources_of_its_repository(tmp_path, kind):
    place = make(tmp_path / "at")
    root, main = place.root, tmp_path / "main"
    write(main, "app.py", "x\n")
    repository(main)
    if kind == "link":
        write(main, "pkg/app.py", "x\n")
        root.rmdir()
        root.symlink_to(main / "pkg")
    elif kind == "worktree":
        git(main, "worktree", "add", "-q", "--detach", str(root))
        place = place._replace(root=root / "pkg")
    elif kind == "submodule":
        root.rmdir()
        git(root.parent, "init", "-q")
        git(root.parent, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(main), root.name)
    elif kind == "unborn":
        git(root.parent, "init", "-q", "-b", "main")
    else:
        write(root, "inner/app.py", "x\n")
        repository(root / "inner")
        repository(root)
    write(place.root, "src/app.py", "x\n")
    first = digest(place)
    assert first.startswith("git:")
    write(place.root, "src/app.py", "y\n")
    assert sources(place).changes_since(first) == (Change("src/app.py", "M", 1, 1),)
    if kind in ("link", "worktree"):
        second = digest(place)
        write(place.root.resolve().parent, "app.py", "y\n")
        assert [item.path for item in sources(place).changes_since(second) or ()] == ["../app.py"]


def test_from_a_home_under_git_only_the_project_is_watched(package, monkeypatch):
    top = package.root.parents[1]
    monkeypatch.setenv("HOME", str(top))
    first = digest(package)
    write(top, ".bash_history", "ls\n")
    write(top, "shared/base.css", "b {}\n")
    assert digest(package) == first
    assert sources(package).dirty() == ()
    write(package.root, "src/app.py", "y\n")
    assert [item.path for item in sources(package).changes_since(first) or ()] == ["src/app.py"]
    assert sources(package).dirty() == ("src/app.py",)


def test_a_repository_that_ignores_the_project_does_not_hold_it(tmp_path):
    place = make(tmp_path / "home")
    write(tmp_path, "home/.gitignore", "*\n")
    git(tmp_path / "home", "init", "-q")
    git(tmp_path / "home", "add", "-f", ".gitignore")
    write(place.root, "src/app.py", "x\n")
    first = digest(place)
    assert first.startswith("walk:")
    write(place.root, "src/app.py", "y\n")
    assert [item.path for item in sources(place).changes_since(first) or ()] == ["src/app.py"]


@pytest.mark.parametrize("where", [".gitignore", ".git/info/exclude", "core.excludesFile"])
@pytest.mark.parametrize("name", ["report.json", "build/out.js", "a[1].txt"])
def test_a_file_that_is_ignored_by_now_is_no_source_although_it_was_seen(project, tmp_path, where, name):
    bare = digest(project)
    write(project.root, name, "x\n")
    seen = digest(project)
    assert seen != bare
    rule = f"/{name.split('/')[0]}\n".replace("[", "\\[")
    if where == "core.excludesFile":
        write(tmp_path, "rules", rule)
        git(project.root, "config", where, str(tmp_path / "rules"))
    else:
        write(project.root, where, rule)
    after = digest(project)
    assert (after == bare) == (where != ".gitignore")  # the rule in .gitignore is itself a change
    write(project.root, name, "y\n")
    assert digest(project) == after


@pytest.mark.parametrize("where", [".gitignore", ".git/info/exclude"])
@pytest.mark.parametrize("harm", ["edited", "deleted", "deleted and back"])
def test_a_rule_does_not_take_a_tracked_source_out_of_the_digest(project, where, harm):
    write(project.root, where, "src/\n*.py\n")
    first, path = digest(project), project.root / "src/app.py"
    if harm != "edited":
        path.unlink()
        assert digest(project) != first
    if harm != "deleted":
        write(project.root, "src/app.py", "y\n")
    assert digest(project) != first
    assert [item.path for item in sources(project).changes_since(first) or ()] == ["src/app.py"]
    write(project.root, "src/app.py", "x\n")
    assert digest(project) == first


def test_a_source_that_was_seen_cannot_be_hidden_without_a_change(project):
    write(project.root, "src/new.py", "x\n")
    first = digest(project)
    write(project.root, ".git/info/exclude", "src/new.py\n")
    assert [item[:2] for item in sources(project).changes_since(first) or ()] == [("src/new.py", "D")]


def test_a_new_source_that_the_users_own_rules_ignore_is_unseen_as_it_would_not_be_committed(project):
    write(project.root, ".git/info/exclude", "src/new.py\n")
    first = digest(project)
    write(project.root, "src/new.py", "x\n")
    assert digest(project) == first
    git(project.root, "add", "-f", "src/new.py")
    assert digest(project) != first


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
@pytest.mark.parametrize("is_first", [True, False])
def test_no_flag_of_the_users_index_hides_a_change(project, flag, is_first):
    first = "" if is_first else digest(project)
    git(project.root, "update-index", flag, "src/app.py")
    first = digest(project) if is_first else first
    write(project.root, "src/app.py", "y\n")
    write(project.root, "other.py", "x\n")
    git(project.root, "add", "other.py")
    assert {item.path for item in sources(project).changes_since(first) or ()} == {"src/app.py", "other.py"}


names = st.text(st.sampled_from("ab*?[]\\!^-: ü.\n"), min_size=1, max_size=6).filter(
    lambda name: name.strip(". ") != ""
)
paths = st.lists(names, min_size=1, max_size=3).map("/".join)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    left=st.lists(paths, min_size=1, max_size=3),
    kept=paths,
    contents=st.lists(st.sampled_from("xyz"), min_size=2, max_size=2),
)
@pytest.mark.parametrize("kind", ["git", "plain", "package"])
def test_what_is_left_out_never_changes_the_digest(tmp_path_factory, kind, left, kept, contents):
    place = make(tmp_path_factory.mktemp("p"))
    write(place.root, "src/app.py", "x\n")
    if kind == "git":
        repository(place.root)
    elif kind == "package":
        repository(place.root.parent)
    try:
        write(place.root, kept, "kept\n")
        if any(f"{kept}/".startswith(f"{path}/") for path in left):
            return
        first = digest(place, *left)
        for content in contents:
            for path in left:
                write(place.root, path, content)
            assert digest(place, *left) == first
            whole = sources(place)
            assert whole.digest_without(left) == first
            changed = {item.path for item in whole.changes_since(first) or ()}
            assert all(any(f"{path}/".startswith(f"{name}/") for name in left) for path in changed)
    except (FileExistsError, IsADirectoryError, NotADirectoryError):
        return  # one of the paths is a folder of another


@pytest.mark.parametrize("left", [(), ("../../shared",), ("../../elsewhere",), ("..",), ("/etc",), ("../../../..",)])
def test_left_paths_may_lie_beside_the_project_and_lead_nowhere(package, left):
    first = digest(package, *left)
    write(package.root, "../../shared/base.css", "b {}\n")
    assert (digest(package, *left) == first) == (left == ("../../shared",))
    assert sources(package, *left).digest_without(["../../shared/base.css", "/etc", ""]).startswith("git:")


def test_paths_that_are_left_are_in_no_list_of_changes_and_no_diff(project):
    write(project.root, "report.json", "1\n")
    first = digest(project)
    write(project.root, "report.json", "2\n")
    write(project.root, "src/app.py", "y\n")
    now = sources(project, "report.json")
    assert [item.path for item in now.changes_since(first) or ()] == ["src/app.py"]
    assert "report.json" not in now.diff_since(first, 10_000)


def test_the_diff_names_what_changed_and_is_cut_at_a_line(package):
    first = digest(package)
    write(package.root, "src/app.py", "y\n" * 500)
    write(package.root, "ü.py", "z\n")
    (package.root / "a.bin").write_bytes(b"\0\1")
    whole = sources(package).diff_since(first, 100_000)
    assert "+++ b/packages/project/src/app.py\n" in whole
    assert "ü.py" in whole
    assert "Binary files /dev/null and b/packages/project/a.bin differ\n" in whole
    cut = sources(package).diff_since(first, 700)
    assert len(cut.encode()) <= 700
    assert cut.endswith("\n[the diff is longer; it was cut here]\n")
    assert whole.startswith(cut.rpartition("[")[0])


@pytest.mark.parametrize("setting", ["diff.external", "diff.x.command", "diff.x.textconv"])
def test_no_program_of_the_repository_makes_the_diff(project, tmp_path, setting):
    write(project.root, ".gitattributes", "*.py diff=x\n")
    first = digest(project)
    git(project.root, "config", setting, f"touch {tmp_path}/ran; echo")
    write(project.root, "src/app.py", "y\n")
    assert "+y\n" in sources(project).diff_since(first, 10_000)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("before", ["", "git:", "git:" + "0" * 40, "git:--output=x", "walk:" + "0" * 64, "walk:../x"])
@pytest.mark.parametrize("kind", ["git", "plain"])
def test_a_digest_that_nobody_knows_raises_nothing(place, kind, before):
    write(place.root, "app.py", "x\n")
    if kind == "git":
        repository(place.root)
    now = sources(place)
    assert now.changes_since(before) is None
    assert now.diff_since(before, 1000) == ""
    assert not (place.root / "x").exists()


def test_outside_a_repository_changes_are_named_from_the_last_walks(place):
    write(place.root, "a.py", "x\n")
    write(place.root, "gone.py", "x\n")
    first = digest(place)
    write(place.root, "a.py", "y\n")
    write(place.root, "new.py", "y\n")
    (place.root / "gone.py").unlink()
    now = sources(place)
    wanted = (Change("a.py", "M", None, None), Change("gone.py", "D", None, None), Change("new.py", "A", None, None))
    assert now.changes_since(first) == wanted
    assert now.diff_since(first, 1000) == ""
    assert now.untracked(["a.py", "new.py"], first) == ("new.py",)
    assert now.untracked(["a.py", "new.py"]) == ()
    for number in range(30):
        write(place.root, "a.py", str(number))
        digest(place)
    assert len(os.listdir(os.path.join(place.vault.folder, "walk"))) < 20
    assert sources(place).changes_since(first) is None


def test_untracked_is_what_is_neither_in_the_base_commit_nor_in_the_index(package):
    base = tree.head(str(package.root))
    write(package.root, "staged.py", "x\n")
    write(package.root, "loose.py", "x\n")
    write(package.root, "../../loose.css", "x\n")
    git(package.root, "add", "staged.py")
    git(package.root, "rm", "-q", "--cached", "src/app.py")
    asked = ["src/app.py", "staged.py", "loose.py", "../../loose.css", "../../shared/base.css", "../../../out", "*", ""]
    now = sources(package)
    assert now.untracked(asked, base) == ("loose.py", "../../loose.css", "*")
    assert now.untracked(asked) == ("src/app.py", "loose.py", "../../loose.css", "*")
    assert now.untracked(asked, "0" * 40) == ()  # git cannot tell
    assert now.untracked([]) == ()


def test_head_and_branch_are_those_of_the_repository(package):
    root, top = str(package.root), package.root.parents[1]
    assert (tree.head(root), tree.branch(root)) == (git(top, "rev-parse", "HEAD").strip(), "main")
    git(top, "checkout", "-q", "-b", "feature/ü")
    assert tree.branch(root) == "feature/ü"
    git(top, "checkout", "-q", "--detach")
    assert tree.branch(root) == ""


def test_without_a_repository_or_a_commit_there_is_no_head(place):
    root = str(place.root)
    assert (tree.head(root), tree.branch(root), sources(place).dirty()) == ("", "", ())
    git(place.root, "init", "-q", "-b", "main")
    write(place.root, "a.py", "x\n")
    assert (tree.head(root), tree.branch(root), sources(place).dirty()) == ("", "main", ("a.py",))


def test_dirty_is_what_is_not_committed(package):
    write(package.root, "src/app.py", "y\n")
    write(package.root, "staged.py", "x\n")
    git(package.root, "add", "staged.py")
    write(package.root, "../../ü new/a", "x\n")
    write(package.root, "src/__pycache__/a.pyc", "x\n")
    write(package.root, "ignored.log", "x\n")
    write(package.root, "../../.git/info/exclude", "*.log\n")
    write(package.root, OWN, "x\n")
    index = (package.root.parents[1] / ".git/index").read_bytes()
    assert sources(package).dirty() == ("../../ü new/a", "src/app.py", "staged.py")
    assert (package.root.parents[1] / ".git/index").read_bytes() == index


@pytest.mark.parametrize("setting", ["core.splitIndex", "core.untrackedCache", "core.fsmonitor"])
def test_nothing_of_the_repository_is_written_whatever_it_is_set_to(package, setting):
    top = package.root.parents[1]
    git(top, "config", setting, "true")
    git(top, "add", "-A")

    def content():
        return {path: path.read_bytes() for path in sorted((top / ".git").rglob("*")) if path.is_file()}

    before = content()
    first = digest(package)
    write(package.root, "new.py", "x\n")
    now = sources(package, "left.py")
    now.changes_since(first)
    now.diff_since(first, 1000)
    now.digest_without(["new.py"])
    now.untracked(["new.py"], tree.head(str(package.root)))
    sources(package).dirty()
    assert content() == before


@pytest.mark.parametrize(("new", "most"), [(0, 1), (3, 2)])
@pytest.mark.parametrize("kind", ["top", "folder", "worktree"])
def test_an_unchanged_tree_costs_two_processes_at_most(package, monkeypatch, kind, new, most):
    place, top = package, package.root.parents[1]
    if kind == "top":
        place = package._replace(root=top)
    elif kind == "worktree":
        git(top, "worktree", "add", "-q", "--detach", str(top.parent / "tree"))
        place = package._replace(root=top.parent / "tree")
    for number in range(new):
        write(place.root, f"new{number}.py", "x\n")
    first, calls, run = digest(place), [], subprocess.run
    monkeypatch.setattr(
        system_git.subprocess, "run", lambda *words, **named: calls.append(words) or run(*words, **named)
    )
    assert digest(place) == first
    assert len(calls) <= most


@pytest.mark.parametrize("most", [10, 10_000])
def test_the_beginning_of_gits_output_is_read_and_no_more(project, most):
    write(project.root, "long", "line\n" * 500)
    blob = git(project.root, "hash-object", "-w", "long").strip()
    found = system_git.beginning(str(project.root), ["cat-file", "blob", blob], dict(os.environ), most)
    assert found == (b"line\n" * 500)[:most]
    assert system_git.beginning(str(project.root), ["cat-file", "blob", "none"], dict(os.environ), most) is None


def test_another_vault_gives_the_same_digest(package, tmp_path):
    write(package.root, "new.py", "x\n")
    other = Vault(str(package.root), str(tmp_path / "elsewhere"))
    assert Sources(str(package.root), other).digest == digest(package)


@pytest.mark.parametrize("age", [0.0, 3600.0, -3600.0], ids=["new", "old", "of a clock that jumped"])
def test_a_lock_that_a_killed_git_left_holds_up_no_look_at_the_sources(project, age):
    before = digest(project)
    (lock,) = [f"{path}.lock" for path in Path(project.vault.folder).rglob("index")]
    Path(lock).write_bytes(b"half an ind")
    os.utime(lock, (time.time() - age,) * 2)
    write(project.root, "src/new.py", "x = 1\n")
    after = digest(project)
    assert after.startswith("git:")
    assert after != before
    assert not os.path.exists(lock)
