"""The runs that the acceptance tests look at; each is played once, however many tests read it."""

from pathlib import Path
from typing import NamedTuple

from assembly_line.rehearsal.plan import Fault, Gap, Issue, Plan, Violation
from assembly_line.rehearsal.sandbox import UNATTENDED
from tests.client.harness import EXAMPLE, Ran, late, open_scene
from tests.client.reading import files, told

BAD = {  # file name: content
    "TASK-020.yaml": "id: TASK-020\ntitle: Twice\nacceptance_criteria: [It is there]\n",
    "TASK-020-again.md": "---\nid: TASK-020\ntitle: Twice\n---\n## Success Criteria\n- [ ] It is there\n",
    "TASK-021.yaml": "id: TASK-021\ntitle: [unclosed\nacceptance_criteria:\n",
    "TASK-022.yaml": "id: TASK-022\ntitle: No criteria\ndescription: Something is wanted.\n",
}
LIMITS = {
    "unmet": Plan(always=(Gap("*", "nothing of it is there", "nobody-known"),)),
    "twice": Plan(
        verdicts=(
            (Gap("AC-2", "an overdue loan is renewed", "api-developer"), Gap("AC-4", "no such test", "test-writer")),
            (Gap("AC-1", "the due date stays", "assembly-line:development:api-developer"),),
        )
    ),
}


class Played(NamedTuple):
    """What a scenario left."""

    project: Path
    data: Path
    runs: tuple[Ran, ...]
    before: dict[str, str]  # files before the first run
    seen: tuple[dict[str, str], ...] = ()  # files at the moments that the scenario chose


def _one(folder: Path, data: Path, plan: Plan, *prompts: str) -> Played:
    """One session for each prompt, all with the same plan."""
    with open_scene(folder, EXAMPLE, plan, data=data) as scene:
        before = files(scene.project, ".git")
        runs = tuple(scene.run(prompt) for prompt in prompts)
        return Played(scene.project, scene.data, runs, before)


def passes_at_once(folder: Path, data: Path) -> Played:
    """TASK-008 passes, is asked for again, and is looked at; then it is asked of nobody."""
    with open_scene(folder, EXAMPLE, Plan(), data=data) as scene:
        before = files(scene.project, ".git")
        first = scene.run("/task-run TASK-008")
        after = files(scene.project, ".git")
        prompts = ("/task-run TASK-008", "/task-status", "/task-status TASK-008", "/task-pause TASK-008")
        others = tuple(scene.run(prompt) for prompt in (*prompts, "/task-abort TASK-008"))
        return Played(scene.project, scene.data, (first, *others), before, (after, files(scene.project, ".git")))


def fails_twice(folder: Path, data: Path) -> Played:
    """TASK-009 fails with named gaps in two iterations and passes in the third."""
    return _one(folder, data, LIMITS["twice"], "/task-run TASK-009")


def never_passes(folder: Path, data: Path) -> Played:
    """TASK-014 never passes; then it is asked for again."""
    return _one(folder, data, LIMITS["unmet"], "/task-run TASK-014", "/task-run TASK-014")


def complies_late(folder: Path, data: Path) -> Played:
    """TASK-011 is found wanting by the compliance judge once."""
    lacking = Violation("missing_documentation", "the page is not described", "describe it")
    return _one(folder, data, Plan(compliance=((lacking,),)), "/task-run TASK-011")


def never_complies(folder: Path, data: Path) -> Played:
    """TASK-012 is found wanting by every compliance judgement."""
    lacking = Violation("missing_tests", "the migration is not tested", "test it", "blocking")
    return _one(folder, data, Plan(compliance=((lacking,),), never_compliant=True), "/task-run TASK-012")


def blocked_by_review(folder: Path, data: Path) -> Played:
    """TASK-010 passes at once, but for a blocking issue that one of two reviews holds open."""
    issue = Issue("R-1", "a reservation is lost", "src/shelf/store.py", 12, "blocking", "backend-review")
    return _one(folder, data, Plan(issues=((issue,),)), "/task-run TASK-010")


def faulty_agents(folder: Path, data: Path) -> Played:
    """TASK-013 with agents whose reports are malformed, who meet API errors, or say nothing."""
    faults = (
        Fault("infrastructure-developer", "malformed", times=3),
        Fault("code-reviewer", "status", times=2),
        Fault("test-writer", "malformed", times=2),
        Fault("documentation-writer", "empty"),
    )
    return _one(folder, data, Plan(faults=faults), "/task-run TASK-013")


def killed_at_work(folder: Path, data: Path) -> Played:
    """TASK-014: killed while the developer works, and while the validator works; a new session each time."""
    with open_scene(folder, EXAMPLE, Plan(), data=data) as scene:
        before = files(scene.project, ".git")
        usual = scene.script
        scene.script = late(usual, lambda whose, reply: not reply.tools and whose.endswith("developer"))
        built = scene.project / "src/shelf/task_014_developer.py"
        first = scene.run_until(lambda project: built.exists(), "/task-run TASK-014")
        scene.script = late(usual, lambda whose, reply: not reply.tools and whose.endswith("validator"))
        second = scene.run_until(
            lambda project: told(project, "TASK-014").count('"kind":"command_ran"') == 2, "/task-run TASK-014"
        )
        scene.script = usual
        third = scene.run("/task-run TASK-014")
        return Played(scene.project, scene.data, (first, second, third), before)


def killed_between(folder: Path, data: Path) -> Played:
    """TASK-012: killed between two stations, during the summary, and during compliance, after which it is resumed."""
    slow = folder / "bin" / "git"
    slow.parent.mkdir(parents=True)
    slow.write_text("#!/bin/sh\nsleep 0.3\nPATH=${PATH#*:}\nexec git \"$@\"\n", encoding="utf-8")
    slow.chmod(0o755)
    with open_scene(folder, EXAMPLE, Plan(), data=data) as scene:
        before = files(scene.project, ".git")
        usual = scene.script
        scene.script = late(usual, lambda whose, reply: any(tool.input.get("prompt") == "d-0003" for tool in reply.tools))
        first = scene.run_until(
            lambda project: told(project, "TASK-012").count('"kind":"reported"') == 2, "/task-run TASK-012"
        )
        scene.script = usual
        import os

        scene.variables["PATH"] = f"{slow.parent}:{os.environ['PATH']}"
        second = scene.run_until(lambda project: '"kind":"passed"' in told(project, "TASK-012"), "/task-run TASK-012")
        del scene.variables["PATH"]
        scene.script = late(usual, lambda whose, reply: not reply.tools and whose.endswith("compliance"))
        third = scene.run_until(
            lambda project: told(project, "TASK-012").count('"kind":"agent_started"') == 7, "/task-run TASK-012"
        )
        scene.script = usual
        fourth = scene.run("continue", resume=third.session)
        return Played(scene.project, scene.data, (first, second, third, fourth), before)


def main_thread_agent(folder: Path, data: Path) -> Played:
    """TASK-008 by the orchestrator as the agent of the main session."""
    with open_scene(folder, EXAMPLE, Plan(), data=data) as scene:
        ran = scene.run("/task-run TASK-008", *UNATTENDED, "--agent", "assembly-line:orchestrator")
        return Played(scene.project, scene.data, (ran,), {})
