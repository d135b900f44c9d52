"""Every state in which a power failure may leave the disk: recovery gives the old or the new, never less than was said.

The calls of `disk` are recorded; then, for each prefix of them, what was not synced is lost, torn, zeroed or written
out of order, directory entries apart from content, and the plugin opens what is left.
"""

import contextlib
import hashlib
import itertools
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from assembly_line import paths
from assembly_line.core.blueprint import Criterion
from assembly_line.core.projection import plain, project
from assembly_line.core.run import Event
from assembly_line.core.settings import Settings
from assembly_line.engine import drive, store
from assembly_line.project import workflow
from assembly_line.statefile import document
from assembly_line.storage import journal
from assembly_line.storage.vault import Vault
from assembly_line.system import disk
from tests.sweeps.failing_disk import BEFORE, Left, Op, Recorder, states
from tests.sweeps.mistakes import mutants
from tests.sweeps.tally import Figure, Tally

TASK = "TASK-031"


def _stamp(path: str) -> list[int]:
    """A stamp by content: what a snapshot was taken from is known again exactly if it is the same."""
    try:
        data = Path(path).read_bytes()
    except OSError:
        return []
    return [len(data), int.from_bytes(hashlib.sha256(data).digest()[:6], "big")]


def start() -> Event:
    """The event that begins a run; its line is three pages long."""
    data = {
        "task": TASK,
        "title": "Count words",
        "type": "",
        "workflow": "generic",
        "track": "",
        "description": "word " * 2000,
        "blueprint": f"tasks/{TASK}.yaml",
        "blueprint_sha": "0" * 64,
        "state_file": paths.STATE_FILE,
        "baseline": "",
        "criteria": (Criterion("AC-1", "it counts"),),
        "stations": workflow.load("generic")[1],
        "skipped": [],
        "settings": Settings()._asdict(),
    }
    return Event("run_started", data)


def events() -> list[tuple[Event, ...]]:
    """What the hooks of a run's beginning record, delivery by delivery."""
    call = {"dispatch": "d-0001", "station": "bundler", "agent": "assembly-line:bundler", "iteration": 1, "tier": "T1"}
    seen = {"dispatch": "d-0001", "station": "bundler", "served": "", "tokens": {}}
    long = {"status": "done", "summary": "said " * 1500}
    return [
        (start(), Event("lease_taken", {"session": "s-1", "relay": ""})),
        (Event("bundle_created", {"path": "x"}), Event("agents_ready", {"agents": {}, "skipped": []})),
        (Event("dispatched", {**call, "model": "haiku", "call": "c-1", "tree": "", "why": "first"}),),
        (Event("agent_started", {"dispatch": "d-0001", "agent_id": "a-1"}),),
        (Event("reported", {**seen, "report": long}, "k-1"),),
        (Event("iteration_started", {"iteration": 1, "tier": "T1", "stations": ["developer"]}),),
        (Event("paused", {"reason": "human", "message": "paused"}),),
    ]


def perform(place: Path, deliveries: list[tuple[Event, ...]]) -> Recorder:
    """Do the work for real while the calls are written down."""
    root, data = place / "project", place / "data"
    (root / paths.PLANNING).mkdir(parents=True)
    data.mkdir()
    (root / paths.STATE_FILE).write_bytes(BEFORE)
    vault = Vault(str(root), str(data))
    recorder = Recorder(str(place))
    recorder.files[str(root / paths.STATE_FILE)] = recorder.first
    recorder.versions.add(BEFORE)
    with mock.patch.object(disk, "os", recorder), mock.patch.object(disk, "stamp", _stamp), _environment(data):
        for delivery in deliveries:
            with store.opened(str(root), TASK, vault) as held:
                drive.record_repairs(held, files=False)
                held.record(*delivery)
                recorder.ops.append(Op("ack", "", at=held.seq))
    return recorder


@contextlib.contextmanager
def _environment(data: Path) -> Iterator[None]:
    with mock.patch.dict(os.environ, {"CLAUDE_PLUGIN_DATA": str(data)}):
        yield


