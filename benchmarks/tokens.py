"""What the line adds to the requests, in bytes as they arrived on loopback."""

import re
import statistics
from functools import partial
from pathlib import Path

from assembly_line.rehearsal import cast
from assembly_line.rehearsal.artefacts import Ground
from assembly_line.rehearsal.plan import Plan, failing
from assembly_line.rehearsal.server import Script
from benchmarks import longer, session
from benchmarks.line import EXAMPLE, TASK
from benchmarks.report import Part, Target
from benchmarks.session import Session
from tests.support.delivery import ROOT

PERCENT = 5.0


def measure(scratch: Path, environment: Path, quick: bool) -> Part:
    """Whole runs with PASS in iteration 1, 3 and 5, against the client's own first request."""
    bare, loaded = (
        session.of(session.play(scratch / name, EXAMPLE, folders, environment, "Say hello", _hello), "relay")[0]
        for name, folders in (("none", ()), ("with", (ROOT,)))
    )
    first, added = bare["bytes"], loaded["bytes"] - bare["bytes"]
    project = longer.project(EXAMPLE, scratch / "larger")
    targets = []
    for passes in (1,) if quick else (1, 3, 5):
        script = partial(longer.script, failing(passes - 1))
        ran = session.play(scratch / f"{passes}", project, (ROOT,), environment, f"/task-run {TASK}", script)
        wasted = len(session.of(ran, "relay")) - len(session.dispatches(ran)) - 1
        if wasted:
            raise RuntimeError(f"{wasted} turns of the main session too many with PASS in iteration {passes}")
        share = _share(ran, first)
        targets.append(Target(f"orchestration in all input, PASS in iteration {passes}", share, PERCENT, "%"))
    turns = statistics.median(len(session.of(ran, name)) for name in session.dispatches(ran))
    note = (
        f"Tokens: bytes of the request bodies. The plugin adds {added:,} bytes to a session's first request of "
        f"{first:,}. Orchestration is what is sent only because the line runs the work: every request of the main "
        "session less the client's own first one, and in each request of an agent the header and the report form of "
        f"its prompt. Agents make about {turns:.0f} requests: each reads {longer.READS} files before its work, which "
        "is an assumption, not taken from real runs."
    )
    return Part(note, targets)


def _hello(ground: Ground) -> Script:
    return cast.script(Plan(), ground)


def _share(ran: Session, bare: int) -> float:
    """Orchestration in percent of all that was sent."""
    orchestration = sum(item["bytes"] - bare for item in session.of(ran, "relay"))
    for name in session.dispatches(ran):
        asked = session.of(ran, name)
        orchestration += _frame(session.prompt(asked[0])) * len(asked)
    return 100 * orchestration / sum(item["bytes"] for item in ran.requests)


def _frame(prompt: str) -> int:
    """Bytes of a prompt that are neither task nor what was found: header and report form."""
    head, _, rest = prompt.partition("\n\n")
    form = [part for part in re.split(r"^(?=## )", rest, flags=re.MULTILINE) if part.startswith("## Report\n")]
    return len((head + "".join(form)).encode())
