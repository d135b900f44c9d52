"""Nothing that a repository is set to, and nothing that lies in its git folder, hides a change of the sources."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from assembly_line.sources import beside, tree
from assembly_line.sources.tree import Change, Sources
from tests.storage.place import Place
from tests.support.project import commit, git, repository, write

OLD, NEW = "answer = 42\n", "answer = 43\n"
FILE = "src/app.py"


@pytest.fixture
def project(place) -> Place:
    """A repository with one source that was last written long ago."""
    write(place.root, FILE, OLD)
    os.utime(place.root / FILE, (1_500_000_000, 1_500_000_000))
    repository(place.root)
    return place


def sources(place: Place, *left: str) -> Sources:
    return Sources(str(place.root), place.vault, left)


def digest(place: Place) -> str:
    return sources(place).digest


def private(place: Place, *words: str) -> None:
    """What somebody types who knows where this machine's own index is."""
    index = Path(place.vault.folder) / "git/index"
    command = ["git", "-C", str(place.root), *words]
    subprocess.run(command, env={**os.environ, "GIT_INDEX_FILE": str(index)}, check=False, capture_output=True)


def flagged(*options):
    return lambda place: git(place.root, "update-index", *options, FILE)


def flagged_in_ours(*options):
    return lambda place: private(place, "update-index", *options, FILE)


def sparse(place):
    git(place.root, "config", "core.sparseCheckout", "true")
    git(place.root, "update-index", "--skip-worktree", FILE)


def blind(place):
    for name, value in (("trustctime", "false"), ("checkStat", "minimal"), ("ignoreStat", "true")):
        git(place.root, "config", f"core.{name}", value)


def elsewhere(place):
    write(place.root.parent / "elsewhere", FILE, OLD)
    git(place.root, "config", "core.worktree", str(place.root.parent / "elsewhere"))


def filtered(attributes):
    def arrange(place):
        write(place.root, attributes, "*.py filter=calm\n")
        git(place.root, "config", "filter.calm.clean", f"printf '{OLD.strip()}\\n'")
        git(place.root, "config", "filter.calm.required", "true")

    return arrange


def included(place):
    write(place.root, ".git/more", f"[filter \"lfs\"]\n\tclean = printf '{OLD.strip()}\\\\n'\n\trequired = true\n")
    git(place.root, "config", "include.path", "more")
    write(place.root, ".git/info/attributes", "*.py filter=lfs\n")


def odd_attributes(place):
    write(place.root, ".git/attributes", "*.py ident working-tree-encoding=UTF-16\n")
    git(place.root, "config", "core.attributesFile", str(place.root / ".git/attributes"))


def bare(place):
    git(place.root, "config", "core.bare", "true")


TRICKS = {
    "assume-unchanged": flagged("--assume-unchanged"),
    "skip-worktree": flagged("--skip-worktree"),
    "skip-worktree as if sparse": sparse,
    "assume-unchanged in our index": flagged_in_ours("--assume-unchanged"),
    "skip-worktree in our index": flagged_in_ours("--skip-worktree"),
    "no times": blind,
    "core.worktree": elsewhere,
    "a filter by info/attributes": filtered(".git/info/attributes"),
    "a filter by .gitattributes": filtered(".gitattributes"),
    "a filter called lfs": included,
    "other attributes": odd_attributes,
    "core.bare": bare,
}


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("trick", TRICKS)
def test_no_setting_of_the_repository_hides_a_change(project, trick, is_first):
    if not is_first:
        digest(project)
    TRICKS[trick](project)
    first = digest(project)
    path = project.root / FILE
    seen = path.stat()
    path.write_text(NEW)
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    now = sources(project)
    assert now.digest != first
    assert [item.path for item in now.changes_since(first) or ()] == [FILE]
    path.write_text(OLD)
    assert digest(project) == first


