"""Writers that are killed and write again: nothing lost, nothing twice."""

import os
import random
import signal
import subprocess
import sys
import time

from assembly_line.storage import follow
from tests.storage.place import TASK, lines_of
from tests.support.delivery import ROOT

WRITERS, EVENTS, KILLS = 8, 50, 12
WRITER = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from assembly_line.engine import drive, store
from assembly_line.system import disk
from assembly_line.core.run import Event
from assembly_line.storage.vault import Vault
root, data, name, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
acknowledged = f"{{data}}/ack-{{name}}"
done = int(disk.read(acknowledged) or b"0")
for number in range(done, count):
    key = f"{{name}}-{{number}}"
    with store.opened(root, "{TASK}", Vault(root, data)) as held:
        drive.record_repairs(held)
        if key not in held.run.keys:
            held.record(Event("refused", {{"what": "x", "why": "y"}}, key=key))
    disk.write(acknowledged, str(number + 1).encode(), durable=False)
"""


def test_writers_that_are_killed_and_deliver_again_lose_nothing_and_write_nothing_twice(place):
    place.begin()
    dice = random.Random(8)

    def writer(number):
        return subprocess.Popen(
            [sys.executable, "-c", WRITER, str(place.root), str(place.data), f"w{number}", str(EVENTS)]
        )

    running = {number: writer(number) for number in range(WRITERS)}
    kills = 0
    until = time.monotonic() + 60
    while running:
        assert time.monotonic() < until
        for number, process in list(running.items()):
            if process.poll() == 0:
                del running[number]
            elif process.poll() is not None:
                assert process.returncode == -signal.SIGKILL
                running[number] = writer(number)
        if kills < KILLS and running and dice.random() < 0.5:
            os.kill(running[dice.choice(list(running))].pid, signal.SIGKILL)
            kills += 1
        time.sleep(0.03)
    records = lines_of(place.journal)
    keys = [item["key"] for item in records if item["key"]]
    assert kills == KILLS
    assert sorted(keys) == sorted(f"w{writer}-{event}" for writer in range(WRITERS) for event in range(EVENTS))
    assert {item["kind"] for item in records} == {"run_started", "lease_taken", "refused"}
    assert follow.peek(str(place.root), TASK)[0].stage == "bundle_creation"
