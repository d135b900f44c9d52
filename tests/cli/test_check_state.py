"""scripts/check_state.py on sound projects and on ten ways to cheat it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assembly_line.check.finding import CODES
from assembly_line.check.project import check_project
from assembly_line.core.run import Event
from tests.cli.conftest import Place
from tests.cli.forging import STATE, check, codes, edited, forge, journal_of, rename, swap, without
from tests.support.project import commit, git

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "check_state.py"


def test_finished_failed_and_running_tasks_are_sound(mixed: Path, place: Place) -> None:
    assert codes(mixed) == []
    assert codes(place.root) == []


def test_a_project_without_any_run_is_sound(tmp_path: Path) -> None:
    done = check(tmp_path)
    assert (done.exit_code, done.stdout) == (0, "sound: 0 journal(s) and 0 state file(s) read\n")


def test_a_project_that_only_grew_since_the_base_is_sound_and_the_sources_are_told(place: Place) -> None:
    done = check(place.root, "--base", place.base, "--format", "json")
    assert (done.exit_code, json.loads(done.stdout)["notes"]) == (0, [])


def test_records_that_are_not_committed_yet_are_sound_and_their_sources_a_note(place: Place) -> None:
    git(place.root, "reset", "-q", "--soft", place.base)
    done = check(place.root, "--base", place.base, "--format", "json")
    assert (done.exit_code, [item["code"] for item in json.loads(done.stdout)["notes"]]) == (0, ["sources"])


# Ten ways to cheat, without the history ...
def edit_state(root: Path) -> None:
    swap(root / STATE, "iterations: 2", "iterations: 1")


def edit_journal(root: Path) -> None:
    swap(journal_of(root, "TASK-002"), '"result":"FAIL"', '"result":"PASS"')


def delete_journal(root: Path) -> None:
    journal_of(root, "TASK-002").unlink()


def edit_summary(root: Path) -> None:
    swap(root / "docs/tasks/TASK-002-summary.md", "Iterations:** 2", "Iterations:** 1")


def forge_entry(root: Path) -> None:
    text = (root / STATE).read_text(encoding="utf-8")
    entry = text[text.index("  TASK-001:\n") : text.index("  TASK-002:\n")]
    whole = entry.replace("TASK-001:", "TASK-003:", 1).partition("    journal:")[0]
    (root / STATE).write_text(text + whole, encoding="utf-8")


def remove_verdict(root: Path) -> None:
    forge(root, "TASK-002", without("verdict_given"))


def remove_compliance(root: Path) -> None:
    forge(root, "TASK-002", without("compliance_judged"))


def remove_station(root: Path) -> None:
    def change(events: list[Event]) -> list[Event]:
        return [event for event in events if event.data.get("station") != "code-reviewer"]

    forge(root, "TASK-002", change)


def forge_command(root: Path) -> None:
    forge(root, "TASK-002", edited("command_ran", command="true"))


def forge_tier(root: Path) -> None:
    forge(root, "TASK-002", edited("dispatched", model="sonnet", tier="T2"))


def copy_journal(root: Path) -> None:
    journal_of(root, "TASK-003").write_bytes(journal_of(root, "TASK-002").read_bytes())


def copy_journal_well(root: Path) -> None:
    forge(root, "TASK-002", rename("TASK-003"), under="TASK-003")


def forget_entry(root: Path) -> None:
    text = (root / STATE).read_text(encoding="utf-8")
    (root / STATE).write_text(text[: text.index("  TASK-002:\n")], encoding="utf-8")


@pytest.mark.parametrize(
    ("cheat", "code"),
    [
        (edit_state, "state"),
        (edit_journal, "journal"),
        (delete_journal, "journal"),
        (edit_summary, "summary"),
        (forge_entry, "state"),
        (remove_verdict, "process"),
        (remove_compliance, "process"),
        (remove_station, "process"),
        (forge_command, "evidence"),
        (forge_tier, "process"),
        (copy_journal, "journal"),
        (copy_journal_well, "copied"),
        (forget_entry, "state"),
    ],
)
def test_a_local_cheat_is_red(place: Place, cheat: Callable[[Path], None], code: str) -> None:
    cheat(place.root)
    assert code in codes(place.root)


def test_a_task_marked_completed_by_hand_is_red(mixed: Path) -> None:
    swap(mixed / STATE, "status: in_progress", "status: completed")
    assert "state" in codes(mixed)


def test_a_failure_report_that_is_gone_is_red(mixed: Path) -> None:
    (mixed / "docs/tasks/TASK-003-failure.md").unlink()
    assert codes(mixed) == ["report"]


# ... and with it.
def rechain(root: Path) -> None:
    forge(root, "TASK-001", edited("lease_released", why="another word"))


def cut_tail(root: Path) -> None:
    path = journal_of(root, "TASK-001")
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def forget_task(root: Path) -> None:
    journal_of(root, "TASK-001").unlink()
    text = (root / STATE).read_text(encoding="utf-8")
    entry = text[text.index("  TASK-001:\n") : text.index("  TASK-002:\n")]
    counted = text.replace("\n  total: 2", "\n  total: 1").replace("\n  completed: 2", "\n  completed: 1")
    (root / STATE).write_text(counted.replace(entry, ""), encoding="utf-8")


@pytest.mark.parametrize("cheat", [rechain, cut_tail, forget_task])
def test_a_cheat_that_only_the_history_shows_is_red_with_a_base(place: Place, cheat: Callable[[Path], None]) -> None:
    cheat(place.root)
    assert codes(place.root) == []
    assert set(codes(place.root, "--base", place.base)) == {"history"}


def test_a_task_newly_called_completed_without_a_run_is_red_with_a_base_and_a_note_without(place: Place) -> None:
    text = (place.root / STATE).read_text(encoding="utf-8").replace("\n  total: 2", "\n  total: 3")
    text = text.replace("\n  completed: 2", "\n  completed: 3")
    (place.root / STATE).write_text(text + "  TASK-003:\n    status: completed\n", encoding="utf-8")
    done = check(place.root, "--format", "json")
    assert [item["code"] for item in json.loads(done.stdout)["notes"]] == ["unsupported"]
    assert codes(place.root, "--base", place.base) == ["unsupported"]


def test_sources_that_were_changed_after_the_verdict_and_committed_with_it_are_red(place: Place) -> None:
    (place.root / "src/TASK-002.py").write_text("ROUND = 99\n", encoding="utf-8")
    git(place.root, "add", "-A")
    git(place.root, "commit", "-q", "--amend", "-m", "Second task", "--no-gpg-sign", "--author=a <a@localhost>")
    assert codes(place.root, "--base", place.base) == ["sources"]


def test_journals_of_a_base_branch_that_went_on_are_not_missed(place: Place) -> None:
    git(place.root, "checkout", "-q", "-b", "work", place.base)
    assert codes(place.root, "--base", "main") == []


@pytest.mark.parametrize("ref", ["no-such-branch", "--upload-pack=x", ""])
def test_a_base_that_git_does_not_know_is_a_usage_error(place: Place, ref: str) -> None:
    assert check(place.root, f"--base={ref}").exit_code == 2


def test_a_base_without_common_history_is_a_usage_error(place: Place) -> None:
    git(place.root, "checkout", "-q", "--orphan", "other")
    commit(place.root, "Other")
    assert check(place.root, "--base", "main").exit_code == 2


@pytest.mark.parametrize("word", ["../x", "a b", "x;y", "-"])
def test_a_malformed_task_id_is_a_usage_error(tmp_path: Path, word: str) -> None:
    assert check(tmp_path, "--", word).exit_code == 2


def test_only_the_named_tasks_are_checked(place: Place) -> None:
    edit_summary(place.root)
    assert codes(place.root, "TASK-001") == []
    assert codes(place.root, "TASK-002") == ["summary"]
    assert codes(place.root, "TASK-099") == ["unknown"]


def link_journal(root: Path) -> None:
    outside = root.parent / "outside.jsonl"
    journal_of(root, "TASK-002").rename(outside)
    journal_of(root, "TASK-002").symlink_to(outside)


def fifo_journal(root: Path) -> None:
    journal_of(root, "TASK-002").unlink()
    os.mkfifo(journal_of(root, "TASK-002"))


def binary_journal(root: Path) -> None:
    journal_of(root, "TASK-002").write_bytes(b"\x00\xff\n" * 5)


def lists_in_journal(root: Path) -> None:
    journal_of(root, "TASK-002").write_bytes(b"[1]\n[2]\n")


def deep_journal(root: Path) -> None:
    journal_of(root, "TASK-002").write_bytes(b"[" * 100_000 + b"\n{}\n")


def empty_journal(root: Path) -> None:
    journal_of(root, "TASK-002").write_bytes(b"")


def folder_as_journal(root: Path) -> None:
    journal_of(root, "TASK-002").unlink()
    journal_of(root, "TASK-002").mkdir()


@pytest.mark.parametrize(
    "harm",
    [link_journal, fifo_journal, binary_journal, lists_in_journal, deep_journal, empty_journal, folder_as_journal],
)
def test_a_hostile_journal_is_one_finding(place: Place, harm: Callable[[Path], None]) -> None:
    harm(place.root)
    assert codes(place.root) == ["journal"]


@pytest.mark.parametrize(
    "text",
    [
        "a: &x [1]\nb: *x\n",
        "tasks: 5\n",
        "- 1\n",
        "<<<<<<< HEAD\ntasks: {}\n",
        "a: !!python/object:os.x {}\n",
        "{" * 200,
        "\0",
        "",
    ],
)
def test_a_hostile_state_file_is_a_finding_and_the_others_are_read(place: Place, text: str) -> None:
    (place.root / "docs/planning/.issue-1-state.yaml").write_text(text, encoding="utf-8")
    assert codes(place.root) == ["state"]


def test_a_journal_with_terminal_escapes_in_its_name_is_one_clean_line(tmp_path: Path) -> None:
    folder = tmp_path / "docs/planning/journal"
    folder.mkdir(parents=True)
    (folder / "\x1b]52;c;x\x07.jsonl").write_bytes(b"x")
    for form in ("text", "github"):
        done = check(tmp_path, "--format", form)
        assert done.exit_code == 1
        assert all(sign.isprintable() or sign == "\n" for sign in done.stdout)


def test_a_journal_folder_that_leads_out_of_the_project_is_one_finding(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "project/docs/planning").mkdir(parents=True)
    (tmp_path / "project/docs/planning/journal").symlink_to(tmp_path / "elsewhere")
    assert codes(tmp_path / "project") == ["journal"]


def test_annotations_name_file_line_and_code(place: Place) -> None:
    edit_journal(place.root)
    done = check(place.root, "--format", "github")
    first = done.stdout.splitlines()[0]
    assert first.startswith("::error file=docs/planning/journal/TASK-002.jsonl,line=")
    assert ",title=journal::" in first


def test_the_script_runs_isolated_and_says_what_is_missing_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", SCRIPT, "--root", tmp_path], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    bare = subprocess.run(
        [sys.executable, "-I", "-S", SCRIPT, "--root", tmp_path], capture_output=True, text=True, check=False
    )
    assert (bare.returncode, bare.stdout) == (2, "")
    assert len(bare.stderr.splitlines()) == 1
    assert "click, jsonschema, pyyaml" in bare.stderr


def test_the_table_of_codes_in_the_documentation_is_the_checkers_own() -> None:
    page = (SCRIPT.parents[1] / "docs/ci.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\w+) \| (.+) \|$", page, re.MULTILINE))
    rows.pop("Code")
    assert rows == CODES
    package = SCRIPT.parents[1] / "assembly_line/check"
    used = {
        code
        for path in package.glob("*.py")
        for code in re.findall(r"(?:Finding|refused)\([^()]*?, \"(\w+)\"", path.read_text())
    }
    assert used <= set(CODES)


def test_several_processes_find_what_one_finds(place: Place) -> None:
    edit_summary(place.root)
    remove_verdict(place.root)
    text = (
        f"import sys; sys.path.insert(0, {str(SCRIPT.parents[1])!r})\n"
        "from assembly_line.check import project\nproject.SHARED = 0\n"
        f"print(project.check_project({str(place.root)!r}) == project.Result(*eval(sys.argv[1], vars(project))))"
    )
    alone = repr(tuple(check_project(str(place.root))))
    done = subprocess.run([sys.executable, "-c", text, alone], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