CODE = "print('code')\n"
# Where code lay unseen: folders with the names of caches or of the engine.
PLACES = [
    "coverage/report.py",
    "test-results/x.py",
    "playwright-report/x.js",
    "docs/planning/journal/x.py",
    "docs/planning/journal/TASK-001.jsonl/x.py",
    "docs/planning/.project-state.yaml.py",
    "docs/tasks/TASK-001-summary.md.py",
    "docs/tasks/TASK-001-summary.md/x.py",
    ".task_bundles/x.py",
    ".task_bundles/TASK-001/x.py",
    ".claude/hooks/x.py",
]


@pytest.mark.parametrize("is_tracked", [True, False])
@pytest.mark.parametrize("kind", ["git", "plain"])
@pytest.mark.parametrize("relative", PLACES)
def test_code_is_a_source_wherever_it_lies(place, relative, kind, is_tracked):
    write(place.root, FILE, OLD)
    if kind == "git":
        repository(place.root)
    first = digest(place)
    write(place.root, relative, CODE)
    if kind == "git" and is_tracked:
        git(place.root, "add", relative)
    second = digest(place)
    assert second != first
    write(place.root, relative, CODE * 2)
    assert digest(place) not in (first, second)
    assert [item.path for item in sources(place).changes_since(first) or ()] == [relative]


@pytest.mark.parametrize("kind", ["git", "plain"])
def test_a_file_in_a_cache_is_a_source_once_it_was_written_on_purpose(place, kind):
    write(place.root, FILE, OLD)
    if kind == "git":
        repository(place.root)
    name = "node_modules/mine/index.js"
    write(place.root, name, CODE)
    write(place.root, "node_modules/other/index.js", CODE)

    def look() -> Sources:
        return Sources(str(place.root), place.vault, ("node_modules",), (name,))

    first = look().digest
    assert first != sources(place, "node_modules").digest
    write(place.root, "node_modules/other/index.js", "x\n")
    assert look().digest == first
    write(place.root, name, "x\n")
    assert look().digest != first
    assert look().caches == ("node_modules",)


@pytest.mark.parametrize("relative", [".claude/settings.local.json", ".claude/worktrees/a/x.py"])
@pytest.mark.parametrize("kind", ["git", "plain"])
def test_what_the_client_itself_writes_is_no_source(place, kind, relative):
    write(place.root, FILE, OLD)
    if kind == "git":
        repository(place.root)
    first = digest(place)
    write(place.root, relative, CODE)
    assert digest(place) == first


@pytest.mark.parametrize("has_commit", [True, False])
@pytest.mark.parametrize("where", ["vendor", "src/vendor"])
def test_a_nested_repository_is_watched_and_its_files_are_named(project, where, has_commit):
    write(project.root, f"{where}/lib.py", OLD)
    git(project.root, "init", "-q", where)
    if has_commit:
        git(project.root / where, "add", "-A")
        git(project.root / where, "commit", "-q", "-m", "first")
    first = sources(project).digest
    assert tree.plain(first) != first
    write(project.root, f"{where}/lib.py", NEW)
    now = sources(project)
    assert now.digest != first
    assert tree.plain(now.digest) == tree.plain(first)
    assert now.changes_since(first) == (Change(f"{where}/lib.py", "M", 1, 1),)
    assert sources(project, where).digest == sources(project, where, f"{where}/lib.py").digest
    write(project.root, f"{where}/lib.py", OLD)
    assert digest(project) == first


@pytest.mark.parametrize("is_given_up", [True, False])
def test_a_submodule_is_watched_and_moves_the_tree_with_its_commit(project, tmp_path, is_given_up):
    write(tmp_path / "lib", "lib.py", OLD)
    repository(tmp_path / "lib")
    git(project.root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(tmp_path / "lib"), "lib")
    commit(project.root, "with it")
    first = sources(project).digest
    assert tree.plain(first) == sources(project).tree_of(tree.head(str(project.root)))
    write(project.root, "lib/lib.py", NEW)
    second = sources(project).digest
    assert (tree.plain(second), second == first) == (tree.plain(first), False)
    if is_given_up:
        git(project.root, "submodule", "deinit", "-q", "-f", "lib")
        assert digest(project) == tree.plain(first)
    else:
        git(project.root / "lib", "commit", "-q", "-a", "-m", "second")
        assert tree.plain(digest(project)) != tree.plain(first)


