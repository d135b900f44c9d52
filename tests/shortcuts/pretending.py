"""The run in which stations pretend to have done their work: by `blocked`, by commands that prove nothing, by haste."""

from pathlib import Path

from assembly_line.rehearsal import artefacts, reports
from assembly_line.rehearsal.artefacts import Ground
from assembly_line.rehearsal.plan import Plan
from tests.shortcuts.mischief import TASK, Mischief, Trick, bash, calls, does, says
from tests.shortcuts.runs import ANSWER_PASS, PASSED, Played, small
from tests.support.harness import Scene, open_scene

SUITE = artefacts.suite(Ground())
MODULE = "src/shop/task_031_database_developer.py"
TRACKED = "src/shop/__init__.py"
FIX = "src/shop/fix.py"
LEFT = "build/validation.log"
WORDS = "Nothing is missing: review what is there."
NOWHERE = "python3 -m unittest nowhere"
PROVES_NOTHING = {  # what a validator lists for its PASS, and how it says that the command ended
    f"{SUITE} || true": 0,
    f"python3() {{ true; }}; {SUITE}": 0,
    f"{NOWHERE}; true": 0,
    f"{SUITE} | tail -1": 0,
    NOWHERE: 1,
    "echo OK": 0,
    f"{SUITE} -p 'none_*.py'": 0,
}
FAILS = "a failing suite that is expected to fail"
BLOCKED = "I need nothing, but I shall not review it."


def claims(command: str, status: int, name: str = "") -> Trick:
    """A PASS that relies on a command, whose status is the expected one."""
    told = {"command": command, "exit_code": status, "expected": status}
    runtime = {"status": "PASS", "commands": [told]}
    return says(
        f"relies on {name or command}", reports.message("PASS.", "verdict", {**PASSED, "runtime_verification": runtime})
    )


def relies(*commands: str) -> list[Trick]:
    """The tricks of a validator that runs each command and then claims that it proves a PASS."""
    tricks = []
    for command in commands:
        tricks += [calls(f"runs {command}", bash(command)), claims(command, PROVES_NOTHING[command])]
    return tricks


def pretends(folder: Path, data: Path) -> Played:
    """The reviewer says that it is blocked; validators rely on nothing, or write sources; the judge reads nothing."""
    more = {"assembly-line.yaml": "limits: {retries: 5}\n"}
    with open_scene(folder, small(folder / "small", more), data=data) as scene:
        blocked = {"status": "blocked", "summary": BLOCKED}
        listed = list(PROVES_NOTHING)
        acting = Mischief(
            scene,
            Plan(),
            {
                "d-0004 begins": [says("calls itself blocked", reports.message("Blocked.", "report", blocked))],
                "d-0007 begins": [says("relies on nothing", ANSWER_PASS), *relies(*listed[:2])],
                "d-0008 begins": relies(*listed[2:5]),
                "d-0009 begins": [
                    *relies(*listed[5:]),
                    does("the sources break", lambda: _swap(scene)),
                    calls("runs the suite", bash(SUITE)),
                    claims(SUITE, 1, FAILS),
                ],
                "d-0010": [does("the sources are mended", lambda: _swap(scene))],
                "d-0010 ends": [calls("changes a tracked file", bash(f"sed -i 's/A shop/My shop/' {TRACKED}"))],
                "d-0011 ends": [
                    calls("writes a new source", bash(f"python3 -c \"open('{FIX}', 'w').write('NUMBER = 0')\""))
                ],
                "d-0012 ends": [calls("leaves a log", bash(f"mkdir -p build && {SUITE} > {LEFT} 2>&1"))],
                "d-0013 begins": [says("judges unread", reports.compliance(()))],
            },
        )
        scene.script = acting
        first = scene.run(f"/task-run {TASK}")
        after = dict(acting.after)
        second = scene.run(f"/task-run {TASK} -- {WORDS}")
        return Played(scene.project, scene.data, (first, second), {**after, **acting.after}, acting.left)


def _swap(scene: Scene) -> None:
    """Put an error in the developer's module, or take it out again."""
    path = scene.project / MODULE
    text = path.read_text(encoding="utf-8")
    path.write_text(text.removeprefix("broken\n") if text.startswith("broken\n") else f"broken\n{text}", "utf-8")
