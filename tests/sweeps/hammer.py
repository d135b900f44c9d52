"""Many writers at once that are killed at any moment and deliver again: no event lost, none twice."""

import os
import random
import selectors
import shutil
import signal
import statistics
import struct
import sys
import time
import warnings
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from assembly_line.hook.main import handler
from assembly_line.storage import journal
from assembly_line.system import lock
from tests.support.project import define
from tests.sweeps.crash import GONE
from tests.sweeps.desk import Desk
from tests.sweeps.scenes import sound
from tests.sweeps.tally import Figure, Tally

_SAID = struct.Struct("<Id")  # number of the event that was acknowledged, seconds that its lock took


class Writer(NamedTuple):
    """One process that delivers events, and the pipe through which it says which of them were answered."""

    number: int
    pid: int
    pipe: int


def hammer(folder: Path, writers: int, events: int, kills: int, seed: int = 1, tasks: int = 1) -> Figure:
    """Let `writers` processes deliver `events` commands each to the runs of one project, and kill some of them."""
    tally = Tally("hammer")
    desk = Desk(folder / "hammer", git=False)
    names = [f"TASK-{number:03d}" for number in range(1, tasks + 1)]
    for number, name in enumerate(names):
        define(desk.root, name, "generic")
        desk.task, desk.session, desk.pid = name, f"s-{name}", GONE + number  # as of clients that ended
        desk.run(name)
        desk.until("validation")
        desk.call()
        desk.begin()
    done, waits, killed = _drive(desk, names, writers, events, kills, seed)
    keys: list[str] = []
    for name in names:
        desk.task = name
        records, torn = journal.parse(desk.journal.read_bytes(), name, name)
        keys += [record.key for record in records if record.key.startswith("w")]
        desk.session = f"s-{name}"
        desk.fork(desk.payload("SessionStart", source="compact"))
        tally.add(f"{name} is sound", sound(desk) + (["torn"] if torn else []))
    wanted = {f"w{writer}-{event}" for writer in range(writers) for event in range(events)}
    lost, twice = wanted - set(keys), len(keys) - len(set(keys))
    tally.of += len(wanted)
    if lost or twice or set(keys) - wanted:
        tally.misses.append(f"{len(lost)} lost, {twice} twice, {len(set(keys) - wanted)} that nobody sent")
    tally.add("kills", [] if killed >= kills else [f"only {killed} of {kills}"])
    p99 = statistics.quantiles(waits, n=100)[98] * 1e3 if len(waits) > 1 else 0.0
    shutil.rmtree(desk.folder)
    rate = done / (time.perf_counter() - tally.began)
    said = f"{writers} writers x {events} events, {killed} kills, {len(lost)} lost, {twice} twice, "
    return tally.figure(f"{said}lock wait p99 {p99:.0f} ms, {rate:.0f} events/s")


def _drive(
    desk: Desk, names: list[str], writers: int, events: int, kills: int, seed: int
) -> tuple[int, list[float], int]:
    chance = random.Random(seed)
    acked = [0] * writers
    waits: list[float] = []
    killed, done = 0, 0
    until = time.monotonic() + 170
    with selectors.DefaultSelector() as ready:
        alive: dict[int, Writer] = {}

        def begin(number: int) -> None:
            writer = _writer(desk, names[number % len(names)], number, acked[number], events)
            alive[number] = writer
            ready.register(writer.pipe, selectors.EVENT_READ, writer)

        for number in range(writers):
            begin(number)
        total = writers * events
        while alive and time.monotonic() < until:
            for key, _ in ready.select(1.0):
                writer = key.data
                data = os.read(writer.pipe, _SAID.size * 64)
                for event, waited in _SAID.iter_unpack(data[: len(data) // _SAID.size * _SAID.size]):
                    acked[writer.number] = event + 1
                    waits.append(waited)
                    done += 1
                if data:
                    continue
                ready.unregister(writer.pipe)
                os.close(writer.pipe)
                os.waitpid(writer.pid, 0)
                del alive[writer.number]
                if acked[writer.number] < events:
                    begin(writer.number)
            if killed < kills and done * (kills + 1) >= total * killed and alive:
                os.kill(alive[chance.choice(list(alive))].pid, signal.SIGKILL)
                killed += 1
        for writer in alive.values():
            os.kill(writer.pid, signal.SIGKILL)
            os.waitpid(writer.pid, 0)
    return done, waits, killed


def _writer(desk: Desk, task: str, number: int, first: int, events: int) -> Writer:
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid:
        os.close(writing)
        return Writer(number, pid, reading)
    try:
        desk.task, desk.session = task, f"s-{task}"
        agent = desk.agent
        variables = desk.environment()
        os.environ.clear()
        os.environ.update(variables)
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        waited = [0.0]
        real = lock._lock_posix

        def timed(descriptor: int, path: str, wait: float) -> None:
            began = time.perf_counter()
            real(descriptor, path, 60.0)
            waited[0] = time.perf_counter() - began

        with mock.patch.object(lock, "_lock_posix", timed):
            for event in range(first, events):
                call = {**desk.ran("ls", agent=agent), "tool_use_id": f"w{number}-{event}"}
                if handler("PostToolUse")(call):
                    os._exit(3)
                os.write(writing, _SAID.pack(event, waited[0]))
        os._exit(0)
    finally:
        os._exit(4)


def sweep(folder: Path, quick: bool) -> list[Figure]:
    """16 x 250 with 120 kills."""
    if quick:
        return [hammer(folder, 4, 40, 8)]
    return [hammer(folder, 16, 250, 120)]
