"""Fixtures of the storage tests."""

import pytest

from tests.storage.place import Place, make


@pytest.fixture
def place(tmp_path) -> Place:
    """An empty project with an empty data folder."""
    return make(tmp_path)
