"""A task's definition is found by id in the configured folders, once and for all readings of a name."""

import os
import sys
from pathlib import Path

import pytest

from assembly_line import paths
from assembly_line.errors import LineError
from assembly_line.intake import lookup

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs rights there")


def project(root: Path, *names: str) -> Path:
    """A project with the named files; "name=id" puts the id into the file."""
    for entry in names:
        name, _, declared = entry.partition("=")
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = f"---\nid: {declared}\n---\n" if name.endswith(".md") else f"id: {declared}\n"
        path.write_text(text if declared else "text\n")
    return root


def refusal(root: Path, task: str, folders: tuple[str, ...] = paths.TASKS) -> str:
    with pytest.raises(LineError) as caught:
        lookup.find(root, task, folders)
    assert str(caught.value).isprintable()
    return str(caught.value)


@pytest.mark.parametrize("folder", paths.TASKS)
@pytest.mark.parametrize(
    "name",
    [
        "TASK-008.yaml",
        "TASK-008.yml",
        "TASK-008.json",
        "TASK-008.md",
        "TASK-008_Some_Title.md",
        "TASK-008-some-title.md",
        "TASK-008-2fa-login.md",
        "TASK-008_2.md",
        "TASK-008.YAML",
    ],
)
def test_every_form_of_name_is_found_in_every_folder(folder, name, tmp_path):
    project(tmp_path, f"{folder}/{name}", f"{folder}/TASK-0081.md", f"{folder}/TASK-007.yaml", f"{folder}/XTASK-008.md")
    assert lookup.find(tmp_path, "TASK-008") == str(tmp_path / folder / name)


@pytest.mark.parametrize(
    ("files", "task", "expected"),
    [
        (["TASK-008.md", "TASK-008-summary.md", "TASK-008-failure.md"], "TASK-008", "TASK-008.md"),
        (["TASK-008_Title.md", "TASK-008-SUMMARY.md"], "TASK-008", "TASK-008_Title.md"),
        (["TASK-008-order-summary.md=TASK-008"], "TASK-008", "TASK-008-order-summary.md"),
        (["TASK-008-2.md=TASK-008-2", "TASK-008.md"], "TASK-008", "TASK-008.md"),
        (["TASK-008-2.md=TASK-008-2", "TASK-008.md"], "TASK-008-2", "TASK-008-2.md"),
        (["TASK-008-2.md=TASK-008"], "TASK-008", "TASK-008-2.md"),
        (["TASK-008-2.md"], "TASK-008-2", "TASK-008-2.md"),
        (["TASK-008-2-login.md"], "TASK-008-2", "TASK-008-2-login.md"),
        (["TASK-AB-login-1.md=TASK-AB"], "TASK-AB", "TASK-AB-login-1.md"),
        (["TASK-008.md", "TASK-008-notes.md"], "TASK-008", "TASK-008.md"),
        (["login.md"], "login", "login.md"),
        (["login_new_page.md"], "login", "login_new_page.md"),
        (["login-page.md"], "login-page", "login-page.md"),
        (["TASK-008_Wrong.md=TASK-009"], "TASK-008", "TASK-008_Wrong.md"),
    ],
)
def test_a_name_that_allows_two_readings_is_settled_by_the_id_in_the_file(files, task, expected, tmp_path):
    project(tmp_path, *(f"tasks/{name}" for name in files))
    assert lookup.find(tmp_path, task) == str(tmp_path / "tasks" / expected)


@pytest.mark.parametrize(
    ("files", "task"),
    [
        (["TASK-008-2.md=TASK-008-2"], "TASK-008"),
        (["TASK-008-2.md"], "TASK-008"),
        (["TASK-008-2.md=TASK-008"], "TASK-008-2"),
        (["TASK-008-summary.md"], "TASK-008"),
        (["TASK-008-summary.md=TASK-008"], "TASK-008"),
        (["TASK-008-2-failure.md"], "TASK-008"),
        (["TASK-008-2-failure.md"], "TASK-008-2"),
        (["TASK-008.txt", "TASK-008.md.bak", "TASK-008"], "TASK-008"),
        (["TASK-008_x.yaml"], "TASK-008"),
        (["sub/TASK-008.md"], "TASK-008"),
    ],
)
def test_a_file_of_another_task_or_kind_is_not_found(files, task, tmp_path):
    project(tmp_path, *(f"tasks/{name}" for name in files))
    assert "not found" in refusal(tmp_path, task)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tasks/TASK-008.md", "tasks/TASK-008.yaml"),
        ("docs/tasks/TASK-008.md", "tasks/TASK-008.md"),
        ("tasks/TASK-008_a.md", "tasks/TASK-008_b.md"),
        ("tasks/TASK-008.md=TASK-008", "tasks/TASK-008-a.md=TASK-008"),
    ],
)
def test_two_files_with_one_id_are_refused_and_both_named(one, other, tmp_path):
    message = refusal(project(tmp_path, one, other), "TASK-008")
    assert one.partition("=")[0] in message
    assert other.partition("=")[0] in message


