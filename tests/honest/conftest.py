"""Fixtures of the tests of honest work: the plugin's environment, and each run, played once."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.honest.runs import RUNS, Played
from tests.support.harness import ROOT, built_data
from tests.support.plays import players

READY = ROOT / ".cache" / "plugin-data"  # where `make setup` builds the environment
MANY = 30  # collected tests of this folder from which on every run is started early: with the long ones

Run = Callable[[Path, Path], Played]


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plugin data folder with a ready environment."""
    made = READY / "venv" / "requirements.txt"
    if made.is_file() and made.read_bytes() == (ROOT / "requirements.txt").read_bytes():
        return READY
    return built_data(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="session")
def played(
    request: pytest.FixtureRequest, data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Run], Played]]:
    """Plays each run once, however many tests read it; with many tests, all runs start at once."""
    here = [item for item in request.session.items if item.path.parent == Path(__file__).parent]
    with players(tmp_path_factory, data, RUNS if len(here) >= MANY else ()) as play:
        yield play


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give all tests of this folder to one worker, as each run is played once."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.xdist_group("honest"))