@pytest.mark.parametrize("target", ["file", "folder", "in .git"])
@pytest.mark.parametrize("kind", ["git", "plain"])
def test_what_a_link_out_of_the_project_leads_to_is_watched(place, tmp_path, target, kind):
    write(place.root, FILE, OLD)
    if kind == "git":
        repository(place.root)
    elif target == "in .git":
        return
    away = place.root / ".git/away" if target == "in .git" else tmp_path / "away"
    write(away, "inner/lib.py", OLD)
    (place.root / "lib").symlink_to(away / "inner" if target == "folder" else away / "inner/lib.py")
    first = digest(place)
    assert digest(place) == first
    write(away, "inner/lib.py", NEW)
    assert [item.path for item in sources(place).changes_since(first) or ()] == ["lib"]
    write(away, "inner/lib.py", OLD)
    assert digest(place) == first


@pytest.mark.parametrize("kind", ["git", "plain"])
@pytest.mark.parametrize("way", ["put back", "put back with its times", "moved away and back"])
def test_what_was_written_and_put_back_is_told_once(place, kind, way):
    write(place.root, FILE, OLD)
    write(place.root, "src/other.py", OLD)
    if kind == "git":
        repository(place.root)
    first, path = digest(place), place.root / FILE
    assert sources(place).touched() == ()
    seen = path.stat()
    if way == "moved away and back":
        path.rename(place.root / "away")
        (place.root / "away").rename(path)
    else:
        path.write_text(NEW)
        path.write_text(OLD)
        if way == "put back with its times":
            os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    now = sources(place)
    assert now.digest == first
    assert now.touched() == (FILE,)
    assert sources(place).touched() == ()


def test_of_some_files_those_are_ignored_that_git_would_not_commit(project):
    write(project.root, ".git/info/exclude", "*.log\nbuild/\n")
    for name in ("a.log", "build/x.py", "src/new.py"):
        write(project.root, name, CODE)
    asked = ["a.log", "build/x.py", "src/new.py", "gone.log", "../out.log", ""]
    assert sources(project).ignored(asked) == ("a.log", "build/x.py")


def test_git_is_the_one_that_the_environment_was_built_with(project, tmp_path, monkeypatch):
    wanted = digest(project)
    write(tmp_path, "evil/git", "#!/bin/sh\nexit 0\n")
    (tmp_path / "evil/git").chmod(0o755)
    recorded = {"git": shutil.which("git"), "environment": {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}}
    write(project.data, "venv/programs.json", json.dumps(recorded))
    monkeypatch.setenv("CLAUDE_PLUGIN_DATA", str(project.data))
    monkeypatch.setenv("PATH", f"{tmp_path / 'evil'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path / "evil"))
    write(tmp_path, "evil/.gitconfig", f"[core]\n\texcludesFile = {tmp_path / 'evil/all'}\n")
    write(tmp_path, "evil/all", "*\n")
    assert digest(project) == wanted
    write(project.root, "src/new.py", CODE)
    assert digest(project) != wanted


@pytest.mark.parametrize(("file", "content", "is_seen"), [("a", NEW, True), ("b", NEW, False), ("b", NEW + "#", True)])
def test_of_a_large_folder_elsewhere_only_the_first_files_are_read(tmp_path, monkeypatch, file, content, is_seen):
    monkeypatch.setattr(beside, "_ALL", len(OLD) + 1)
    for name in ("a", "b"):
        write(tmp_path, name, OLD)
    before, times = beside.state_of(str(tmp_path)), (tmp_path / file).stat()
    write(tmp_path, file, content)
    os.utime(tmp_path / file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert (beside.state_of(str(tmp_path)) != before) == is_seen
