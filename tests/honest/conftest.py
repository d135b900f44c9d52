"""Fixtures of the tests of honest work: the plugin's environment."""

from pathlib import Path

import pytest

from tests.support.harness import ROOT, built_data

READY = ROOT / ".cache" / "plugin-data"  # where `make setup` builds the environment


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plugin data folder with a ready environment."""
    made = READY / "venv" / "requirements.txt"
    if made.is_file() and made.read_bytes() == (ROOT / "requirements.txt").read_bytes():
        return READY
    return built_data(tmp_path_factory.mktemp("built"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give all tests of this folder to one worker, as each keeps about one core busy."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.xdist_group("honest"))
