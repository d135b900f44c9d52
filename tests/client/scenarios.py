"""The runs that the acceptance tests read; each is played once, however many tests read it."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from assembly_line.rehearsal import conversation, relay
from assembly_line.rehearsal.cast import script
from assembly_line.rehearsal.plan import Fault, Gap, Issue, Plan, Violation
from assembly_line.rehearsal.sandbox import UNATTENDED
from assembly_line.rehearsal.wire import Json, Reply, ToolCall
from tests.support.harness import EXAMPLE, Ran, Scene, late, open_scene
from tests.support.reading import files, told

NAMES = (
    "typed_by_a_person",
    "passes_at_once",
    "fails_twice",
    "never_passes",
    "complies_late",
    "never_complies",
    "blocked_by_review",
    "faulty_agents",
    "killed_at_work",
    "killed_between",
    "as_main_agent",
    "as_nested_agent",
)


AT_REST = r"[^\u276f]*^\u273b"  # no prompt sign before the line that the client prints at the end of a turn


class Played(NamedTuple):
    """The results of a scenario."""

    project: Path
    runs: tuple[Ran, ...]
    before: dict[str, str]  # the project's files before the first run
    seen: tuple[dict[str, str], ...]  # and after each run; for the terminal, its screens
    requests: list[Json]  # of all runs


def _one(folder: Path, data: Path, plan: Plan, *prompts: str) -> Played:
    """One session per prompt, all with the same plan."""
    with open_scene(folder, EXAMPLE, plan, data=data) as scene:
        return _played(scene, *(lambda prompt=prompt: scene.run(prompt) for prompt in prompts))


def _played(scene: Scene, *runs: Callable[[], Ran]) -> Played:
    before = files(scene.project, ".git")
    ran, seen = [], []
    for run in runs:
        ran.append(run())
        seen.append(files(scene.project, ".git", ".lock"))  # which names who held it last
    return Played(scene.project, tuple(ran), before, tuple(seen), list(scene.requests))


def passes_at_once(folder: Path, data: Path) -> Played:
    """TASK-008 passes; then every command is typed at the completed task."""
    commands = ("/task-run TASK-008", "/task-status", "/task-pause TASK-008", "/task-abort TASK-008")
    return _one(folder, data, Plan(), "/task-run TASK-008", *commands)


def fails_twice(folder: Path, data: Path) -> Played:
    """TASK-009 fails with named gaps in two iterations and passes in the third."""
    page = Gap("AC-4", "the page is silent", "documentation-writer")
    first = (Gap("AC-2", "an overdue loan is renewed", "api-developer"), page)
    second = (Gap("AC-1", "the due date stays", "assembly-line:development:api-developer"),)
    return _one(folder, data, Plan(verdicts=(first, second)), "/task-run TASK-009")


def never_passes(folder: Path, data: Path) -> Played:
    """TASK-014 never passes; then it is requested again."""
    plan = Plan(always=(Gap("*", "nothing of it is there", "nobody-known"),))
    return _one(folder, data, plan, "/task-run TASK-014", "/task-run TASK-014")


def complies_late(folder: Path, data: Path) -> Played:
    """TASK-011 fails its first compliance judgement."""
    lacking = Violation("missing_documentation", "the page is not described", "describe it")
    return _one(folder, data, Plan(compliance=((lacking,),)), "/task-run TASK-011")


def never_complies(folder: Path, data: Path) -> Played:
    """TASK-012 fails every compliance judgement."""
    lacking = Violation("missing_tests", "the migration is not tested", "test it", "blocking")
    return _one(folder, data, Plan(compliance=((lacking,),), never_compliant=True), "/task-run TASK-012")


def blocked_by_review(folder: Path, data: Path) -> Played:
    """TASK-010 passes at once, except for a blocking issue that one of two reviews keeps open."""
    issue = Issue("R-1", "a reservation is lost", "src/shelf/store.py", 12, "blocking", "backend-review")
    return _one(folder, data, Plan(issues=((issue,),)), "/task-run TASK-010")


def faulty_agents(folder: Path, data: Path) -> Played:
    """TASK-013 with agents that at first send malformed reports, get API errors, or say nothing."""
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
        built = "src/shelf/task_014_developer.py"
        return _played(
            scene,
            lambda: _killed(scene, "developer", lambda project: (project / built).exists(), "/task-run TASK-014"),
            lambda: _killed(scene, "validator", _counted("TASK-014", "command_ran", 2), "/task-run TASK-014"),
            lambda: scene.run("/task-run TASK-014"),
        )


def killed_between(folder: Path, data: Path) -> Played:
    """TASK-012: killed between two stations, during the summary, and in compliance, after which it is resumed."""
    slow = folder / "bin" / "git"
    slow.parent.mkdir(parents=True)
    slow.write_text('#!/bin/sh\nsleep 0.3\nPATH=${PATH#*:} exec git "$@"\n', encoding="utf-8")
    slow.chmod(0o755)
    sessions: list[str] = []

    def during_summary() -> Ran:
        scene.variables["PATH"] = f"{slow.parent}:{os.environ['PATH']}"
        ran = scene.run_until(_counted("TASK-012", "passed", 1), "/task-run TASK-012")
        del scene.variables["PATH"]
        return ran

    def in_compliance() -> Ran:
        asked = lambda project: any(str(item["whose"]).endswith("compliance") for item in scene.requests)  # noqa: E731
        ran = _killed(scene, "compliance", asked, "/task-run TASK-012")
        sessions.append(ran.session)
        return ran

    with open_scene(folder, EXAMPLE, Plan(), data=data) as scene:
        return _played(
            scene,
            lambda: _killed(scene, "relay", _counted("TASK-012", "reported", 2), "/task-run TASK-012", "d-0003"),
            during_summary,
            in_compliance,
            lambda: scene.run("continue", resume=sessions[0]),
        )


def _killed(scene: Scene, who: str, when: Callable[[Path], bool], prompt: str, call: str = "") -> Ran:
    """A run that is killed while the answer of `who` is delayed: its report, or its call of a dispatch."""
    usual = scene.script

    def waits(whose: str, reply: Reply) -> bool:
        return whose.endswith(who) and call in [tool.input.get("prompt") for tool in reply.tools] + [""] * (not call)

    scene.script = late(usual, lambda whose, reply: waits(whose, reply) and (bool(call) or not reply.tools))
    ran = scene.run_until(when, prompt)
    scene.script = usual
    return ran


def _counted(task: str, kind: str, number: int) -> Callable[[Path], bool]:
    return lambda project: told(project, task).count(f'"kind":"{kind}"') == number


def typed_by_a_person(folder: Path, data: Path) -> Played:
    """The interactive client: TASK-014 whole; then TASK-012, twice paused while an agent works."""
    with open_scene(folder, EXAMPLE, Plan(), data=data) as scene, scene.terminal() as terminal:
        before, usual = files(scene.project, ".git"), scene.script
        terminal.send("/task-run TASK-014")
        whole = terminal.wait_for(rf"TASK-014 completed: 4 of 4 criteria met{AT_REST}")
        slow = ("-developer", "code-reviewer")
        scene.script = late(usual, lambda whose, reply: not reply.tools and whose.endswith(slow), 2)
        terminal.send("/task-run TASK-012")
        _until(lambda: (scene.project / "src/shelf/task_012_database_developer.py").exists())
        terminal.send("/task-pause")
        terminal.wait_for("TASK-012 is paused")
        _until(lambda: _counted("TASK-012", "reported", 3)(scene.project))
        terminal.wait_for(rf"database-developer, iteration 1 \(T1\)\" finished{AT_REST}")
        at_rest = told(scene.project, "TASK-012")
        terminal.send("/task-status")
        paused = terminal.wait_for(r"TASK-014  completed")
        terminal.send("/task-run TASK-012")
        terminal.wait_for(r"code-reviewer is at work")
        terminal.send("/task-pause TASK-012")
        terminal.wait_for("code-reviewer is still at work")
        scene.script = usual
        terminal.send("/task-run TASK-012")
        ended = terminal.wait_for(r"TASK-012 completed: 5 of 5 criteria met")
        screens = {"whole": whole, "paused": paused, "ended": ended, "at_rest": at_rest}
        return Played(scene.project, (), before, (screens,), list(scene.requests))


def _until(holds: Callable[[], bool], seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def as_main_agent(folder: Path, data: Path) -> Played:
    """TASK-008 with the orchestrator as the main session's agent."""
    agent = (*UNATTENDED, "--agent", "assembly-line:orchestrator")
    with open_scene(folder, EXAMPLE, Plan(), data=data) as scene:
        return _played(scene, lambda: scene.run("/task-run TASK-008", *agent))


def as_nested_agent(folder: Path, data: Path) -> Played:
    """TASK-014 through an Agent call to the orchestrator, from a main session that does nothing else."""
    wanted = {"description": "Run it", "prompt": "Please run TASK-014.", "run_in_background": False}
    call = ToolCall("Agent", {"subagent_type": "assembly-line:orchestrator", **wanted})

    def main(body: Json) -> Reply:
        if relay.newest(body) is not None:
            return relay.answer(body)
        said = [item.text for item in conversation.received(body)]
        return Reply(f"Handed back: {said[-1]}") if conversation.calls(body) else Reply("", (call,))

    with open_scene(folder, EXAMPLE, Plan(), data=data) as scene:
        scene.script = script(Plan(), scene.ground, main)
        return _played(scene, lambda: scene.run("Run TASK-014 for me."))
