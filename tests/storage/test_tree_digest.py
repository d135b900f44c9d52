"""What counts as a change of the sources, in and outside of a repository."""

import os

import pytest

from assembly_line.sources.tree import Change, Sources
from tests.support.project import git, repository

OWN = [
    "docs/planning/.project-state.yaml",
    "docs/planning/.feature-x-state.yaml",
    "docs/planning/.project-state.yaml.123.tmp",
    "docs/planning/journal/TASK-008.jsonl",
    "docs/tasks/TASK-008-summary.md",
    "docs/tasks/TASK-008-failure.md",
    ".task_bundles/TASK-008/reports/d-0001.yaml",
]
CACHES = [
    "src/__pycache__/app.pyc",
    ".pytest_cache/v/x",
    "src/.mypy_cache/x",
    ".coverage",
    "web/node_modules/a/index.js",
    ".hypothesis/x",
    "htmlcov/index.html",
]
SOURCES = ["src/new.py", "docs/tasks/notes.md", "docs/planning/tasks/TASK-008.yaml", "src/pycache.py", "a b/ü.py"]


@pytest.fixture(params=["git", "plain"])
def sources(place, request):
    """A project with sources, as a repository and without one."""
    (place.root / "src").mkdir()
    (place.root / "src/app.py").write_text("answer = 42\n")
    (place.root / "src/run").write_text("#!/bin/sh\n")
    if request.param == "git":
        repository(place.root)
    return place


def digest(place):
    return Sources(str(place.root), place.vault).digest


def put(place, relative, text="x\n"):
    path = place.root / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_digest_says_how_it_was_made_and_stays_as_long_as_nothing_changes(sources):
    first = digest(sources)
    assert first.startswith("git:" if (sources.root / ".git").exists() else "walk:")
    assert digest(sources) == first


@pytest.mark.parametrize("relative", [*OWN, *CACHES])
def test_the_lines_own_files_and_caches_are_no_change(sources, relative):
    first = digest(sources)
    put(sources, relative)
    assert digest(sources) == first
    put(sources, relative, "y\n")
    assert digest(sources) == first


@pytest.mark.parametrize("relative", SOURCES)
def test_a_new_file_is_a_change_and_its_removal_takes_it_back(sources, relative):
    first = digest(sources)
    put(sources, relative)
    assert digest(sources) != first
    (sources.root / relative).unlink()
    assert digest(sources) == first


@pytest.mark.parametrize("way", ["edit", "same size", "delete", "rename", "link"])
def test_every_way_to_change_a_source_is_a_change(sources, way):
    first = digest(sources)
    path = sources.root / "src/app.py"
    if way == "edit":
        path.write_text("answer = 43, 44\n")
    elif way == "same size":
        path.write_text("answer = 43\n")
    elif way == "delete":
        path.unlink()
    elif way == "rename":
        path.rename(path.with_name("other.py"))
    else:
        path.unlink()
        path.symlink_to("run")
    assert digest(sources) != first


def test_another_content_of_the_same_size_and_time_is_a_change(sources):
    path = sources.root / "src/app.py"
    seen = path.stat()
    first = digest(sources)
    path.write_text("answer = 43\n")
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert digest(sources) != first


def test_ignored_files_are_no_change_in_a_repository(place):
    (place.root / ".gitignore").write_text("build/\n*.log\n")
    repository(place.root)
    first = digest(place)
    put(place, "build/out.o")
    put(place, "a.log")
    assert digest(place) == first


def test_a_tracked_file_is_a_source_although_a_pattern_ignores_it(place):
    put(place, "build/tracked.py")
    repository(place.root)
    (place.root / ".gitignore").write_text("build/\n")
    first = digest(place)
    put(place, "build/tracked.py", "y\n")
    assert digest(place) != first


def test_the_users_index_and_objects_are_left_alone(place):
    put(place, "src/app.py")
    repository(place.root)
    put(place, "src/staged.py")
    git(place.root, "add", "src/staged.py")
    put(place, "src/loose.py")
    folder = place.root / ".git"
    index = (folder / "index").stat()
    before = {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    digest(place)
    assert {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()} == before
    assert (folder / "index").stat().st_mtime_ns == index.st_mtime_ns
    assert git(place.root, "status", "--porcelain").splitlines() == ["A  src/staged.py", "?? src/loose.py"]


def test_a_commit_of_the_same_content_is_no_change(place):
    put(place, "src/app.py")
    repository(place.root)
    put(place, "src/new.py")
    first = digest(place)
    git(place.root, "add", "-A")
    git(place.root, "commit", "-q", "-m", "second")
    assert digest(place) == first


def test_changes_are_counted_by_git(place):
    put(place, "a.py", "1\n2\n3\n")
    put(place, "gone.py", "1\n")
    put(place, "ü b.bin", "x")
    repository(place.root)
    first = digest(place)
    put(place, "a.py", "1\nzwei\n3\n4\n")
    put(place, "new.py", "1\n2\n")
    (place.root / "gone.py").unlink()
    (place.root / "ü b.bin").write_bytes(b"\0\1")
    found = Sources(str(place.root), place.vault).changes_between(first, digest(place))
    assert found == (
        Change("a.py", "M", 2, 1),
        Change("gone.py", "D", 0, 1),
        Change("new.py", "A", 2, 0),
        Change("ü b.bin", "M", None, None),
    )


def test_outside_a_repository_changes_cannot_be_counted(place):
    assert Sources(str(place.root), place.vault).changes_between("walk:1", "walk:2") is None
    assert Sources(str(place.root), place.vault).changes_between("", "git:" + "0" * 40) is None


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY"])
def test_gits_own_environment_does_not_lead_astray(place, monkeypatch, name):
    put(place, "a.py")
    repository(place.root)
    first = digest(place)
    monkeypatch.setenv(name, "/nowhere")
    assert digest(place) == first


def test_no_hook_and_no_monitor_of_the_repository_is_run(place, tmp_path):
    put(place, "a.py")
    repository(place.root)
    mark = tmp_path / "ran"
    hook = place.root / ".git/hooks/post-index-change"
    hook.parent.mkdir()
    hook.write_text(f"#!/bin/sh\ntouch {mark}\n")
    hook.chmod(0o755)
    git(place.root, "config", "core.fsmonitor", f"touch {mark}; false")
    put(place, "b.py")
    digest(place)
    assert not mark.exists()


def test_without_git_the_files_are_walked(place, monkeypatch):
    put(place, "a.py")
    repository(place.root)
    monkeypatch.setenv("PATH", str(place.data))
    assert digest(place).startswith("walk:")


def test_a_fifo_among_the_sources_is_not_waited_for(sources):
    os.mkfifo(sources.root / "src/fifo")
    assert digest(sources)
