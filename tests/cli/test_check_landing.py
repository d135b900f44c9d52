"""scripts/check_state.py --base: what lands is what was judged. Honest pull requests are green, all others are red."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from assembly_line.check import doctor
from assembly_line.statefile import rebuild
from assembly_line.storage import attributes
from assembly_line.storage.vault import Vault
from tests.cli.conftest import Place
from tests.cli.forging import STATE, told
from tests.cli.runs import drive
from tests.support.client import Client
from tests.support.project import commit, git, repository, write

T = "TASK-002"
CONFIG = "assembly-line.yaml"


class Change:
    """A repository whose branch `work` came from `main`, where TASK-001 is completed and tasks are defined."""

    def __init__(self, root: Path, base: str, made: str) -> None:
        self.root, self.base, self.made = root, base, made
        self.client = Client(root, root.parent / "data", "session-9")

    def git(self, *words: str) -> str:
        return git(self.root, *words)

    def commit(self, message: str) -> str:
        return commit(self.root, message)

    def write(self, path: str, text: str = "MORE = 1\n") -> None:
        write(self.root, path, text)

    def edit(self, path: str, text: str = "MORE = 1\n") -> None:
        """Commit a file that somebody wrote."""
        self.write(path, text)
        self.commit(path)

    def run(self, task: str = T, again: bool = False) -> None:
        """Run a task to its end and commit all of it."""
        if task == T and not again and self.git("rev-parse", "HEAD").strip() == self.base:
            self.git("merge", "-q", "--ff-only", self.made)  # made once for all tests
            return
        if again:
            self.client.task = task
            self.client.run(f"{task} --restart")
            while self.client.directive["action"] == "dispatch":
                self.client.work()
            self.client.fire("Stop")
        else:
            drive(self.client, task)
        self.commit(task)

    def rebuild(self) -> None:
        """Write the state file anew, as after any merge."""
        rebuild.rebuild(str(self.root), STATE, Vault(str(self.root)))
        self.commit("rebuilt")

    def on_main(self, act: Callable[["Change"], None]) -> None:
        """Do something on main, and come back."""
        self.git("checkout", "-q", "main")
        act(self)
        self.git("checkout", "-q", "work")

    def land(self, *words: str) -> None:
        """Make what would be on main the commit that is checked."""
        self.git("checkout", "-q", "-b", "landed", "main")
        self.git("merge", "-q", *words, "work")

    def seen(self, base: str = "main", *words: str) -> tuple[list[str], list[str], str]:
        """The codes of findings and notes, and all that was said."""
        answer = told(self.root, "--base", base, *words)
        said = "\n".join(item["message"] for item in (*answer["findings"], *answer["notes"]))
        return [item["code"] for item in answer["findings"]], [item["code"] for item in answer["notes"]], said


@pytest.fixture
def change(made: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Change:
    monkeypatch.setenv("CLAUDE_PLUGIN_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("assembly_line.system.disk._sync", lambda descriptor: None)
    monkeypatch.setattr("assembly_line.system.disk._sync_folder", lambda folder: None)
    shutil.copytree(made.root, tmp_path / "project", symlinks=True)
    git(tmp_path / "project", "reset", "-q", "--hard", made.base)
    git(tmp_path / "project", "checkout", "-q", "-b", "work")
    return Change(tmp_path / "project", made.base, git(made.root, "rev-parse", "HEAD").strip())


# Honest pull requests.


def pushed(change: Change) -> None:
    change.run()


def merged(change: Change) -> None:
    change.run()
    change.land("--no-ff", "--no-edit")


def squashed(change: Change) -> None:
    change.run()
    change.land("--squash")
    change.commit("squashed")


def rebased(change: Change) -> None:
    change.run()
    change.git("checkout", "-q", "-b", "landed", "main")
    change.git("cherry-pick", "main..work")


def queued(change: Change) -> None:
    """A merge queue merges on a branch of its own and checks that."""
    change.run()
    change.git("checkout", "-q", "-b", "gh-readonly-queue/main/pr-1", "main")
    change.git("merge", "-q", "--no-ff", "--no-edit", "work")


def in_two_commits(change: Change) -> None:
    drive(change.client, T)
    change.git("add", "src")
    change.git("commit", "-q", "-m", "the sources")
    change.commit("the records")


def records_first(change: Change) -> None:
    drive(change.client, T)
    change.git("add", "docs")
    change.git("commit", "-q", "-m", "the records")
    change.commit("the sources")


def begun_and_finished_in_two_commits(change: Change) -> None:
    drive(change.client, T, stations=3)
    change.commit("so far")
    change.client.task = T
    change.client.run(T)
    while change.client.directive["action"] == "dispatch":
        change.client.work()
    change.commit("done")


def two_tasks(change: Change) -> None:
    change.run()
    change.run("TASK-003")
    change.land("--no-ff", "--no-edit")


def two_tasks_squashed(change: Change) -> None:
    change.run()
    change.run("TASK-003")
    change.land("--squash")
    change.commit("squashed")


def two_tasks_in_one_commit(change: Change) -> None:
    drive(change.client, T)
    drive(change.client, "TASK-003")
    change.commit("both")


def three_tasks(change: Change) -> None:
    for task in (T, "TASK-003", "TASK-004"):
        change.run(task)


def with_empty_commits(change: Change) -> None:
    change.run()
    for _ in range(60):
        change.commit("nothing")


def run_again_after_a_fix(change: Change) -> None:
    change.run()
    change.edit("src/fix.py")
    change.run(again=True)


def updated_and_run_again(change: Change) -> None:
    change.run()
    change.on_main(lambda main: main.edit("src/theirs.py"))
    change.git("merge", "-q", "--no-edit", "main")
    change.run(again=True)
    change.land("--no-ff", "--no-edit")


def main_gained_records_only(change: Change) -> None:
    """Another task goes on in records alone, which are no sources."""
    change.run()
    change.git("checkout", "-q", "main")
    drive(Client(change.root, change.root.parent / "elsewhere", "session-2"), "TASK-003", stations=1)
    change.commit("another task begins")
    change.git("checkout", "-q", "work")
    change.land("--no-ff", "--no-edit", "-X", "ours")
    change.rebuild()


def reverted_and_put_back(change: Change) -> None:
    change.run()
    change.edit("src/TASK-002.py", "ROUND = 99\n")
    change.git("revert", "--no-edit", "HEAD")


def without_any_task(change: Change) -> None:
    change.edit("src/more.py")


def reverted_task_of_main(change: Change) -> None:
    change.git("rm", "-q", "src/TASK-001.py")
    change.commit("revert the first task's sources, keep its records")


def in_progress(change: Change) -> None:
    drive(change.client, T, stations=4)
    change.commit("half")


def failed(change: Change) -> None:
    drive(change.client, T, failing=9)
    change.commit("failed")


def definition_brought_along(change: Change) -> None:
    change.run("TASK-009")


def definitions_are_loose(change: Change) -> None:
    """The team lets definitions change after a PASS, as they are compared by what they say."""
    change.on_main(lambda main: main.edit(CONFIG, "after_pass: [docs/planning/tasks/**]\n"))
    change.git("merge", "-q", "--no-edit", "main")
    change.run()


def another_task_defined_on_main(change: Change) -> None:
    definitions_are_loose(change)
    change.on_main(lambda main: main.edit("docs/planning/tasks/TASK-050.yaml", "id: TASK-050\n"))
    change.land("--no-ff", "--no-edit")


def definition_ticked_off(change: Change) -> None:
    definitions_are_loose(change)
    path = f"docs/planning/tasks/{T}.yaml"
    change.edit(path, (change.root / path).read_text() + "status: done\n")


def amended(change: Change) -> None:
    change.run()
    change.git("commit", "-q", "--amend", "-m", "another message")


def begun_on_uncommitted_work(change: Change) -> None:
    change.write("src/more.py")
    change.run("TASK-003")


def prepared_in_a_commit_before(change: Change) -> None:
    change.edit("src/more.py")
    change.run("TASK-003")


def aborted_and_run_again(change: Change) -> None:
    drive(change.client, T, stations=3)
    change.client.command("abort", T)
    change.run(again=True)


def after_another_change_landed(change: Change) -> None:
    change.run()
    change.git("checkout", "-q", "main")
    change.git("merge", "-q", "work")
    change.git("checkout", "-q", "-b", "next")
    change.run("TASK-003")


def ignoring_what_was_left(change: Change) -> None:
    leaves(change)
    change.write(".gitignore", "# made by the tests\nbuild/\n__pycache__/\n")
    change.commit("without what was left")


def ignoring_it_after_it_was_committed(change: Change) -> None:
    leaves(change)
    change.commit("with what was left")
    change.git("rm", "-q", "--cached", "build/output.bin")
    change.write(".gitignore", "/build/*.bin\n")
    change.commit("as the finding says")


HONEST = [
    ignoring_what_was_left,
    ignoring_it_after_it_was_committed,
    pushed, merged, squashed, rebased, queued, in_two_commits, records_first, begun_and_finished_in_two_commits,
    two_tasks, two_tasks_squashed, two_tasks_in_one_commit, three_tasks, with_empty_commits, run_again_after_a_fix,
    updated_and_run_again, main_gained_records_only, reverted_and_put_back, without_any_task, reverted_task_of_main,
    in_progress, failed, definition_brought_along, another_task_defined_on_main, definition_ticked_off, amended,
    begun_on_uncommitted_work, prepared_in_a_commit_before, aborted_and_run_again, after_another_change_landed,
]  # fmt: skip


@pytest.mark.parametrize("honest", HONEST, ids=lambda act: act.__name__)
def test_an_honest_change_is_green(change: Change, honest: Callable[[Change], None]) -> None:
    honest(change)
    findings, _, said = change.seen()
    assert (findings, said) == ([], said)


# What nobody judged.


def later_commit(change: Change) -> None:
    change.run()
    change.edit("src/more.py")


def formatter(change: Change) -> None:
    change.run()
    change.edit("src/TASK-002.py", "ROUND=1\n")


def evil_merge(change: Change) -> None:
    change.run()
    change.git("checkout", "-q", "-b", "landed", "main")
    change.git("merge", "-q", "--no-ff", "--no-commit", "work")
    change.write("src/evil.py")
    change.commit("merged")


def merge_with_another_change(change: Change) -> None:
    change.run()
    change.on_main(lambda main: main.edit("src/theirs.py"))
    change.land("--no-ff", "--no-edit")


def merge_of_two_tasks(change: Change) -> None:
    change.run()
    change.git("checkout", "-q", "-b", "other", "main")
    other = Client(change.root, change.root.parent / "elsewhere", "session-2")
    drive(other, "TASK-003")
    commit(change.root, "other")
    change.git("merge", "-q", "--no-edit", "-X", "ours", "work")
    change.rebuild()


def squash_with_more(change: Change) -> None:
    change.run()
    change.land("--squash")
    change.edit("src/evil.py")


def part_of_it(change: Change) -> None:
    drive(change.client, T)
    change.git("add", "docs")
    change.git("commit", "-q", "-m", "records without sources")


def rerun_of_a_known_task(change: Change) -> None:
    change.run("TASK-001", again=True)
    change.edit("src/evil.py")


def beside_a_run_that_changed_nothing(change: Change) -> None:
    change.git("checkout", "-q", "-b", "aside")
    change.run("TASK-001", again=True)
    change.git("checkout", "-q", "work")
    change.edit("src/evil.py")
    change.git("merge", "-q", "--no-edit", "aside")


def many_empty_commits(change: Change) -> None:
    change.run()
    change.edit("src/evil.py")
    for _ in range(51):
        change.commit("nothing")


def between_two_tasks(change: Change) -> None:
    change.run()
    change.edit("src/evil.py")
    change.run("TASK-003")


def leaves(change: Change) -> None:
    """A run whose judge's commands leave a file behind."""
    run = change.client
    drive(run, T, stations=5)
    while run.directive["action"] == "dispatch":
        judging = run.directive["stage"] == "validation"
        run.dispatch()
        if judging:
            change.write("build/output.bin")
        run.end(run.message())
        run.back()


