"""The digest is the tree that the person's own git would commit, however the repository is set up."""

import os
import subprocess
from pathlib import Path

import pytest

from assembly_line.sources.tree import Sources, plain
from tests.storage.place import Place
from tests.support.project import write

CRLF = "one\r\ntwo\r\n"


def git(root: Path, *words: str) -> str:
    """git as the person has set it up, in a home of their own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    for name in ("GIT_AUTHOR", "GIT_COMMITTER"):
        environment |= {f"{name}_NAME": "somebody", f"{name}_EMAIL": "somebody@example.org"}
    done = subprocess.run(["git", "-C", str(root), *words], env=environment, capture_output=True, check=True)
    return os.fsdecode(done.stdout).strip()


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return folder


@pytest.fixture
def project(place, home) -> Place:
    git(place.root, "init", "-q", "-b", "main")
    return place


def committed(place: Place) -> str:
    """The tree of a commit of everything."""
    git(place.root, "add", "-A")
    git(place.root, "commit", "-q", "--allow-empty", "-m", "all of it")
    return f"git:{git(place.root, 'rev-parse', 'HEAD^{tree}')}"


def digest(place: Place) -> str:
    return plain(Sources(str(place.root), place.vault).digest)


def put(place: Place, relative: str, data: bytes) -> None:
    path = place.root / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def settings(*pairs: str):
    def arrange(place: Place) -> None:
        for pair in pairs:
            git(place.root, "config", *pair.split("=", 1))

    return arrange


def everywhere(*pairs: str):
    def arrange(place: Place) -> None:
        for pair in pairs:
            git(place.root, "config", "--global", *pair.split("=", 1))

    return arrange


def attributes(text: str):
    return lambda place: write(place.root, ".gitattributes", text)


def filtered(place: Place) -> None:
    """A clean filter that the person has for all repositories, as git-lfs installs it."""
    everywhere("filter.lfs.clean=sed s/secret/pointer/", "filter.lfs.required=true")(place)
    write(place.root, ".gitattributes", "*.bin filter=lfs\n")


SETUPS = {
    "nothing": lambda place: None,
    "autocrlf": settings("core.autocrlf=true"),
    "autocrlf for all repositories": everywhere("core.autocrlf=true"),
    "autocrlf input": settings("core.autocrlf=input"),
    "autocrlf and safecrlf": settings("core.autocrlf=true", "core.safecrlf=warn"),
    "text attributes": attributes("* text=auto\n*.sh text eol=lf\n*.bin -text\n"),
    "a filter for all repositories": filtered,
    "no modes": settings("core.fileMode=false"),
    "no case": settings("core.ignoreCase=true"),
    "no quoting": settings("core.quotePath=false", "core.precomposeUnicode=true"),
    "rules of the person": lambda place: (
        write(Path(os.environ["HOME"]), "rules", "*.log\n"),
        everywhere(f"core.excludesFile={os.environ['HOME']}/rules")(place),
    ),
    "rules in the usual place": lambda place: write(Path(os.environ["HOME"]), ".config/git/ignore", "*.log\n"),
    "rules of the repository": lambda place: write(place.root, ".git/info/exclude", "*.log\n"),
    "odd settings": settings("status.showUntrackedFiles=no", "core.untrackedCache=true", "index.version=4"),
    "a split index": settings("core.splitIndex=true"),
    "a setting from another file": lambda place: (
        write(place.root, ".git/more", "[core]\n\tautocrlf = input\n"),
        settings("include.path=more")(place),
    ),
}


@pytest.mark.parametrize("setup", SETUPS)
@pytest.mark.parametrize("is_seen", [True, False])
def test_the_digest_is_the_tree_of_a_commit_of_everything(project, setup, is_seen):
    SETUPS[setup](project)
    put(project, "a.txt", CRLF.encode())
    put(project, "run.sh", b"#!/bin/sh\n")
    (project.root / "run.sh").chmod(0o755)
    put(project, "data.bin", b"secret\r\n\0")
    put(project, "out.log", b"x")
    (project.root / "link").symlink_to("a.txt")
    first = digest(project)
    assert first == committed(project) == digest(project)
    put(project, "a.txt", b"one\r\ntwo\nthree\r\n")
    put(project, "ü b/new.txt", CRLF.encode() * 1000)
    put(project, "data.bin", b"secret 2\0")
    (project.root / "run.sh").chmod(0o644)
    (project.root / "link").unlink()
    if is_seen:
        digest(project)
    put(project, "a.txt", b"one\r\n")
    put(project, "ü b/new.txt", CRLF.encode() * 1001)
    second = digest(project)
    assert second == committed(project) == digest(project) != first


def test_a_file_that_was_committed_with_crlf_stays_so_under_autocrlf(project):
    put(project, "a.txt", CRLF.encode())
    committed(project)
    git(project.root, "config", "core.autocrlf", "true")
    put(project, "a.txt", CRLF.encode() * 2)
    digest(project)
    put(project, "a.txt", CRLF.encode() * 3)
    found = digest(project)
    assert found == committed(project)


def test_a_repository_of_sha256_has_trees_of_sha256(place, home):
    git(place.root, "init", "-q", "--object-format=sha256")
    put(place, "a.txt", b"x")
    first = digest(place)
    assert len(first) == len("git:") + 64
    assert first == committed(place)
    put(place, "b.txt", b"x")
    now = Sources(str(place.root), place.vault)
    assert [item.path for item in now.changes_since(first) or ()] == ["b.txt"]
    assert plain(now.digest) == committed(place)


@pytest.mark.parametrize("cone", ["--cone", "--no-cone"])
def test_a_sparse_checkout_keeps_what_it_left_out_and_sees_what_is_there(project, cone):
    for name in ("a/x.py", "b/y.py", "b/z.py"):
        put(project, name, b"x")
    whole = committed(project)
    git(project.root, "sparse-checkout", "set", cone, "a" if cone == "--cone" else "/a/")
    assert not (project.root / "b").exists()
    assert digest(project) == whole
    put(project, "a/x.py", b"y")
    second = digest(project)
    assert second == committed(project)
    put(project, "b/y.py", b"what was left out is there again")
    assert digest(project) not in (whole, second)
    git(project.root, "sparse-checkout", "disable")
    (project.root / "b/z.py").unlink()
    assert digest(project) == committed(project)


@pytest.mark.parametrize("kind", ["merge", "rebase", "intent", "staged", "renamed case"])
def test_what_git_is_in_the_middle_of_does_not_matter(project, kind):
    put(project, "a.txt", b"base\n")
    committed(project)
    git(project.root, "checkout", "-q", "-b", "side")
    put(project, "a.txt", b"side\n")
    committed(project)
    git(project.root, "checkout", "-q", "main")
    put(project, "a.txt", b"main\n")
    committed(project)
    digest(project)
    if kind in ("merge", "rebase"):
        with pytest.raises(subprocess.CalledProcessError):
            git(project.root, kind, "side")
        assert "<<<<<<<" in (project.root / "a.txt").read_text()
    elif kind == "intent":
        put(project, "new.txt", b"x")
        git(project.root, "add", "-N", "new.txt")
    elif kind == "staged":
        put(project, "a.txt", b"staged\n")
        git(project.root, "add", "a.txt")
        put(project, "a.txt", b"not staged\n")
    else:
        git(project.root, "mv", "a.txt", "A.txt")
    found = digest(project)
    git(project.root, "add", "-A")
    assert found == f"git:{git(project.root, 'write-tree')}" == digest(project)


def test_a_linked_work_tree_and_its_main_one_have_each_their_own_sources(project, tmp_path):
    put(project, "a.txt", b"x")
    first = committed(project)
    git(project.root, "config", "extensions.worktreeConfig", "true")
    git(project.root, "worktree", "add", "-q", str(tmp_path / "other"))
    other = project._replace(root=tmp_path / "other")
    put(other, "b.txt", b"x")
    assert digest(project) == first
    assert digest(other) == committed(other) != first


def test_many_new_files_are_hashed_and_not_copied(project):
    put(project, "a.txt", b"x")
    committed(project)
    for number in range(3):
        put(project, f"large{number}.bin", bytes([number]) * (1 << 20))
    found = digest(project)
    kept = [path.stat().st_size for path in Path(project.vault.folder).rglob("*") if path.is_file()]
    assert max(kept) < 100_000
    assert found == committed(project)


def test_of_a_file_without_a_copy_the_change_is_named_and_the_rest_is_shown(project):
    put(project, "a.txt", b"x\n")
    committed(project)
    first = Sources(str(project.root), project.vault).digest
    put(project, "large.bin", bytes(1 << 20))
    put(project, "b.txt", b"y\n")
    now = Sources(str(project.root), project.vault)
    assert [(item.path, item.added) for item in now.changes_since(first) or ()] == [("b.txt", 1), ("large.bin", None)]
    shown = now.diff_since(first, 10_000)
    assert "+y\n" in shown
    assert "no copy was kept: large.bin" in shown
