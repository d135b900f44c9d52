"""A finished run for tests of the command line: the hooks' own handlers, driven in process without a client."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from assembly_line.hook import agents, commands, tools, turn
from assembly_line.storage.follow import peek

CRITERIA = ["The greeting names the person", "A missing name is an error"]
COMMAND = "python3 -m unittest -q"
_BLOCK = re.compile(r"```directive\n(.*?)\n```", re.DOTALL)


class Line:
    """One project with one session, in which tasks are driven by an obedient relay and scripted reports."""

    def __init__(self, root: Path, session: str = "session-1") -> None:
        self.root = root
        self.session = session
        self.calls = 0

    def blueprint(self, task: str) -> None:
        body = {"id": task, "title": f"Greet, {task}", "type": "python-generic", "acceptance_criteria": CRITERIA}
        path = self.root / "docs/planning/tasks" / f"{task}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(body), encoding="utf-8")

    def command(self, name: str, arguments: str) -> str:
        """What a typed command answers."""
        given = {"command_name": f"assembly-line:task-{name}", "command_args": arguments}
        answer = commands.expand(self._payload("UserPromptExpansion", **given))
        return str(answer.get("reason") or answer["hookSpecificOutput"]["additionalContext"])

    def drive(self, task: str, failing: int = 0, stations: int = 99) -> None:
        """Run a task: FAIL `failing` times, then PASS; stop after so many stations."""
        self.blueprint(task)
        said = self.command("run", task)
        for _ in range(stations):
            found = json.loads(_BLOCK.findall(said)[-1])
            if found["action"] != "dispatch":
                break
            said = self.station(task, found["input"], failing)
        turn.stop(self._payload("Stop"))

    def station(self, task: str, wanted: dict[str, Any], failing: int) -> str:
        """One Agent call from its gate to its result; what the relay is told after it."""
        self.calls += 1
        call, agent = f"toolu_{self.session}_{self.calls}", f"a{self.session}{self.calls}"
        name = wanted["subagent_type"]
        given = {"tool_name": "Agent", "tool_use_id": call, "tool_input": wanted}
        tools.before(self._payload("PreToolUse", **given))
        agents.started(self._payload("SubagentStart", agent_id=agent, agent_type=name))
        run = peek(str(self.root), task)[0]
        assert run.open is not None
        kind = run.station(run.open.station).kind
        if kind in ("test", "validation"):
            bash = {"tool_name": "Bash", "tool_use_id": f"{call}b", "tool_input": {"command": COMMAND}}
            tools.after(self._payload("PostToolUse", agent_id=agent, **bash, tool_response={"stdout": "OK"}))
        if kind == "bundling":
            for part in ("architecture", "security", "code_context", "dependencies"):
                (self.root / ".task_bundles" / task / f"bundle_{part}.md").write_text("known\n", encoding="utf-8")
        if kind == "development":
            (self.root / "src").mkdir(exist_ok=True)
            (self.root / "src" / f"{task}.py").write_text(f"ROUND = {run.iteration}\n", encoding="utf-8")
        message = _message(kind, passing=run.iteration > failing)
        agents.stopped(self._payload("SubagentStop", agent_id=agent, agent_type=name, last_assistant_message=message))
        response = {"status": "completed", "resolvedModel": f"claude-{run.open.model}-5"}
        answer = tools.after(self._payload("PostToolUse", **given, tool_response=response))
        return str(answer["hookSpecificOutput"]["additionalContext"])

    def _payload(self, event: str, **members: Any) -> dict[str, Any]:
        return {"session_id": self.session, "cwd": str(self.root), "hook_event_name": event, **members}


def _message(kind: str, passing: bool) -> str:
    report: dict[str, Any] = {"status": "done", "summary": f"The {kind} station did its work."}
    key = "report"
    if kind == "test":
        report["tests"] = {
            "framework": "unittest",
            "command": COMMAND,
            "total": 2,
            "passed": 2,
            "failed": 0,
            "skipped": 0,
        }
    if kind == "review":
        report["review"] = {"checks": [{"name": "correctness", "result": "pass"}], "issues": []}
    if kind == "validation":
        key = "verdict"
        first = {"id": "AC-1", "result": "PASS", "evidence": "src: line 1"}
        last = {"id": "AC-2", "result": "PASS" if passing else "FAIL", "evidence": "src: line 1"}
        if not passing:
            last["gap"] = "no error yet"
        runtime = {"status": "PASS", "commands": [{"command": COMMAND, "exit_code": 0}]}
        result = "PASS" if passing else "FAIL"
        report = {"result": result, "criteria": [first, last], "runtime_verification": runtime}
    if kind == "compliance":
        key, report = "compliance", {"result": "PASS", "violations": []}
    return f"Done.\n\n```yaml\n{yaml.safe_dump({key: report}, sort_keys=False)}```"


@contextmanager
def project(folder: Path) -> Iterator[Line]:
    """A project in a git repository with one commit, with a plugin data folder of its own."""
    root, data = folder / "project", folder / "data"
    root.mkdir(parents=True)
    (root / "README.md").write_text("A project.\n", encoding="utf-8")
    git(root, "init", "-q", "-b", "main")
    commit(root, "Start")
    before = {name: os.environ.get(name) for name in ("CLAUDE_PLUGIN_DATA", "CLAUDE_PROJECT_DIR")}
    os.environ |= {"CLAUDE_PLUGIN_DATA": str(data), "CLAUDE_PROJECT_DIR": str(root)}
    try:
        yield Line(root)
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value


def git(root: Path, *words: str) -> str:
    who = ("-c", "user.name=tester", "-c", "user.email=tester@localhost", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", "-C", str(root), *who, *words], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def commit(root: Path, message: str) -> str:
    """Commit everything; the commit's id."""
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", message)
    return git(root, "rev-parse", "HEAD")