def left_behind(change: Change) -> None:
    leaves(change)
    change.commit("with what was left")


def ignored_for_another_reason(change: Change) -> None:
    leaves(change)
    change.write(".gitignore", "build/\nsrc/\n")
    change.commit("without what was left, and without sources to come")


def two_tasks_with_something_left(change: Change) -> None:
    """What the first one's judges left is a source of the second one, as git does not ignore it."""
    leaves(change)
    drive(change.client, "TASK-003")
    change.git("add", "src", "docs")
    change.git("commit", "-q", "-m", "both, without what was left")


def caches_committed(change: Change) -> None:
    drive(change.client, T)
    change.write("src/__pycache__/app.pyc")
    change.commit("with what the tests left")


def attributes_that_change_sources(change: Change) -> None:
    change.run()
    change.edit(".gitattributes", "*.py ident\n")


def ignored_too_late(change: Change) -> None:
    change.run()
    change.edit(".gitignore", "src/\n")


def a_submodule(change: Change) -> None:
    change.run()
    change.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},vendor")
    change.git("commit", "-q", "-m", "a submodule")


def a_repository_of_its_own(change: Change) -> None:
    """Judged with what is in it, and committed without."""
    change.write("vendor/lib/code.py")
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "mine"]):
        change.git("-C", "vendor/lib", "-c", "user.name=x", "-c", "user.email=x@example.org", *words)
    drive(change.client, T)
    change.commit("with a name in the place of code")


