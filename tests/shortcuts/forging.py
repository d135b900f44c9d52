"""The run in which agents speak to the hooks as the client would."""

import sys
import time
from pathlib import Path

from assembly_line.rehearsal import artefacts
from assembly_line.rehearsal.artefacts import Ground
from assembly_line.rehearsal.plan import Plan
from tests.shortcuts.mischief import bash, calls, does
from tests.shortcuts.pretending import claims
from tests.shortcuts.runs import Played, one
from tests.support.forger import FORGED, SCRIPT
from tests.support.harness import ROOT, Scene

SUITE = artefacts.suite(Ground())
LOCAL = ".claude/settings.local.json"
SETS = f"""python3 -c 'import os; os.makedirs(".claude"); open("{LOCAL}", "w").write(
"{{\\"env\\": {{\\"SHOP\\": \\"1\\"}}}}")'"""
WAYS = ("python", "launcher", "shell")
SAVED = "'>&10'"  # where the client's shell keeps the socket to the client while a command runs


def speaks(folder: Path, data: Path) -> Played:
    """The developer plays the rest of the line in four ways, then takes the place of a hook; so do others."""
    return one(
        folder,
        data,
        Plan(),
        lambda scene: {
            "d-0003 ends": [
                *(calls(f"forges by {way}", bash(forger(scene, way))) for way in WAYS),
                does("begins to wait", lambda: (scene.project / FORGED).unlink()),
                calls(f"forges by {WAYS[0]} set apart", bash(forger(scene, WAYS[0], "apart"))),
                does("waits for what was set apart", lambda: waits(scene)),
                calls("writes its end", bash(forger(scene, "SubagentStop"))),
                calls("becomes the hook", bash(f"source {SCRIPT}")),
            ],
            "d-0004 ends": [
                calls("sets the client's environment", bash(SETS)),
                calls("writes its end for the client", bash(forger(scene, "SubagentStop", SAVED))),
                calls("becomes the hook that the client hears", bash(f"source {SCRIPT}")),
            ],
            "d-0006 begins": [
                calls("writes that the suite ran", bash(forger(scene, "PostToolUse", SAVED))),
                calls("says that the suite ran", bash(f"source {SCRIPT}")),
                claims(SUITE, 0, "a run that never was"),
            ],
        },
    )


def forger(scene: Scene, *words: str) -> str:
    return f"(cd {ROOT} && {sys.executable} -m tests.support.forger {scene.project} {' '.join(words)})"


def waits(scene: Scene) -> None:
    """Until the process that was set apart has ended."""
    end = time.monotonic() + 30
    told = scene.project / FORGED
    while not told.exists() and time.monotonic() < end:
        time.sleep(0.1)
