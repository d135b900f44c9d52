"""Fixtures of the hook tests: a client in a fresh project."""

import pytest

from tests.support.client import TASK, Client
from tests.support.project import project


@pytest.fixture
def client(tmp_path) -> Client:
    return Client(project(tmp_path / "project", TASK), tmp_path / "data")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """No waiting for the disk: what a power failure does is tested where files are written."""
    monkeypatch.setattr("assembly_line.system.disk._sync", lambda descriptor: None)
    monkeypatch.setattr("assembly_line.system.disk._sync_folder", lambda folder: None)
