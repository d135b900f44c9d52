"""The plugin's data folder, built once, and the scenarios as fixtures: each played once, two at a time."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.client import scenarios
from tests.client.harness import built_data
from tests.client.scenarios import Played

AT_ONCE = 2


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plugin data folder as the first session start leaves it."""
    return built_data(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="session")
def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, data: Path
) -> Iterator[dict[str, Future[Played]]]:
    """Every scenario that the collected tests ask for, in their order, played by a pool."""
    wanted = dict.fromkeys(name for item in request.session.items for name in getattr(item, "fixturenames", ()))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        plays = {name: getattr(scenarios, name) for name in wanted if name in scenarios.NAMES}
        folders = {name: tmp_path_factory.mktemp(name) / "scene" for name in plays}
        playing = {name: pool.submit(play, folders[name], data) for name, play in plays.items()}
        yield playing
        for future in playing.values():
            future.cancel()


def _scenario(name: str) -> Callable[..., Any]:
    @pytest.fixture(scope="session", name=name)
    def played(stage: dict[str, Future[Played]]) -> Played:
        return stage[name].result(timeout=300)

    return played


for _name in scenarios.NAMES:
    globals()[f"scenario_{_name}"] = _scenario(_name)