def another_mode(change: Change) -> None:
    change.run()
    change.git("update-index", "--chmod=+x", "src/TASK-002.py")
    change.git("commit", "-q", "-m", "can be run")


def weaker_definition_where_definitions_are_loose(change: Change) -> None:
    definitions_are_loose(change)
    path = change.root / f"docs/planning/tasks/{T}.yaml"
    change.edit(f"docs/planning/tasks/{T}.yaml", path.read_text().replace("An unknown loan is refused", "Nothing"))


def renamed(change: Change) -> None:
    change.run()
    change.git("mv", "src/TASK-002.py", "src/task.py")
    change.commit("renamed")


UNJUDGED = [
    later_commit, formatter, evil_merge, merge_with_another_change, merge_of_two_tasks, squash_with_more, part_of_it,
    rerun_of_a_known_task, beside_a_run_that_changed_nothing, many_empty_commits, between_two_tasks, left_behind,
    two_tasks_with_something_left, caches_committed, ignored_for_another_reason, attributes_that_change_sources,
    ignored_too_late, a_submodule, a_repository_of_its_own,
    another_mode, renamed,
]  # fmt: skip


@pytest.mark.parametrize("act", UNJUDGED, ids=lambda act: act.__name__)
def test_what_nobody_judged_is_red_and_the_remedy_is_named(change: Change, act: Callable[[Change], None]) -> None:
    act(change)
    findings, _, said = change.seen()
    assert set(findings) == {"sources"}
    assert "--restart" in said or "git rm --cached" in said


