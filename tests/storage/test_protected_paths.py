"""Which spellings of a path name a file that only the engine writes."""

import os

import pytest

from assembly_line.engine.protected import is_protected
from tests.storage.place import TASK, created, ready

SPELLINGS = [
    "docs/planning/.project-state.yaml",
    "./docs/planning/.project-state.yaml",
    "docs//planning///.project-state.yaml",
    "docs/planning/../planning/.project-state.yaml",
    "docs/planning/journal/../.project-state.yaml",
    "src/../docs/planning/.project-state.yaml",
    "DOCS/Planning/.PROJECT-STATE.yaml",
    "docs/planning/.Feature-x-State.yaml",
    "docs/planning/.feature-x-state.yaml",
    "docs/planning/.issue-12-state.yaml",
    "docs\\planning\\.project-state.yaml",
    "{root}/docs/planning/.project-state.yaml",
    "{root}/../project/docs/planning/.project-state.yaml",
    "/..{root}/docs/planning/.project-state.yaml",
    "{link}/docs/planning/.project-state.yaml",
    "{filelink}",
    "{folderlink}/TASK-008.jsonl",
    "docs/planning/journal",
    "docs/planning/journal/TASK-008.jsonl",
    "docs/planning/journal/TASK-009.jsonl",
    "docs/planning/journal/new.jsonl",
    "docs/planning/tasks/TASK-008.yaml",
    ".task_bundles/TASK-008/task_blueprint.yaml",
    ".task_bundles/TASK-008/bundle_status.yaml",
    ".task_bundles/TASK-008/reports/d-0001-bundler.yaml",
    ".task_bundles/.lock",
    "docs/tasks/TASK-008-summary.md",
    "docs/tasks/TASK-008-failure.md",
    "assembly-line.yaml",
    ".claude/settings.json",
    ".claude/settings.local.json",
    ".git/config",
    ".git/hooks/pre-commit",
    "{data}/key",
    "{data}/projects/x/TASK-008.jsonl",
    "{config}/settings.json",
    "{config}/settings.local.json",
    "{config}/plugins/installed_plugins.json",
    "src/\0app.py",
]
FREE = [
    "src/app.py",
    "README.md",
    "docs/planning/notes.md",
    "docs/planning/project-state.yaml",
    "docs/planning/tasks/TASK-009.yaml",
    "docs/tasks/TASK-009-summary.md",
    ".task_bundles/TASK-008/bundle_architecture.md",
    ".task_bundles/TASK-008/notes.md",
    "claude/settings.json",
    ".github/workflows/ci.yml",
    ".gitignore",
    "docs/planning/.feature-state.yaml.md",
    "{config}/projects/x/memory.md",
    "/tmp/scratch.txt",
]


@pytest.fixture
def lines(place, tmp_path, monkeypatch):
    """A run, links to its files, and the names that stand in the spellings."""
    config = tmp_path / "config"
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(config))
    run = place.begin().run
    place.record(created(), ready())
    (tmp_path / "link").symlink_to(place.root)
    (place.root / "filelink").symlink_to(place.state)
    (place.root / "folderlink").symlink_to(place.journal.parent)
    names = {"root": place.root, "data": place.data, "config": config, "link": tmp_path / "link"}
    names |= {"filelink": place.root / "filelink", "folderlink": place.root / "folderlink"}
    return lambda path: is_protected(str(place.root), run, place.vault, path.format(**names))


@pytest.mark.parametrize("path", SPELLINGS)
def test_a_protected_file_is_known_in_every_spelling(lines, path):
    assert lines(path)


@pytest.mark.parametrize("path", FREE)
def test_everything_else_may_be_written(lines, path):
    assert not lines(path)


def test_a_file_that_the_vault_keeps_a_copy_of_is_protected(place):
    run = place.begin().run
    (place.root / "kept.md").write_text("x")
    place.vault.protect(TASK, str(place.root), ["kept.md"])
    assert is_protected(str(place.root), run, place.vault, "kept.md")
    assert is_protected(str(place.root), run, place.vault, os.path.join(str(place.root), "KEPT.md"))
