"""What the tests of shortcuts share: the plugin's environment, a small project, and each run played once."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.client.harness import ROOT
from tests.shortcuts.runs import Played

BUILT = ROOT / ".cache" / "plugin-data"


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plugin data folder whose environment is ready, made once for all runs of the tests."""
    wanted = (ROOT / "requirements.txt").read_bytes()
    made = BUILT / "venv" / "requirements.txt"
    if not made.exists() or made.read_bytes() != wanted:
        build = [sys.executable, "-I", str(ROOT / "hooks" / "environment.py"), str(BUILT)]
        subprocess.run(build, check=True, capture_output=True, timeout=300)
    folder = tmp_path_factory.mktemp("data")
    os.symlink(BUILT / "venv", folder / "venv", target_is_directory=True)
    return folder


@pytest.fixture(scope="session")
def played(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Callable[[Path, Path], Played]], Played]:
    """Plays a run, once however many tests look at it."""
    kept: dict[Callable[[Path, Path], Played], Played] = {}

    def play(run: Callable[[Path, Path], Played]) -> Played:
        if run not in kept:
            kept[run] = run(tmp_path_factory.mktemp(run.__name__), data)
        return kept[run]

    return play
