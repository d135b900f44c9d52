"""A folder in which nothing waits for a disk: these tests look at what was written, not at how safely."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def place():
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="faults-", dir=memory))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
