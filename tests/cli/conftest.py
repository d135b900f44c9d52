"""Projects with runs in them, made once and copied for each test."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.cli.runs import drive, project
from tests.support.delivery import ROOT
from tests.support.project import commit, define

BUILT = ROOT / ".cache" / "plugin-data"


class Place(NamedTuple):
    """A project: TASK-001 was completed at `base`; since then TASK-002, with two iterations, was completed too."""

    root: Path
    base: str


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Place:
    client = project(tmp_path_factory.mktemp("made"))
    for task in ("TASK-001", "TASK-002", "TASK-003", "TASK-004"):
        define(client.root, task, "python-generic")
    commit(client.root, "Tasks")
    drive(client, "TASK-001")
    base = commit(client.root, "First task")
    drive(client, "TASK-002", failing=1)
    commit(client.root, "Second task")
    return Place(client.root, base)


@pytest.fixture(scope="session")
def made_mixed(made: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a failed TASK-003 and a TASK-004 in progress."""
    client = project(tmp_path_factory.mktemp("mixed"))
    drive(client, "TASK-001")
    drive(client, "TASK-003", failing=9)
    drive(client, "TASK-004", stations=3)
    return client.root


@pytest.fixture
def place(made: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("CLAUDE_PLUGIN_DATA", str(tmp_path / "data"))
    shutil.copytree(made.root, tmp_path / "project", symlinks=True)
    return Place(tmp_path / "project", made.base)


@pytest.fixture
def mixed(made_mixed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLAUDE_PLUGIN_DATA", str(tmp_path / "data"))
    shutil.copytree(made_mixed, tmp_path / "mixed", symlinks=True)
    return tmp_path / "mixed"


@pytest.fixture(scope="session")
def plugin_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plugin data folder whose environment is ready, made once for this and later test runs."""
    wanted, made = (ROOT / "requirements.txt").read_bytes(), BUILT / "venv" / "requirements.txt"
    if not made.exists() or made.read_bytes() != wanted:
        build = [sys.executable, "-I", str(ROOT / "hooks" / "environment.py"), str(BUILT), "300"]
        subprocess.run(build, check=True, capture_output=True, timeout=300)
    folder = tmp_path_factory.mktemp("plugin-data")
    (folder / "venv").symlink_to(BUILT / "venv", target_is_directory=True)
    return folder