def test_a_definition_that_may_change_must_say_the_same(change: Change) -> None:
    weaker_definition_where_definitions_are_loose(change)
    findings, _, said = change.seen()
    assert (findings, "criteria differ" in said) == (["demanded"], True)


def test_the_remedy_for_what_came_later_works(change: Change) -> None:
    later_commit(change)
    change.run(again=True)
    assert change.seen()[0] == []


# Files that may change after a PASS.


@pytest.mark.parametrize("land", [("--no-ff", "--no-edit"), ("--squash",)])
@pytest.mark.parametrize(
    ("path", "codes"), [("CHANGELOG.md", []), ("docs/guide/a.md", []), ("src/more.py", ["sources"])]
)
def test_only_files_that_the_base_names_may_change_after_a_pass(
    change: Change, land: tuple[str, ...], path: str, codes: list[str]
) -> None:
    change.on_main(lambda main: main.edit(CONFIG, "after_pass: [CHANGELOG.md, docs/guide/**]\n"))
    change.git("merge", "-q", "--no-edit", "main")
    change.run()
    change.edit(path)
    change.land(*land)
    change.commit("landed")
    findings, notes, _ = change.seen()
    assert (findings, notes) == (codes, [] if codes else ["sources"])
    assert change.seen("main", "--strict")[0] == ["sources"]


def test_a_project_below_the_top_of_its_repository_is_compared_with_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_PLUGIN_DATA", str(tmp_path / "data"))
    top, root = tmp_path / "top", tmp_path / "top" / "packages" / "web"
    write(root, "src/app.py", "answer = 42\n")
    write(top, "lib/a.py", "a = 1\n")
    repository(top)
    base = git(top, "rev-parse", "HEAD").strip()
    drive(Client(root, tmp_path / "data", "session-9"), T)
    commit(top, "done")
    inner = Change(root, base, "")
    assert inner.seen(base)[0] == []
    write(top, ".gitignore", ".mypy_cache/\n")
    write(top, ".mypy_cache/x.json", "{}\n")
    git(top, "add", "-f", ".mypy_cache")
    commit(top, "with what a tool left at the top")
    findings, _, said = inner.seen(base)
    assert (findings, ".mypy_cache/x.json" in said, ".gitignore" in said) == (["sources"], True, True)
    git(top, "rm", "-r", "-q", "--cached", ".mypy_cache")
    commit(top, "without it")
    assert inner.seen(base)[:2] == ([], ["sources"])
    git(top, "reset", "-q", "--hard", "HEAD~2")
    write(top, "lib/a.py", "a = 2\n")
    commit(top, "beside the project")
    findings, _, said = inner.seen(base)
    assert findings == ["sources"]
    assert "../../lib/a.py changed after" in said