def test_an_unknown_id_names_the_folders_and_the_nearest_ids(tmp_path):
    project(
        tmp_path,
        "tasks/TASK-008.md",
        "docs/tasks/TASK-018.yaml",
        "tasks/TASK-009.md",
        "tasks/TASK-080.md",
        "tasks/x9.md",
    )
    message = refusal(tmp_path, "TASK-088")
    assert "docs/tasks, tasks" in message
    assert "TASK-008" in message
    assert sum(task in message for task in ("TASK-008", "TASK-018", "TASK-009", "TASK-080")) == 3


def test_an_id_that_differs_in_case_only_is_not_found_but_named(tmp_path):
    message = refusal(project(tmp_path, "tasks/TASK-008.md", "tasks/task-009.yaml"), "task-008")
    assert "case" in message
    assert "TASK-008" in message


@pytest.mark.parametrize("task", ["TASK-8", "task-0008", "TASK-008-2"])
def test_a_number_that_is_padded_otherwise_is_nearest(task, tmp_path):
    project(tmp_path, *(f"tasks/TASK-{number:03}.md" for number in range(1, 60)))
    assert lookup.nearest(task, list(lookup.known(tmp_path)))[0] == "TASK-008"


def test_without_any_folder_the_first_one_is_proposed(tmp_path):
    message = refusal(tmp_path, "TASK-008", ("plans", "todo"))
    assert "plans, todo" in message
    assert "plans/TASK-008.yaml" in message


@pytest.mark.parametrize("task", ["../TASK-008", "", "a/b", "NUL", "TASK-008\n"])
def test_a_bad_id_is_refused_before_any_look_at_the_disk(task, tmp_path):
    assert "is not a task id" in refusal(tmp_path / "absent", task)


@POSIX
def test_a_folder_that_leads_out_of_the_project_is_refused(tmp_path):
    outside = project(tmp_path / "outside", "tasks/TASK-008.md")
    root = project(tmp_path / "root", "docs/tasks/TASK-009.md")
    (root / "tasks").symlink_to(outside / "tasks")
    assert "tasks: " in refusal(root, "TASK-008")
    assert "outside the project" in refusal(root, "TASK-009")
    assert "outside the project" in refusal(root, "TASK-008", ("../outside/tasks",))
    assert "outside the project" in refusal(root, "TASK-008", (str(outside),))


@POSIX
def test_a_folder_that_is_reached_twice_holds_each_task_once(tmp_path):
    root = project(tmp_path, "docs/tasks/TASK-008.md")
    (root / "tasks").symlink_to(root / "docs/tasks")
    assert lookup.find(root, "TASK-008") == str(root / "docs/tasks/TASK-008.md")


@POSIX
def test_a_link_and_a_pipe_are_refused(tmp_path):
    root = project(tmp_path, "secret.md", "tasks/x.txt")
    (root / "tasks/TASK-008.md").symlink_to(root / "secret.md")
    os.mkfifo(root / "tasks/TASK-009.md")
    (root / "tasks/TASK-010.yaml").mkdir()
    assert "symbolic link" in refusal(root, "TASK-008")
    assert "not a regular file" in refusal(root, "TASK-009")
    assert "not a regular file" in refusal(root, "TASK-010")
    assert lookup.known(root) == {}


def test_known_lists_each_task_once_and_no_other_page(tmp_path):
    tasks = ["TASK-008_a.md", "TASK-009.yaml", "login.md=login", "TASK-008-summary.md", "sign.yaml=sign"]
    pages = ["README.md", "main.yaml", "TASK-XXX_Template.md", "TASK-XXX.yaml", "a b 1.md", "notes.txt"]
    project(tmp_path, *(f"tasks/{name}" for name in tasks + pages))
    assert list(lookup.known(tmp_path)) == ["TASK-008", "TASK-009", "login", "sign"]


def test_a_file_that_is_no_folder_is_as_absent(tmp_path):
    assert lookup.known(project(tmp_path, "tasks", "docs/tasks/TASK-1.md")) == {
        "TASK-1": str(tmp_path / "docs/tasks/TASK-1.md")
    }


@pytest.mark.parametrize(
    "task", ["TASK-XXX", "SAMPLE-CLI-XX", "TASK-NNN", "{{ID}}", "[Task ID]", "<id>", "TASK-###", "TASK-0XX"]
)
def test_a_placeholder_is_recognised(task):
    assert lookup.placeholder(task)


@pytest.mark.parametrize("task", ["TASK-008", "XXL-1", "TASK-REV-8e9b", "NN-1", "X-1", "fix-xxx"])
def test_an_id_is_no_placeholder(task):
    assert not lookup.placeholder(task)


@pytest.mark.parametrize("folder", [".", "./", "./.", "tasks/."])
def test_a_folder_may_be_named_with_dots_that_the_refusal_leaves_out(folder, tmp_path):
    place = "tasks/" if folder.startswith("tasks") else ""
    project(tmp_path, f"{place}TASK-1.yaml", f"{place}TASK-1.yml")
    assert f"by both {place}TASK-1.yaml and {place}TASK-1.yml;" in refusal(tmp_path, "TASK-1", (folder,))