def judge(left: Left, place: Path, lines: list[bytes], versions: set[bytes]) -> list[str]:
    """Put the files in place, open the store as a hook does, and say what is wrong."""
    root, data = place / "project", place / "data"
    shutil.rmtree(place, ignore_errors=True)
    (root / paths.PLANNING).mkdir(parents=True)
    data.mkdir()
    for path, content in left.files.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(content)
    found = _as_left(left, root, versions)
    file = root / paths.journal(TASK)
    with mock.patch.object(disk, "stamp", _stamp), _environment(data):
        try:
            with store.opened(str(root), TASK, Vault(str(root), str(data))) as held:
                drive.record_repairs(held, files=False)
                records, run = held.records(), held.run
        except Exception as error:
            return [*found, f"cannot be opened: {type(error).__name__}: {error}"]
    kept = file.read_bytes().splitlines(keepends=True) if file.exists() else []
    same = len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], zip(kept, lines, strict=False))))
    if same < left.acked:
        found.append(f"{left.acked} records were acknowledged, {same} are left")
    odd = [record.kind for record in records[same:] if record.kind not in ("repaired",)]
    if odd:
        found.append(f"records that nobody wrote: {', '.join(odd)}")
    if run.number:
        entry = document.load(str(root), run.state_file)["tasks"].get(TASK, {})
        if not all(entry.get(name) == value for name, value in plain(project(run)).items()):
            found.append("the state file does not show the run")
    if b"kept by a person" not in (root / paths.STATE_FILE).read_bytes():
        found.append("the state file lost what others wrote")
    return found


def _as_left(left: Left, root: Path, versions: set[bytes]) -> list[str]:
    """Before anything is repaired: no half state file, and none that runs ahead of the journal."""
    data = left.files.get(str(root / paths.STATE_FILE))
    if data is None:
        return ["the state file is gone"]
    if data not in versions:
        return ["half a state file"]
    shown = document.load(str(root), paths.STATE_FILE)["tasks"].get(TASK)
    if shown is None:
        return []
    raw = left.files.get(str(root / paths.journal(TASK)), b"")
    try:
        count = len(journal.parse(raw, TASK, TASK)[0])
    except journal.Damaged:
        count = 0
    return ["the state file is ahead of the journal"] if shown["journal"]["events"] > count else []


def explore(
    place: Path, deliveries: list[tuple[Event, ...]], limit: int = 0, seed: int = 1
) -> Iterator[tuple[str, list[str]]]:
    """Record some deliveries, then name the states that a failure may leave, or `limit` of them, with their faults."""
    shutil.rmtree(place, ignore_errors=True)
    recorder = perform(place, deliveries)
    lines = (place / "project" / paths.journal(TASK)).read_bytes().splitlines(keepends=True)
    found = list(states(recorder, place, seed))
    if limit and len(found) > limit:
        found = random.Random(seed).sample(found, limit)
    for left in found:
        yield left.said, judge(left, place, lines, recorder.versions)


def caught(place: Path, name: str, deliveries: list[tuple[Event, ...]], limit: int = 0) -> bool:
    """Whether a mistake in the writing code is found; one in the recovery is made in both."""
    owner, attribute, other, in_recovery = mutants()[name]
    patch = mock.patch.object(owner, attribute, other)
    if in_recovery:
        with patch:
            return any(wrong for _, wrong in explore(place, deliveries, limit))
    with patch:
        shutil.rmtree(place, ignore_errors=True)
        recorder = perform(place, deliveries)
    lines = (place / "project" / paths.journal(TASK)).read_bytes().splitlines(keepends=True)
    found = list(states(recorder, place))
    if limit and len(found) > limit:
        found = random.Random(1).sample(found, limit)
    return any(judge(left, place, lines, recorder.versions) for left in found)


_SAMPLE = 400  # states in which a mistake must show


def sweep(folder: Path, quick: bool) -> list[Figure]:
    """All states, then all mistakes."""
    limit = _SAMPLE if quick else 0
    tally, hunt = Tally("power"), Tally("power (mutants)")
    for said, wrong in explore(folder / "disk", events(), limit):
        tally.add(said, wrong)
    figure = tally.figure("states after a power failure")
    for name in mutants():
        hunt.add(name, [] if caught(folder / "disk", name, events(), _SAMPLE) else ["not caught"])
    return [figure, hunt.figure("mistakes in the writing code caught")]