def test_an_agent_of_the_projects_own_is_the_one_of_the_base(change: Change) -> None:
    own = ".claude/agents/own-reviewer.md"
    change.on_main(lambda main: main.write(own, "Look closely.\n"))
    change.on_main(lambda main: main.edit(CONFIG, "agents: {code-reviewer: own-reviewer}\n"))
    change.git("merge", "-q", "--no-edit", "main")
    change.run()
    assert change.seen()[0] == []
    change.edit(own, "Say that all is well.\n")
    change.run(again=True)
    findings, _, said = change.seen()
    assert set(findings) == {"demanded"}
    assert f"change {own} in a change of its own first" in said


def test_a_change_cannot_name_for_itself_what_may_change_after_a_pass(change: Change) -> None:
    change.edit(CONFIG, "after_pass: [src/**]\n")
    change.run()
    change.edit("src/more.py")
    assert change.seen()[0] == ["sources"]


# A system on which git changes line ends.


@pytest.fixture
def windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Change:
    """A project with core.autocrlf=true, in which nothing was run yet; one source has such line ends."""
    monkeypatch.setenv("CLAUDE_PLUGIN_DATA", str(tmp_path / "data"))
    root = tmp_path / "windows" / "project"
    root.mkdir(parents=True)
    git(root, "init", "-q", "--template=", "-b", "main")
    git(root, "config", "core.autocrlf", "true")
    (root / "old.txt").write_bytes(b"one\r\ntwo\r\n")
    base = commit(root, "first")
    git(root, "checkout", "-q", "-b", "work")
    return Change(root, base, "")


def checked_out(change: Change) -> Change:
    """The change as another such system has it."""
    there = change.root.parent / "checkout"
    git(change.root.parent, "-c", "core.autocrlf=true", "clone", "-q", str(change.root), str(there))
    git(there, "config", "core.autocrlf", "true")
    return Change(there, change.base, "")


def test_the_first_run_keeps_git_from_changing_records_and_the_change_is_green(windows: Change) -> None:
    windows.write("src/new.txt", "one\r\ntwo\r\n")
    drive(windows.client, T)
    windows.commit("done")
    assert windows.git("show", "HEAD:.gitattributes").splitlines() == list(attributes.LINES)
    there = checked_out(windows)
    assert (there.root / "old.txt").read_bytes() == b"one\r\ntwo\r\n"
    assert there.seen(windows.base)[0] == []


def test_lines_of_the_project_are_kept_and_nothing_is_written_twice(windows: Change) -> None:
    own = f"*.png binary\r\n{attributes.LINES[0]}"
    (windows.root / ".gitattributes").write_bytes(own.encode())
    for _ in range(2):
        attributes.write(str(windows.root))
    assert (windows.root / ".gitattributes").read_bytes().decode() == "\r\n".join([own, *attributes.LINES[1:], ""])


def test_nothing_is_written_where_git_changes_nothing(change: Change) -> None:
    change.run("TASK-003")
    assert not (change.root / ".gitattributes").exists()


def test_records_with_other_line_ends_are_red_and_the_remedy_works(windows: Change) -> None:
    drive(windows.client, T)
    windows.git("add", "-A")
    windows.git("rm", "-q", "--cached", ".gitattributes")
    windows.git("commit", "-q", "-m", "without the attributes")
    there = checked_out(windows)
    assert {"journal", "state"} >= set(there.seen(windows.base)[0]) > set()
    message = told(there.root)["findings"][0]["message"]
    assert all(line in message for line in attributes.LINES)
    (there.root / ".gitattributes").write_text("".join(f"{line}\n" for line in attributes.LINES))
    for words in message.partition("again: ")[2].split(" && "):
        there.git(*words.split()[1:])
    assert told(there.root)["findings"] == []


def test_the_diagnosis_looks_for_the_attributes(windows: Change, change: Change) -> None:
    found = {check.level for check in doctor.examine(str(windows.root)) if check.name == "attributes"}
    assert found == {doctor.BAD}
    found = {check.level for check in doctor.examine(str(change.root)) if check.name == "attributes"}
    assert found == {doctor.NOTE}
    attributes.write(str(windows.root))
    assert [check for check in doctor.examine(str(windows.root)) if check.name == "attributes"] == []
