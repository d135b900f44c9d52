"""A run driven in memory: the pure engine with every outside step answered as the disk would answer it."""

import json
from typing import Any

from assembly_line.core import decide, ends, machine
from assembly_line.core.audit import findings
from assembly_line.core.blueprint import Criterion
from assembly_line.core.decide import Call, Decision
from assembly_line.core.ends import Ending
from assembly_line.core.evolve import evolve
from assembly_line.core.next_step import (
    AUDIT,
    CLOSE,
    CREATE_BUNDLE,
    PREPARE_AGENTS,
    WRITE_SUMMARY,
    advance,
    after_audit,
    expected,
    revalidation,
)
from assembly_line.core.run import RULES, Command, Event, Run, Station
from assembly_line.core.settings import Settings
from assembly_line.core.timeline import Entry, tell

STATIONS = (
    Station("bundler", "bundler", "line:bundler", "bundling"),
    Station("designer", "designer", "line:designer", "design"),
    Station("api-developer", "api-developer", "line:dev:api-developer", "development"),
    Station("developer", "developer", "line:dev:developer", "development", default=True),
    Station("reviewer", "code-reviewer", "line:reviewer", "review", "opus"),
    Station("tester", "test-writer", "line:tester", "test"),
    Station("writer", "documentation-writer", "line:writer", "documentation"),
    Station("validator", "requirements-validator", "line:validator", "validation"),
    Station("compliance", "workflow-compliance", "line:compliance", "compliance"),
)
WORK = ("designer", "api-developer", "developer", "reviewer", "tester", "writer")
CRITERIA = ("AC-1", "AC-2", "AC-3")
LIMIT = 60  # steps that a run may take by itself after one signal
COMMAND = "python3 -m unittest -q"
RAN = Command(COMMAND, True, 0)


def start_event(task: str = "TASK-008", **settings: Any) -> Event:
    """The event that begins a run with these settings."""
    data = {
        "task": task,
        "title": "Tell which loans are overdue",
        "type": "backend",
        "workflow": "api-development",
        "track": "",
        "description": "What is it about",
        "blueprint": f"docs/planning/tasks/{task}.yaml",
        "blueprint_sha": "0" * 64,
        "state_file": "docs/planning/.project-state.yaml",
        "baseline": "git:" + "0" * 40,
        "criteria": tuple(Criterion(name, f"outcome {name}") for name in CRITERIA),
        "stations": STATIONS,
        "skipped": [],
        "settings": Settings(**settings)._asdict(),
        "rules": RULES,
    }
    return Event("run_started", data)


def through_json(event: Event) -> Event:
    """The event as the journal gives it back."""
    return Event(event.kind, json.loads(json.dumps(event.data)), event.key)


