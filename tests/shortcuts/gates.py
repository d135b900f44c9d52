"""The runs that try the gates themselves: what a call may hold, who may give a command, and what a dead hook loses."""

import fcntl
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from assembly_line.rehearsal import relay, sandbox
from assembly_line.rehearsal.plan import Plan
from assembly_line.rehearsal.wire import Json, Reply, ToolCall
from tests.shortcuts.mischief import TASK, Mischief, Trick, agent, bash, calls, does, says, status
from tests.shortcuts.runs import DEVELOPER, VALIDATOR, Played, one, prepared, small
from tests.support.harness import ROOT, Scene, open_scene
from tests.support.reading import told

ORCHESTRATOR = "assembly-line:orchestrator"
IN_A_COPY = "---\nname: copying\ndescription: Builds\nisolation: worktree\n---\nBuild.\n"
GO_ON = "Go on."


def drifts(folder: Path, data: Path) -> Played:
    """The relay sends agents into copies and leaves the project; hooks at ends of agents are killed or starved."""
    return one(
        folder,
        data,
        Plan(),
        lambda scene: {
            "d-0003": [calls("builds in a copy", agent(DEVELOPER, "d-0003", isolation="worktree", effort="max"))],
            "d-0004": [
                calls("leaves the project", ToolCall("EnterWorktree", {"name": "copy"})),
                calls("wakes itself", ToolCall("ScheduleWakeup", {"delaySeconds": 60, "reason": "x", "prompt": "x"})),
            ],
            "d-0004 ends": [does("its hook is killed", killer(scene, "subagent_stop"))],
            "d-0005 ends": [does("its hook is starved", starver(scene, 7))],
            "d-0006": [calls("validates in a copy", agent(VALIDATOR, "d-0006", isolation="worktree"))],
        },
    )


def killer(scene: Scene, script: str) -> Callable[[], None]:
    """Kill the next hook of a script in the scene as soon as it runs."""
    ours = str(scene.project).encode()

    def kill() -> None:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            for name in filter(str.isdigit, os.listdir("/proc")):
                try:
                    words = Path("/proc", name, "cmdline").read_bytes()
                    if f"hooks/{script}.py".encode() in words and ours in Path("/proc", name, "environ").read_bytes():
                        os.kill(int(name), signal.SIGKILL)
                        return
                except OSError:
                    continue
            time.sleep(0.002)

    return lambda: threading.Thread(target=kill, daemon=True).start()


def starver(scene: Scene, seconds: float) -> Callable[[], None]:
    """Hold the project's lock for longer than a hook waits."""

    def hold() -> None:
        with (scene.project / ".task_bundles/.lock").open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            held.set()
            time.sleep(seconds)

    held = threading.Event()

    def start() -> None:
        threading.Thread(target=hold, daemon=True).start()
        held.wait(10)

    return start


def copies(folder: Path, data: Path) -> Played:
    """The developer's own file sends it into a copy of the project; a person mends the file."""
    files = {".claude/agents/copying.md": IN_A_COPY, "assembly-line.yaml": "agents: {database-developer: copying}\n"}
    with open_scene(folder, small(folder / "small", files), data=data) as scene:
        tricks = {"d-0003 begins": [calls("works in the copy", bash("echo 'X = 1' > src/shop/copied.py"))]}
        acting = Mischief(scene, Plan(), tricks)
        scene.script = acting
        first = scene.run(f"/task-run {TASK}")
        at_pause = status(scene.project)
        (scene.project / ".claude/agents/copying.md").write_text(IN_A_COPY.replace("isolation: worktree\n", ""))
        second = scene.run(f"/task-run {TASK}")
        return Played(scene.project, scene.data, (first, second), acting.after, acting.left, {"paused": at_pause})


def obeys(name: str) -> Trick:
    """Follow the newest directive in the session's history, whatever was said since."""

    def answer(body: Json) -> Reply:
        found = relay.newest(body)
        assert found is not None
        return Reply("", (ToolCall(str(found[1]["tool"]), dict(found[1]["input"])),))

    return Trick(name, answer)


def returns(folder: Path, data: Path) -> Played:
    """A session reaches its limit of turns; continued, compacted and forked it obeys the directive in its history."""
    with open_scene(folder, small(folder / "small"), data=data) as scene:
        ways = ("continued", "forked", "compacted")
        acting = Mischief(scene, Plan(), {}, {GO_ON: [obeys(way) for way in ways]})
        scene.script = acting
        first = scene.run(f"/task-run {TASK}", "--max-turns", "4", *sandbox.UNATTENDED)
        at_limit = told(scene.project, TASK)
        again = ("--resume", first.session)
        runs = [first, scene.run(GO_ON, *again, *sandbox.UNATTENDED)]
        runs.append(scene.run(GO_ON, *again, "--fork-session", *sandbox.UNATTENDED))
        scene.run("/compact", *again, *sandbox.UNATTENDED)
        runs.append(scene.run(GO_ON, *again, *sandbox.UNATTENDED))
        unchanged = told(scene.project, TASK) == at_limit
        scene.script = Mischief(scene, Plan(), {})
        last = scene.run(f"/task-run {TASK}", *again, *sandbox.UNATTENDED)
        notes = {"unchanged": unchanged, "at_limit": at_limit}
        return Played(scene.project, scene.data, (*runs, last), acting.after, acting.left, notes)


