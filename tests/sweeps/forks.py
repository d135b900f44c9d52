"""Delivers an event in a fork of this process, which costs a tenth of starting one."""

import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema  # noqa: F401 - here, so that no fork imports it again
import yaml  # noqa: F401 - the same

from assembly_line.hook import main
from tests.sweeps.answers import Said


def begin(
    event: str, data: bytes, environment: dict[str, str], folder: Path, cwd: str, first: Any = None
) -> Callable[[], Said]:
    """Begin a delivery; the function that waits for its end. `first` runs in the fork before the hook."""
    places = [_scratch(folder) for _ in range(3)]
    os.write(places[0], data)
    os.lseek(places[0], 0, os.SEEK_SET)
    began = time.perf_counter()
    with warnings.catch_warnings():  # the threads of a test runner hold nothing that a hook needs
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        _child(event, places, environment, cwd, first)

    def wait() -> Said:
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        took = time.perf_counter() - began
        return Said(status, _drain(places[1]), _drain(places[2]), took)

    os.close(places[0])
    return wait


def _scratch(folder: Path) -> int:
    descriptor, path = tempfile.mkstemp(dir=folder)
    os.unlink(path)
    return descriptor


def _child(event: str, places: list[int], environment: dict[str, str], cwd: str, first: Any) -> None:
    status = 70
    try:
        for number, place in enumerate(places):
            os.dup2(place, number)
        sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(cwd)
        if first is not None:
            first()
        status = main.main(event)
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException as error:
        os.write(2, f"escaped: {type(error).__name__}: {error}".encode("utf-8", "replace"))
    finally:
        os._exit(status)


def _drain(descriptor: int) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    parts = []
    while part := os.read(descriptor, 1 << 16):
        parts.append(part)
    os.close(descriptor)
    return b"".join(parts).decode("utf-8", "replace")
