"""The digest is, after any change, the tree that two plain `git add` write; git is asked as little as possible."""

import contextlib
import json
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from assembly_line.sources import ignored, note, tree
from assembly_line.sources.tree import Change, Sources
from assembly_line.system import git
from tests.storage.place import Place, make
from tests.support import project as projects
from tests.support.project import repository

CONTENTS = ("", "x\n", "y\n", "z\n", "longer\r\nthan one line\r\n")
FOLDERS = (
    "",
    "a/",
    "a/b/",
    "coverage/",
    "build/",
    "web/.cache/",
    "docs/planning/journal/",
    "docs/tasks/",
    "pkg/",
    "pkg/docs/tasks/",
    "ü d/",
)
NAMES = (
    "f",
    "g.py",
    "run",
    "a.log",
    ".coverage",
    "b",
    "T-1-summary.md",
    "-n",
    ":(top)",
    "tab\tnew\nline",
    "*",
    b"\xff",
)
# What of the engine's own files the names above can make.
OWN = ("docs/planning/journal/*.jsonl", "docs/tasks/*-summary.md", ".task_bundles/**")
ODDITIES = (
    ("config", "core.autocrlf", "input"),
    ("config", "core.fileMode", "false"),
    ("config", "core.ignoreCase", "true"),
    ("config", "core.splitIndex", "true"),
    ("update-index", "--assume-unchanged", "--"),
    ("update-index", "--skip-worktree", "--"),
    ("sparse-checkout", "set", "a", "docs"),
)