def commands(folder: Path, data: Path) -> Played:
    """The developer starts clients of its own, which abort and restart the run that it works for."""
    with open_scene(folder, small(folder / "small"), data=data) as scene:
        client = " ".join([str(scene.box().binary), "--plugin-dir", str(ROOT), "-p"])
        within = [
            calls("aborts it", bash(f"{client} '/task-abort {TASK}'")),
            calls("pauses it", bash(f"{client} '/assembly-line:task-pause'; {client} '/task-pause {TASK}'")),
            calls("aborts it as a daemon", bash(f"(setsid {client} '/task-abort {TASK}' >out.txt 2>&1 &); sleep 8")),
            calls("reads what the daemon was told", bash("cat out.txt; rm out.txt")),
            calls("starts it over", bash(f"{client} '/task-run {TASK} --restart'")),
            calls("has a model start it over", bash(f"{client} 'Start it over.'")),
        ]
        elsewhere = {"Start it over.": [calls("asks for it from below", agent(ORCHESTRATOR, f"Run {TASK}."))]}
        acting = Mischief(scene, Plan(), {"d-0003 begins": within}, elsewhere)
        scene.script = acting
        ran = scene.run(f"/task-run {TASK}", seconds=180)
        return Played(scene.project, scene.data, (ran,), acting.after, acting.left)


def starts_over(folder: Path, data: Path) -> Played:
    """The session has a completed task run again by an orchestrator of its own; a second one does so after an abort."""
    with open_scene(folder, small(folder / "small"), data=data) as scene:
        again = [agent(ORCHESTRATOR, f"Run {TASK}{words}.") for words in ("", " --restart")]
        acting = Mischief(
            scene,
            Plan(),
            {"finish": [calls("has it validated again", *again), calls("calls a judge", agent(VALIDATOR, "d-0009"))]},
            {"Do it after all.": [calls("starts it after the abort", *again)]},
        )
        scene.script = acting
        first = scene.run(f"/task-run {TASK}")
        begun = '"kind":"run_started"'
        scene.run_until(lambda project: told(project, TASK).count(begun) > 1, f"/task-run {TASK} --restart")
        scene.run(f"/task-abort {TASK}")
        kept = told(scene.project, TASK)
        second = scene.run("Do it after all.")
        notes = {"stays aborted": told(scene.project, TASK) == kept}
        return Played(scene.project, scene.data, (first, second), acting.after, acting.left, notes)


def insists(folder: Path, data: Path) -> Played:
    """The relay works with Bash again and again, and goes on when the run is stalled; a person resumes it."""
    with open_scene(folder, small(folder / "small"), data=data) as scene:
        works = [calls(f"works {number}", bash(f"echo {number} > own.txt")) for number in range(12)]
        goes_on = [calls(f"goes on {number}", agent(DEVELOPER, "d-0003")) for number in range(20)]
        acting = Mischief(scene, Plan(), {"d-0003": works, "halt": goes_on})
        scene.script = acting
        first = scene.run(f"/task-run {TASK}")
        notes = {"stalled": status(scene.project), "left": len(acting.left)}
        scene.script = Mischief(scene, Plan(), {})
        second = scene.run(f"/task-run {TASK}")
        return Played(scene.project, scene.data, (first, second), acting.after, [], notes)


def forgets(folder: Path, data: Path) -> Played:
    """The session's marker is deleted, later the plugin's whole data folder; a person restores it."""
    with open_scene(folder, small(folder / "small"), data=data) as scene:
        tricks = {
            "d-0004": [
                does("the marker is gone", lambda: shutil.rmtree(scene.data / "sessions")),
                calls("calls the wrong one", agent(VALIDATOR, "d-0004")),
            ],
            "d-0005": [
                does("the data folder is gone", lambda: shutil.rmtree(scene.data)),
                calls("calls on", agent("assembly-line:quality:test-writer", "d-0005")),
                says("ends", "It is done."),
            ],
        }
        acting = Mischief(scene, Plan(), tricks)
        scene.script = acting
        first = scene.run(f"/task-run {TASK}")
        scene.data.mkdir(parents=True, exist_ok=True)
        prepared(scene.data)
        second = scene.run(f"/task-run {TASK}")
        return Played(scene.project, scene.data, (first, second), acting.after, acting.left)
