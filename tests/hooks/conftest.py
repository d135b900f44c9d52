"""Fixtures of the hook tests: a project, a data folder, and a client between them."""

import pytest

from tests.hooks.driver import SESSION, Client, environment, project


@pytest.fixture
def client(tmp_path, monkeypatch) -> Client:
    """A client in a fresh project, with the hooks' environment set."""
    root, data = project(tmp_path / "project"), tmp_path / "data"
    data.mkdir()
    for name, value in environment(root, data).items():
        monkeypatch.setenv(name, value)
    return Client(root, data, SESSION)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """No waiting for the disk: what a power failure does is tested where files are written."""
    monkeypatch.setattr("assembly_line.system.disk._sync", lambda descriptor: None)
    monkeypatch.setattr("assembly_line.system.disk._sync_folder", lambda folder: None)