def twin(root: Path, project: str = "") -> str:
    """The tree that plain git makes of a copy of the user's index, everything anew every time."""
    folder = root.parent / "twin"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "objects").mkdir(parents=True)
    variables = {**os.environ, "GIT_INDEX_FILE": str(folder / "index"), "GIT_OBJECT_DIRECTORY": str(folder / "objects")}
    objects, index = (projects.git(root, "rev-parse", "--git-path", name).strip() for name in ("objects", "index"))
    variables["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = str(root / objects)
    if (root / index).exists():
        shutil.copy2(root / index, folder / "index")

    def ask(*words: str) -> list[str]:
        command = ["git", "-c", "core.splitIndex=false", *words]
        done = subprocess.run(command, cwd=root, env=variables, capture_output=True, check=True)
        return os.fsdecode(done.stdout).split("\0")

    above = f"[{project[0]}]{project[1:]}/" if project else ""
    own = [f"{above}[{name[0]}]{name[1:]}" for name in OWN]
    caches = [f":(exclude,glob)**/{name}{end}" for name in ignored.CACHES for end in ("", "/**")]
    sparse = (root / ".git/info/sparse-checkout").exists()
    try:
        for item in ask("ls-files", "-v", "-z")[:-1]:
            if item[0].islower():
                ask("update-index", "--no-assume-unchanged", "--", item[2:])
            if item[0] in "Ss" and not sparse:
                ask("update-index", "--no-skip-worktree", "--", item[2:])
        for name in ask("ls-files", "-z", "--", *(f":(glob){item}" for item in own))[:-1]:
            ask("update-index", "--force-remove", "--", name)
        own += [path for path in bare_folders(root) if ask("ls-files", "-z", "--", f":(literal){path}") == [""]]
        ask("add", "--update")
        ask("add", "--all", "--", ".", *(f":(exclude,glob){item}" for item in own), *caches)
        return f"git:{ask('write-tree')[0].strip()}"
    except subprocess.CalledProcessError:
        return "walk:"


def bare_folders(root: Path) -> list[str]:
    """The nested repositories that have no commit, at which plain git gives up."""
    found = [path.parent for path in root.rglob(".git") if path.parent != root]
    lacking = [path for path in found if not list((path / ".git/refs").rglob("heads/*"))]
    return [str(path.relative_to(root)) for path in lacking]


class Disorder:
    """Changes to a project, one after the other, drawn from a seed."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root = root
        self.draw = random.Random(seed)

    def path(self) -> str:
        name = os.fsdecode(self.draw.choice(NAMES))
        return os.path.join(self.root, self.draw.choice(FOLDERS) + name)

    def known(self) -> str:
        """A file that is there, or a new one."""
        found = [os.path.join(folder, name) for folder, _, files in os.walk(self.root) for name in files]
        found = sorted(path for path in found if f"{os.sep}.git{os.sep}" not in path)
        return self.draw.choice(found) if found and self.draw.random() < 0.8 else self.path()

    def step(self) -> None:
        kind = self.draw.choice([name for name in vars(Disorder) if name.startswith("do_")])
        with contextlib.suppress(OSError, subprocess.CalledProcessError):  # not every change is possible everywhere
            getattr(self, kind)()

    def write(self, path: str) -> None:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        Path(path).write_text(self.draw.choice(CONTENTS))

    def do_write(self) -> None:
        self.write(self.path())

    def do_edit(self) -> None:
        self.write(self.known())

    def do_edit_in_the_same_instant(self) -> None:
        path = self.known()
        seen = os.stat(path)
        Path(path).write_text(self.draw.choice(("x\n", "y\n", "z\n")))
        if int(seen.st_mtime) == int(seen.st_ctime):  # else git, which compares whole seconds, may not see it
            os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))

    def do_touch(self) -> None:
        os.utime(self.known())

    def do_delete(self) -> None:
        os.unlink(self.known())

    def do_delete_a_folder(self) -> None:
        folder = self.draw.choice(FOLDERS[1:])
        shutil.rmtree(self.root / folder.split("/")[0])

    def do_mode(self) -> None:
        os.chmod(self.known(), self.draw.choice((0o644, 0o755)))

    def do_move(self) -> None:
        os.rename(self.known(), self.path())

    def do_link(self) -> None:
        path = self.known()
        os.unlink(path)
        os.symlink(self.draw.choice(("f", "a", "nowhere")), path)

    def do_folder_for_a_file(self) -> None:
        path = self.known()
        os.unlink(path)
        self.write(os.path.join(path, self.draw.choice(("f", "a.log", "x.pyc"))))

    def do_file_for_a_folder(self) -> None:
        folder = self.root / self.draw.choice(FOLDERS[1:]).split("/")[0]
        shutil.rmtree(folder)
        folder.write_text("a file\n")

    def do_link_for_a_folder(self) -> None:
        folder = self.root / self.draw.choice(("a", "a/b", "coverage", "build", "web"))
        aside = f"{folder}.aside" if self.draw.random() < 0.5 else str(self.root.parent / "aside")
        os.rename(folder, aside)
        os.symlink(aside, folder)

    def do_ignore(self) -> None:
        lines = self.draw.sample(("*.log", "build/", "build", "a", "!.cache", "!coverage", ".coverage", "*"), 2)
        where = self.draw.choice((".gitignore", ".gitignore", "a/.gitignore"))
        (self.root / where).write_text("\n".join(lines) + "\n")

    def do_commit_or_stage(self) -> None:
        words = self.draw.choice((["add", "-A"], ["add", "-f", "-A"], ["commit", "-q", "-m", "more"], ["stash", "-q"]))
        projects.git(self.root, *words)

    def do_nested_repository(self) -> None:
        inner = self.root / self.draw.choice(("sub", "a/sub", "coverage"))
        if not (inner / ".git").exists():
            projects.git(self.root, "init", "-q", str(inner))
        (inner / "f").write_text(self.draw.choice(CONTENTS))
        if self.draw.random() < 0.7:
            repository(inner)


def begun(place: Place, seed: int) -> Disorder:
    """A repository in which some of everything is tracked, also what is ignored or named like a cache."""
    disorder = Disorder(place.root, seed)
    for _ in range(12):
        with contextlib.suppress(OSError):
            disorder.do_write()
    (place.root / ".gitignore").write_text(disorder.draw.choice(("", "*.log\nbuild/\n", "build\n.coverage\n")))
    projects.git(place.root, "init", "-q", "-b", "main")
    projects.git(place.root, "add", *disorder.draw.choice((["-A"], ["-f", "-A"])))
    projects.git(place.root, "commit", "-q", "--allow-empty", "-m", "first")
    odd = disorder.draw.choice((*ODDITIES, (), (), ()))
    if odd[:1] == ("update-index",):
        tracked = projects.git(place.root, "ls-files", "-z").split("\0")[:-1]
        odd = (*odd, *disorder.draw.sample(tracked, min(3, len(tracked))))
    if odd:
        projects.git(place.root, *odd)
    return disorder


@pytest.mark.parametrize("project", ["", "pkg"])
@pytest.mark.parametrize("seed", range(30))
def test_after_any_changes_the_digest_is_that_of_a_full_look(tmp_path, seed, project):
    place = make(tmp_path)
    disorder = begun(place, seed)
    inner = place._replace(root=place.root / project)
    for _ in range(6):
        with contextlib.suppress(FileExistsError):
            inner.root.mkdir()
        found, wanted = tree.plain(digest(inner)), twin(place.root, project)
        assert found.startswith("git:")
        assert wanted in (found, "walk:")  # which is where plain git gives up
        for _ in range(disorder.draw.choice((0, 1, 1, 3))):
            disorder.step()


@pytest.fixture
def asked(monkeypatch):
    """The words of every call of git."""
    calls: list[list[str]] = []
    run = git.run

    def count(root, words, *more, **named):
        calls.append([word for word in words if not word.startswith("-")])
        return run(root, words, *more, **named)

    monkeypatch.setattr(git, "run", count)
    return calls


def digest(place: Place) -> str:
    return Sources(str(place.root), place.vault).digest


def test_as_long_as_nothing_changes_git_is_asked_once_for_its_settings(place, asked):
    (place.root / "app.py").write_text("x\n")
    repository(place.root)
    first = digest(place)
    asked.clear()
    (place.root / "__pycache__").mkdir()
    (place.root / "__pycache__/app.pyc").write_text("x\n")
    assert digest(place) == first
    assert [words[0] for words in asked] == ["config"]


def test_a_change_is_taken_in_by_name(place, asked):
    (place.root / "app.py").write_text("x\n")
    repository(place.root)
    first = digest(place)
    asked.clear()
    (place.root / "new.py").write_text("x\n")
    second = digest(place)
    assert second != first
    assert [words[0] for words in asked] == [
        "config",
        "update-index",
        "write-tree",
        "diff-tree",
        "update-index",
        "update-index",
    ]
    asked.clear()
    assert Sources(str(place.root), place.vault).changes_between(first, second) == (Change("new.py", "A", 1, 0),)
    assert "add" not in {words[0] for words in asked}


@pytest.mark.parametrize("harm", ["changed", "removed", "another note", "a note of another key"])
def test_the_last_tree_is_believed_only_while_its_index_is_the_same(place, harm):
    (place.root / "app.py").write_text("x\n")
    repository(place.root)
    first = digest(place)
    folder = Path(place.vault.folder) / "git"
    if harm == "changed":
        (folder / "index").write_bytes((place.root / ".git/index").read_bytes())
    elif harm == "removed":
        (folder / "index").unlink()
    noted = folder / "index.note"
    false = noted.read_bytes().replace(first[4:].encode(), b"0" * 40)
    noted.write_bytes(b"{}" if harm == "another note" else false)
    if harm == "a note of another key":
        note.save(str(noted), b"k" * 32, json.loads(false.partition(b"\n")[2]))
    assert digest(place) == first


@pytest.mark.parametrize("ignored", ["build", "coverage"])
@pytest.mark.parametrize("rule", ["", "build\n"])
def test_a_link_in_the_place_of_a_tracked_folder_is_a_change(place, ignored, rule):
    (place.root / ".gitignore").write_text(rule)
    (place.root / ignored).mkdir()
    (place.root / ignored / "f").write_text("x\n")
    repository(place.root)
    projects.git(place.root, "add", "-f", "-A")
    first = digest(place)
    os.rename(place.root / ignored, place.root.parent / "aside")
    os.symlink(place.root.parent / "aside", place.root / ignored)
    assert digest(place) != first


@pytest.mark.parametrize("rule", ["docs\n", "docs/planning\n", ".task_bundles\n"])
def test_ignored_folders_of_the_line_itself_keep_git_from_nothing(place, rule):
    (place.root / ".gitignore").write_text(rule)
    (place.root / "docs/planning/journal").mkdir(parents=True)
    repository(place.root)
    assert digest(place).startswith("git:")


def test_linked_documents_keep_git_from_nothing(place):
    (place.root.parent / "elsewhere").mkdir()
    (place.root / "docs").symlink_to(place.root.parent / "elsewhere")
    repository(place.root)
    assert digest(place).startswith("git:")


@pytest.mark.parametrize("kind", ["worktree", "submodule", "separate", "detached", "unborn"])
def test_every_kind_of_repository_is_one(place, kind):
    main, root = place.root.parent / "main", place.root
    main.mkdir()
    (main / "app.py").write_text("x\n")
    repository(main)
    if kind == "worktree":
        projects.git(main, "worktree", "add", "-q", "--detach", str(root))
    elif kind == "submodule":
        root.rmdir()
        projects.git(root.parent, "init", "-q")
        words = ["-c", "protocol.file.allow=always", "submodule", "add", "-q", str(main), root.name]
        projects.git(root.parent, *words)
    elif kind == "separate":
        projects.git(root, "init", "-q", f"--separate-git-dir={root.parent / 'apart'}", str(root))
    else:
        projects.git(root, "init", "-q", "-b", "main")
    if kind == "detached":
        repository(root)
        projects.git(root, "checkout", "-q", "--detach")
    (root / "app.py").write_text("y\n")
    found = digest(place)
    assert found == twin(root)
    assert found.startswith("git:")


@pytest.mark.parametrize("lack", ["HEAD", "objects", "refs", "everything", "a wrong HEAD"])
def test_a_git_folder_that_is_no_repository_makes_none(place, lack):
    (place.root / "app.py").write_text("x\n")
    repository(place.root)
    folder = place.root / ".git"
    if lack == "everything":
        shutil.rmtree(folder)
        folder.mkdir()
    elif lack == "a wrong HEAD":
        (folder / "HEAD").write_text("nothing\n")
    else:
        (folder / lack).rename(folder / "away")
    assert digest(place).startswith("walk:")


def test_a_git_folder_that_is_no_repository_hides_not_the_one_above_it(place):
    (place.root / "app.py").write_text("x\n")
    repository(place.root.parent)
    (place.root / ".git").mkdir()
    assert digest(place).startswith("git:")


@pytest.mark.parametrize("where", ["in the project", "by a relative path", "not executable", "a folder"])
def test_git_is_looked_for_where_it_may_be_run(place, tmp_path, monkeypatch, where):
    folder = (place.root if where == "in the project" else tmp_path) / "bin"
    folder.mkdir()
    if where == "a folder":
        (folder / "git").mkdir()
    else:
        (folder / "git").write_text("#!/bin/sh\n")
        (folder / "git").chmod(0o644 if where == "not executable" else 0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "bin" if where == "by a relative path" else str(folder))
    assert git.program(str(place.root)) is None
    wanted = tmp_path / "right"
    wanted.mkdir()
    (wanted / "git").write_text("#!/bin/sh\n")
    (wanted / "git").chmod(0o755)
    monkeypatch.setenv("PATH", os.environ["PATH"] + os.pathsep + str(wanted))
    assert git.program(str(place.root)) == str(wanted / "git")


def test_while_a_store_is_open_the_digest_is_taken_once(place, asked):
    (place.root / "app.py").write_text("x\n")
    repository(place.root)
    with place.opened() as held:
        first = held.sources.digest
        asked.clear()
        assert held.sources.digest == first
        assert asked == []
    (place.root / "app.py").write_text("y\n")
    with place.opened() as held:
        assert held.sources.digest != first
