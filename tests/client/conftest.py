"""Fixtures: the plugin's data folder, built once, and the scenarios, each played once, two at a time."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.client import scenarios
from tests.client.scenarios import Played
from tests.support.harness import ROOT, built_data

AT_ONCE = 2
HERE = Path(__file__).parent


READY = ROOT / ".cache" / "plugin-data"  # where `make setup` builds the environment


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plugin data folder with a ready environment."""
    built, wanted = READY / "venv" / "requirements.txt", ROOT / "requirements.txt"
    if built.is_file() and built.read_bytes() == wanted.read_bytes():
        return READY
    return built_data(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="session", autouse=True)
def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, data: Path
) -> Iterator[dict[str, Future[Played]]]:
    """Every scenario that the collected tests use, played by a pool while other tests run."""
    wanted = {name for item in request.session.items for name in getattr(item, "fixturenames", ())} - _unplayable()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        plays = {name: getattr(scenarios, name) for name in scenarios.NAMES if name in wanted}
        folders = {name: tmp_path_factory.mktemp(name) / "scene" for name in plays}
        playing = {name: pool.submit(play, folders[name], data) for name, play in plays.items()}
        yield playing
        for future in playing.values():
            future.cancel()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests that wait for a scenario last, in playing order, and give them all to one worker."""
    order = {name: number for number, name in enumerate(scenarios.NAMES)}

    def rank(item: pytest.Item) -> int:
        return max((order.get(name, -1) for name in getattr(item, "fixturenames", ())), default=-1)

    rest = iter(sorted((item for item in items if HERE in item.path.parents), key=rank))
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("client"))
    items[:] = [next(rest) if HERE in item.path.parents else item for item in items]


def _unplayable() -> set[str]:
    return set() if shutil.which("tmux") else {"typed_by_a_person"}


def _scenario(name: str) -> Callable[..., Any]:
    @pytest.fixture(scope="session", name=name)
    def played(stage: dict[str, Future[Played]]) -> Played:
        if name in _unplayable():
            pytest.skip("tmux is not on PATH: nothing of the interactive client was tested; install tmux")
        return stage[name].result(timeout=300)

    return played


for _name in scenarios.NAMES:
    globals()[f"scenario_{_name}"] = _scenario(_name)