class Line:
    """A run and its records; `tree` is the state of the sources, `found` what the audit outside the core says."""

    def __init__(self, **settings: Any) -> None:
        self.run = Run()
        self.records: list[tuple[Event, str]] = []
        self.tree = "git:1"
        self.found: tuple[dict[str, str], ...] = ()
        self.calls = 0
        self.settings = settings

    def begin(self) -> "Line":
        """Start the run and take the first steps."""
        self.record(start_event(**self.settings), Event("lease_taken", {"session": "s", "relay": ""}))
        return self.drive()

    def record(self, *events: Event) -> None:
        for event in events:
            number = len(self.records)
            ts = f"2026-11-20T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}.000Z"
            self.run = evolve(self.run, event, ts)
            self.records.append((event, ts))

    def take(self, decision: Decision) -> Decision:
        self.record(*decision.events)
        self.drive()
        return decision

    def drive(self) -> "Line":
        """Take every step that waits for nobody; an endless chain of steps is a failure."""
        for _ in range(LIMIT):
            step = advance(self.run)
            if step is None:
                return self
            self.record(step if isinstance(step, Event) else self._outside(step))
        raise AssertionError(f"no end of steps in stage {self.run.stage}")

    def _outside(self, step: str) -> Event:
        if step == CREATE_BUNDLE:
            return Event("bundle_created", {"path": ".task_bundles/x"})
        if step == PREPARE_AGENTS:
            return Event("agents_ready", {"agents": {}, "skipped": []})
        if step == WRITE_SUMMARY:
            if self.tree != self.run.verdict_tree:
                return revalidation(self.run)
            return Event("summary_written", {"path": "docs/tasks/x-summary.md", "sha256": "1" * 64})
        if step == AUDIT:
            told = self.entries()
            return after_audit(self.run, (*findings(self.run, tell(told), told), *self.found), self.tree)
        assert step == CLOSE
        return Event("closed", {})

    def entries(self) -> tuple[Entry, ...]:
        """The records of the present run, as the journal gives them back."""
        begins = [number for number, (event, _) in enumerate(self.records) if event.kind == "run_started"]
        return tuple(Entry(ts, event.kind, through_json(event).data) for event, ts in self.records[begins[-1] :])

    # Signals.

    def call(self, **changes: Any) -> Decision:
        """The Agent call that the directive names, or a variation of it."""
        due = expected(self.run)
        self.calls += 1
        fields = {
            "id": f"call-{self.calls}",
            "agent": due.agent if due else "line:dev:developer",
            "prompt": due.id if due else "d-9999",
            "model": "",
            "caller": "",
        }
        return self.take(decide.dispatch(self.run, Call(**{**fields, **changes}), self.tree))

    def bind(self) -> Decision:
        assert self.run.open is not None
        return self.take(decide.agent_started(self.run, f"agent-{self.run.open.id}", self.run.open.agent))

    def ending(self, report: dict[str, Any], errors: tuple[str, ...] = (), **changes: Any) -> Ending:
        assert self.run.open is not None
        before, tree = self.run.open.tree, changes.get("tree", self.tree)
        fields = {
            "agent_id": f"agent-{self.run.open.id}",
            "changed": ("a.py",) if before and before != tree else (),
            "report": report,
            "errors": errors,
            "key": f"end-{len(self.records)}",
            "tree": self.tree,
            "served": "claude-haiku",
            "tokens": {"input": 10, "output": 1},
        }
        return Ending(**{**fields, **changes})

    def end(self, report: dict[str, Any], errors: tuple[str, ...] = (), **changes: Any) -> Decision:
        return self.take(ends.ended(self.run, self.ending(report, errors, **changes)))

    def die(self, reason: str = "agent") -> Decision:
        return self.take(ends.died(self.run, "the agent ended without a report", reason))

    def human(self, kind: str) -> None:
        """A person pauses, aborts or resumes."""
        self.record(Event(kind, {"reason": "human", "message": f"{kind} by a command in session s1"}))
        self.drive()

    # A station's whole turn.

    def work(self, report: dict[str, Any] | None = None) -> "Line":
        """Call, start and end the station that is due, with a good report unless another is given."""
        if self.call().refusal:  # a budget is used up
            return self
        self.bind()
        if self.run.open is not None and self.kind == "validation":
            self.take(decide.command_ran(self.run, self.run.open.agent_id, RAN, f"bash-{len(self.records)}"))
        self.end(report if report is not None else self.good())
        return self

    @property
    def kind(self) -> str:
        assert self.run.open is not None
        return self.run.station(self.run.open.station).kind

    def good(self) -> dict[str, Any]:
        return {"validation": verdict(), "compliance": {"result": "PASS", "violations": []}}.get(self.kind, done())

    def until(self, stage: str) -> "Line":
        """Good work until the stage is reached."""
        for _ in range(LIMIT):
            if self.run.stage == stage:
                return self
            self.work()
        raise AssertionError(f"{stage} is not reached; the run is in {self.run.stage}")


def done(**members: Any) -> dict[str, Any]:
    return {"status": "done", "summary": "done as asked", **members}


def review(*issues: dict[str, Any]) -> dict[str, Any]:
    return done(review={"checks": [{"name": "names", "result": "pass"}], "issues": list(issues)})


def issue(name: str = "R-1", severity: str = "blocking", status: str = "open") -> dict[str, Any]:
    return {"id": name, "severity": severity, "title": "off by one", "file": "a.py", "line": 3, "status": status}


def verdict(failed: dict[str, str] | None = None, runtime: str = "PASS", **members: Any) -> dict[str, Any]:
    """A verdict in which the given criteria fail, each with its recommended agent."""
    failed = failed or {}
    criteria: list[dict[str, Any]] = []
    for name in CRITERIA:
        if name in failed:
            gap = {
                "id": name,
                "result": "FAIL",
                "evidence": "",
                "gap": f"{name} lacks",
                "recommended_agent": failed[name],
            }
            criteria.append(gap)
        else:
            criteria.append({"id": name, "result": "PASS", "evidence": "a.py:1"})
    checked: dict[str, Any] = {"status": runtime, "reason": "nothing to run"}
    if runtime == "PASS":
        checked["commands"] = [{"command": COMMAND, "exit_code": 0}]
    result = "FAIL" if failed or runtime == "FAIL" else "PASS"
    return {"result": result, "criteria": criteria, "runtime_verification": checked, **members}


def violation(category: str = "other", item: str = "an item") -> dict[str, str]:
    return {"category": category, "severity": "blocking", "item": item, "action": "mend it"}


def is_settled(run: Run) -> bool:
    """Whether somebody is due or at work, or the run is over or held: it cannot be stuck."""
    return run.stage not in machine.ACTIVE or run.open is not None or expected(run) is not None


def fold(events, run=None):
    """The run after all events, each with its time."""
    run = run or Run()
    for event, ts in events:
        run = evolve(run, event, ts)
    return run
