"""The commands of bin/assembly-line."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from assembly_line.check import doctor
from assembly_line.check.project import check_project
from assembly_line.cli.check import command as check_command
from assembly_line.cli.group import main
from assembly_line.cli.run_task import command as run_command
from assembly_line.core.events import KINDS
from assembly_line.core.run import Run
from assembly_line.intake import lookup, reader
from assembly_line.project import config, workflow
from assembly_line.storage.journal import Record
from assembly_line.text import log, templates
from tests.cli.runs import drive, project
from tests.support.delivery import ROOT

STATE = "docs/planning/.project-state.yaml"


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.mark.parametrize(
    "command", [main, *main.commands.values(), check_command, run_command], ids=lambda item: item.name
)
def test_every_command_and_option_has_help(command: click.Command) -> None:
    assert command.help
    assert all(item.help for item in command.params if isinstance(item, click.Option))
    assert CliRunner().invoke(command, ["--help"]).exit_code == 0


def test_status_lists_every_task_and_shows_one_in_detail(mixed: Path) -> None:
    lines = call("status", "--root", mixed).stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["TASK-001", "completed"],
        ["TASK-003", "failed"],
        ["TASK-004", "in_progress"],
    ]
    assert "TASK-003" in call("status", "--root", mixed, "TASK-003").stdout


def test_plan_shows_stations_agents_and_models_as_the_project_chose_them_and_writes_nothing(mixed: Path) -> None:
    (mixed / "assembly-line.yaml").write_text("models: {test-writer: haiku}\nchecks: [make lint]\n", encoding="utf-8")
    before = sorted(mixed.rglob("*"))
    shown = call("plan", "--root", mixed, "TASK-003").stdout
    words = {line.split()[0]: line.split()[2:] for line in shown.splitlines() if line.startswith("  ")}
    chosen = config.load(str(mixed))
    blueprint = reader.read(str(mixed), lookup.find(str(mixed), "TASK-003", chosen.task_folders), "TASK-003")
    assert list(words) == [item.name for item in workflow.resolve(blueprint, chosen)[1]]
    assert (words["test-writer"], words["requirements-validator"]) == (["haiku"], ["opus"])
    assert "make lint" in shown
    assert sorted(mixed.rglob("*")) == before
    assert call("plan", "--root", mixed, "TASK-404").exit_code == 1


def test_status_in_json_is_the_state_files_entry(mixed: Path) -> None:
    found = json.loads(call("status", "--root", mixed, "--json").stdout)
    assert {task: entry["status"] for task, entry in found.items()} == {
        "TASK-001": "completed",
        "TASK-003": "failed",
        "TASK-004": "in_progress",
    }
    assert list(json.loads(call("status", "--root", mixed, "--json", "TASK-003").stdout)) == ["TASK-003"]


@pytest.mark.parametrize("name", ["status", "log", "report"])
@pytest.mark.parametrize("task", ["TASK-999", "../x", "\x1b[31m"])
def test_an_unknown_or_malformed_task_is_refused_in_one_clean_line(mixed: Path, name: str, task: str) -> None:
    done = call(name, "--root", mixed, task)
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert "\x1b" not in done.stderr


def test_log_shows_each_record_on_one_line(mixed: Path) -> None:
    journal = mixed / "docs/planning/journal/TASK-003.jsonl"
    lines = call("log", "--root", mixed, "TASK-003").stdout.splitlines()
    assert len(lines) == len(journal.read_bytes().splitlines())
    rows = [json.loads(line) for line in call("log", "--root", mixed, "--json", "TASK-003").stdout.splitlines()]
    assert all(row["ts"] in line and row["stage"] in line for row, line in zip(rows, lines, strict=True))
    assert [row["seq"] for row in rows] == list(range(1, len(lines) + 1))


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_of_any_kind_is_one_line_whatever_its_members_hold(kind: str) -> None:
    names = ("summary", "message", "why", "command", "title", "station", "report")
    for value in ("a\nb\x1b]52;c;x\x07", ["a\n", 1], {"summary": "\u202e"}, None, 5):
        item = Record(
            1, "2026-01-01T00:00:00.000Z", "T-1", 1, "bundling", kind, dict.fromkeys(names, value), "", "", "", ""
        )
        assert log.numbered(item, Run(started_at="2026-02-30T00:00:00Z")).isprintable()
    assert log.numbered(item._replace(data={}), Run()).isprintable()


@pytest.mark.parametrize(("task", "name"), [("TASK-001", "TASK-001-summary.md"), ("TASK-003", "TASK-003-failure.md")])
def test_report_prints_the_path_and_the_text(mixed: Path, task: str, name: str) -> None:
    lines = call("report", "--root", mixed, task).stdout.splitlines()
    assert lines[0] == str(mixed / "docs/tasks" / name)
    assert lines[2:] == (mixed / "docs/tasks" / name).read_text(encoding="utf-8").rstrip().splitlines()


def test_a_report_that_is_not_there_yet_is_said(mixed: Path) -> None:
    assert call("report", "--root", mixed, "TASK-004").exit_code == 1


def test_rebuild_restores_a_lost_state_file(mixed: Path) -> None:
    (mixed / STATE).unlink()
    assert call("rebuild", "--root", mixed).exit_code == 0
    assert check_project(str(mixed)).findings == ()


def test_rebuild_mends_entries_and_counts_and_keeps_what_others_wrote(mixed: Path) -> None:
    text = (mixed / STATE).read_text(encoding="utf-8").replace("status: failed", "status: completed")
    foreign = "  OTHER-1:\n    status: pending\n    owner: ada  # keep\n"
    (mixed / STATE).write_text(f"# our project\n{text}{foreign}", encoding="utf-8")
    assert check_project(str(mixed)).findings
    assert call("rebuild", "--root", mixed, "--state", ".project-state.yaml").exit_code == 0
    after = (mixed / STATE).read_text(encoding="utf-8")
    assert after.startswith("# our project\n")
    assert foreign in after
    assert check_project(str(mixed)).findings == ()


def test_rebuild_sets_an_unreadable_state_file_aside(mixed: Path) -> None:
    (mixed / STATE).write_text("<<<<<<< HEAD\ntasks: {}\n=======\n", encoding="utf-8")
    assert call("rebuild", "--root", mixed).exit_code == 0
    assert check_project(str(mixed)).findings == ()
    aside = [path for path in (mixed / ".task_bundles").iterdir() if "unreadable" in path.name]
    assert [path.read_text(encoding="utf-8")[:7] for path in aside] == ["<<<<<<<"]


def test_rebuild_refuses_a_journal_that_cannot_be_believed(mixed: Path) -> None:
    path = mixed / "docs/planning/journal/TASK-003.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"FAIL"', b'"PASS"', 1))
    done = call("rebuild", "--root", mixed)
    assert (done.exit_code, "TASK-003.jsonl:" in done.stderr) == (1, True)


@pytest.mark.parametrize("state", ["other.yaml", "/etc/.project-state.yaml", "../.project-state.yaml"])
def test_rebuild_takes_only_state_files_of_the_project(mixed: Path, state: str) -> None:
    assert call("rebuild", "--root", mixed, "--state", state).exit_code == 2


def test_init_writes_files_that_the_line_accepts_and_never_overwrites(tmp_path: Path) -> None:
    assert call("init", "--root", tmp_path).exit_code == 0
    assert config.load(str(tmp_path))._replace(digest="") == config.Config()
    assert len(reader.read(tmp_path, lookup.find(tmp_path, "TASK-001"), "TASK-001").criteria) == 2
    (tmp_path / config.FILE).write_text("keep_bundle: true\n", encoding="utf-8")
    assert call("init", "--root", tmp_path).exit_code == 0
    assert (tmp_path / config.FILE).read_text(encoding="utf-8") == "keep_bundle: true\n"


def test_the_configuration_that_init_writes_is_valid_with_every_member_uncommented(tmp_path: Path) -> None:
    lines = [
        line.removeprefix("# ") for line in templates.CONFIG.splitlines() if ":" in line and not line.endswith(".")
    ]
    members = [line for line in lines if line.startswith(" ") or line.split(":")[0].replace("_", "").isalpha()]
    (tmp_path / config.FILE).write_text("\n".join(members) + "\n", encoding="utf-8")
    loaded = config.load(str(tmp_path))
    assert (loaded.settings.budget_minutes, loaded.models) == (120, {"security-auditor": "sonnet"})


def test_init_does_not_follow_a_link_out_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "project").mkdir()
    (tmp_path / "project/docs").symlink_to(tmp_path / "elsewhere")
    assert call("init", "--root", tmp_path / "project").exit_code == 1
    assert list((tmp_path / "elsewhere").iterdir()) == []


def client(folder: Path, version: str) -> Path:
    path = folder / "client"
    path.write_text(f"#!/bin/sh\necho '{version} (Client)'\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def looked(root: Path, program: Path) -> dict[str, set[str]]:
    """The levels of each thing that doctor looked at."""
    found: dict[str, set[str]] = {}
    for item in json.loads(call("doctor", "--root", root, "--json", "--client", program).stdout):
        found.setdefault(item["name"], set()).add(item["level"])
    return found


def test_doctor_finds_nothing_wrong_with_a_sound_project(mixed: Path, tmp_path: Path) -> None:
    assert call("doctor", "--root", mixed, "--client", client(tmp_path, "2.1.329")).exit_code == 0
    found = looked(mixed, client(tmp_path, "2.1.329"))
    assert not any(doctor.BAD in levels for levels in found.values())
    assert found["lease"] == {doctor.NOTE}


@pytest.mark.parametrize(
    ("version", "level"), [("2.1.328", "bad"), ("2.1.330", "ok"), ("3.0.0", "ok"), ("what", "bad")]
)
def test_doctor_compares_the_clients_version(tmp_path: Path, version: str, level: str) -> None:
    assert looked(tmp_path, client(tmp_path, version))["client"] == {level}


def test_doctor_tells_a_journal_that_is_not_what_this_machine_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driven = project(tmp_path)
    monkeypatch.setenv("CLAUDE_PLUGIN_DATA", str(driven.data))
    drive(driven, "TASK-001", stations=2)
    program = client(tmp_path, "2.1.329")
    assert doctor.BAD not in looked(driven.root, program)["vault"]
    path = driven.journal
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    assert doctor.BAD in looked(driven.root, program)["vault"]
    assert call("doctor", "--root", driven.root, "--client", program).exit_code == 1


def test_the_launcher_finds_its_package_through_a_link_and_from_anywhere(tmp_path: Path) -> None:
    (tmp_path / "start").symlink_to(ROOT / "bin" / "assembly-line")
    (tmp_path / "json.py").write_text("raise SystemExit(9)\n", encoding="utf-8")
    variables = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    variables |= {"HOME": str(tmp_path), "CLAUDE_PLUGIN_DATA": "", "CLAUDE_CONFIG_DIR": ""}
    done = subprocess.run([tmp_path / "start", "status"], cwd=tmp_path, env=variables, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "No task has been run in this project yet.")
    module = [sys.executable, "-m", "assembly_line", "--version"]
    assert subprocess.run(module, cwd=ROOT, capture_output=True, check=False).returncode == 0


def test_a_rehearsal_leaves_the_project_alone_and_begins_a_task_anew_that_failed_before(
    mixed: Path, tmp_path: Path, plugin_data: Path
) -> None:
    root = tmp_path / "project"
    shutil.copytree(mixed, root)
    variables = {**os.environ, "CLAUDE_PLUGIN_DATA": str(plugin_data)}
    words = ["rehearse", "TASK-003", "--root", root, "--keep", tmp_path / "kept"]
    before = sorted(root.rglob("*"))
    launcher = [sys.executable, ROOT / "assembly_line" / "__main__.py"]
    done = subprocess.run([*launcher, *words], env=variables, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert sorted(root.rglob("*")) == before
    assert str(tmp_path / "kept/project/docs/tasks/TASK-003-summary.md") in done.stdout
    assert "TASK-003-failure.md" not in done.stdout


@pytest.mark.parametrize("words", [("--verdict", "maybe"), ("--keep", "."), ()])
def test_a_rehearsal_that_cannot_be_is_refused(tmp_path: Path, words: tuple[str, ...]) -> None:
    task = "TASK-1" if words else "../x"
    (tmp_path / "file").touch()
    given = [str(tmp_path) if word == "." else word for word in words]
    assert call("rehearse", task, "--root", tmp_path, "--client", sys.executable, *given).exit_code == 2
