"""A client in miniature: it fires the hooks' handlers as the real one does and follows the newest directive."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from assembly_line import paths
from assembly_line.client import marker
from assembly_line.core.kinds import KINDS
from assembly_line.core.run import Run
from assembly_line.hook.main import handler
from assembly_line.project import bundle
from assembly_line.statefile import document
from assembly_line.storage import follow, snapshot
from assembly_line.storage.vault import Vault
from assembly_line.system import disk
from assembly_line.yamlio import writer

ROOT = Path(__file__).resolve().parents[2]
TASK = "TASK-008"
SESSION = "5e551011-0000-4000-8000-000000000001"
COMMAND = "python3 -m unittest -q"
CRITERIA = ("AC-1", "AC-2")
BLUEPRINT = """id: {task}
title: Keep loans in the store
type: database
description: Loans shall survive a restart.
acceptance_criteria:
  - A loan that was saved is read back with its due date
  - An unknown loan is refused with a message that names it
"""
SCRIPTS = {
    "SessionStart": "session_start",
    "UserPromptExpansion": "user_prompt_expansion",
    "UserPromptSubmit": "user_prompt_submit",
    "PreToolUse": "pre_tool_use",
    "PostToolUse": "post_tool_use",
    "PostToolUseFailure": "post_tool_use_failure",
    "SubagentStart": "subagent_start",
    "SubagentStop": "subagent_stop",
    "Stop": "stop",
    "StopFailure": "stop_failure",
    "SessionEnd": "session_end",
}
_DIRECTIVE = re.compile(r"```directive\n(.*?)\n```")
OTHER = "5e551011-0000-4000-8000-000000000002"
WORK_TOOLS = [
    ("Write", {"file_path": "src/app.py", "content": "x"}),
    ("Edit", {"file_path": "src/app.py", "old_string": "a", "new_string": "b"}),
    ("NotebookEdit", {"notebook_path": "x.ipynb"}),
    ("Bash", {"command": "ls"}),
    ("SendMessage", {"to": "a1", "message": "x"}),
    ("AskUserQuestion", {"questions": []}),
    ("Workflow", {"name": "x"}),
    ("Skill", {"skill": "x"}),
]


def project(root: Path, *tasks: str) -> Path:
    """A project with one blueprint for each task."""
    folder = root / "docs/planning/tasks"
    folder.mkdir(parents=True)
    for task in tasks or (TASK,):
        (folder / f"{task}.yaml").write_text(BLUEPRINT.format(task=task))
    (root / "src").mkdir()
    (root / "src/app.py").write_text("answer = 42\n")
    return root


def environment(root: Path, data: Path, session: str = SESSION) -> dict[str, str]:
    """What the client sets for a hook, on top of a clean environment."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(data),
        "CLAUDE_PLUGIN_DATA": str(data),
        "CLAUDE_PLUGIN_ROOT": str(ROOT),
        "CLAUDE_PROJECT_DIR": str(root),
        "CLAUDE_CODE_SESSION_ID": session,
        "CLAUDE_PID": str(os.getpid()),
    }


def launch(
    event: str, payload: bytes, variables: dict[str, str], **options: Any
) -> "subprocess.CompletedProcess[bytes]":
    """Run a hook's script as a process of its own, with the payload on stdin."""
    script = str(ROOT / "hooks" / f"{SCRIPTS[event]}.py")
    command = [sys.executable, "-I", script]
    return subprocess.run(
        command, input=payload, env=variables, capture_output=True, timeout=60, check=False, **options
    )


class Client:
    """A session of a client whose model does what the newest directive says."""

    def __init__(self, root: Path, data: Path, session: str = SESSION) -> None:
        self.root, self.data, self.session = root, data, session
        self.transcript = data / f"{session}.jsonl"
        self.directive: dict[str, Any] = {}
        self.answers: list[dict[str, Any]] = []
        self.count = 0
        self.call_id = ""
        self.prompt = ""
        self.relay = ""  # agent id of a nested relay

    def payload(self, event: str, **members: Any) -> dict[str, Any]:
        """What the client would send; the transcript grows with every event, as it does there."""
        with self.transcript.open("a") as file:
            file.write(f'{{"event":"{event}"}}\n')
        head = {"session_id": self.session, "transcript_path": str(self.transcript), "cwd": str(self.root)}
        return {**head, "hook_event_name": event, **members}

    def fire(self, event: str, **members: Any) -> dict[str, Any]:
        """Let a hook answer an event, and take up the directive that it gives."""
        return self.deliver(self.payload(event, **members))

    def deliver(self, payload: dict[str, Any]) -> dict[str, Any]:
        answer = handler(payload["hook_event_name"])(json.loads(json.dumps(payload)))
        self.answers.append(answer)
        found = _DIRECTIVE.findall(json.loads(json.dumps(said(answer))))
        if found:
            self.directive = json.loads(found[-1])
        return answer

    def command(self, name: str, arguments: str = "") -> dict[str, Any]:
        """A person types a command."""
        full = f"assembly-line:task-{name}"
        return self.fire(
            "UserPromptExpansion", command_name=full, command_args=arguments, prompt=f"/{full} {arguments}"
        )

    def run(self, arguments: str = TASK) -> dict[str, Any]:
        return self.command("run", arguments)

    # The line's agents.

    def call(self, **changes: Any) -> dict[str, Any]:
        """The Agent call that the directive asks for, or a variation of its input."""
        self.count += 1
        self.call_id = f"toolu_{self.count:04d}"
        given = {**self.directive.get("input", {}), **changes}
        members = {"agent_id": self.relay} if self.relay else {}
        answer = self.fire("PreToolUse", tool_name="Agent", tool_input=given, tool_use_id=self.call_id, **members)
        updated = answer.get("hookSpecificOutput", {}).get("updatedInput", {})
        self.prompt = updated.get("prompt", "")
        return answer

    @property
    def agent_id(self) -> str:
        return f"a{self.count:04d}"

    def begin(self) -> dict[str, Any]:
        """The agent that was called starts."""
        return self.fire("SubagentStart", agent_id=self.agent_id, agent_type=self.directive["input"]["subagent_type"])

    def bash(self, command: str, ok: bool = True, agent: str | None = None) -> dict[str, Any]:
        """A command that the agent at work runs."""
        self.count += 1
        members: dict[str, Any] = {"tool_name": "Bash", "tool_input": {"command": command}}
        members |= {"tool_use_id": f"bash_{self.count:04d}", "agent_id": self.agent if agent is None else agent}
        if ok:
            return self.fire("PostToolUse", tool_response={"stdout": "", "stderr": "", "interrupted": False}, **members)
        return self.fire("PostToolUseFailure", error="Exit code 1\n", **members)

    @property
    def agent(self) -> str:
        opened = self.state().open
        return opened.agent_id if opened else ""

    def end(self, message: str, agent: str | None = None, **members: Any) -> dict[str, Any]:
        """The agent at work ends with a message."""
        who = self.agent if agent is None else agent
        return self.fire("SubagentStop", agent_id=who, agent_type="x", last_assistant_message=message, **members)

    def back(self, **members: Any) -> dict[str, Any]:
        """The Agent call returns to the relay."""
        response = {"status": "completed", "agentId": "a", "resolvedModel": "claude-haiku-5-5"}
        relay = {"agent_id": self.relay} if self.relay else {}
        found = {
            "tool_name": "Agent",
            "tool_use_id": self.call_id,
            "tool_input": {},
            "tool_response": response,
            **relay,
        }
        return self.fire("PostToolUse", **{**found, **members})

    def work(self, body: dict[str, Any] | None = None) -> "Client":
        """The whole turn of the station that is due, with good work unless a report's body is given."""
        if decision(self.call()) != "allow":
            return self
        self.begin()
        kind = self.kind
        if kind == "bundling":
            self.write_bundle()
        if kind in ("validation", "test"):
            self.bash(COMMAND)
        self.end(self.message(body))
        self.back()
        return self

    def until(self, stage: str) -> "Client":
        """Good work until the run reaches a stage."""
        for _ in range(40):
            if self.state().stage == stage:
                return self
            self.work()
        raise AssertionError(f"{stage} is not reached; the run is in {self.state().stage}")

    def write_bundle(self) -> None:
        for name in bundle.CONTEXT:
            (self.root / paths.bundle(self.task) / name).write_text(f"# {name}\nwhat the task needs\n")

    @property
    def task(self) -> str:
        return str(self.directive["task"])

    @property
    def kind(self) -> str:
        run = self.state()
        assert run.open is not None
        return run.station(run.open.station).kind

    def message(self, body: dict[str, Any] | None = None) -> str:
        """A last message that ends with the report of the station at work."""
        kind = self.kind
        if body is None:
            body = {"validation": verdict(), "compliance": {"result": "PASS", "violations": []}}.get(kind, report(kind))
        return fenced(KINDS[kind].report, body)

    def state(self) -> Run:
        """The run as it stands: by the snapshot where it is current, else by the journal."""
        task = self.directive.get("task", TASK)
        kept = snapshot.load(
            Vault(str(self.root), str(self.data)), task, disk.stamp(str(self.root / paths.journal(task)))
        )
        return kept[0] if kept else follow.peek(str(self.root), task)[0]

    def kinds(self) -> list[str]:
        """The kinds of all records of the task."""
        return [item.kind for item in follow.peek(str(self.root), self.directive.get("task", TASK))[1]]


def said(answer: dict[str, Any]) -> str:
    """All that an answer tells the model."""
    special = answer.get("hookSpecificOutput", {})
    return "\n".join([answer.get("reason", ""), *(str(special.get(name, "")) for name in (
        "additionalContext",
        "permissionDecisionReason",
    ))])  # fmt: skip


def decision(answer: dict[str, Any]) -> str:
    """allow, deny, block or nothing."""
    special = answer.get("hookSpecificOutput", {})
    return str(answer.get("decision") or special.get("permissionDecision") or "")


def fenced(key: str, body: dict[str, Any]) -> str:
    return f"This is what I did.\n\n```yaml\n{writer.dump({key: body})}```"


def report(kind: str = "development", **members: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"status": "done", "summary": "done as asked"}
    if kind == "review":
        body["review"] = {"checks": [{"name": "names", "result": "pass"}], "issues": []}
    if kind == "test":
        counts = {"total": 3, "passed": 3, "failed": 0, "skipped": 0}
        body["tests"] = {"framework": "unittest", "command": COMMAND, **counts, "breakdown": {"unit": 3}}
    return {**body, **members}


def verdict(failed: dict[str, str] | None = None, **members: Any) -> dict[str, Any]:
    """A verdict in which the given criteria fail, each with its recommended agent."""
    criteria = []
    for name in CRITERIA:
        if failed and name in failed:
            gap = {"gap": f"{name} lacks", "recommended_agent": failed[name]}
            criteria.append({"id": name, "result": "FAIL", "evidence": "", **gap})
        else:
            criteria.append({"id": name, "result": "PASS", "evidence": "src/app.py:1"})
    runtime = {"status": "PASS", "commands": [{"command": COMMAND, "exit_code": 0}]}
    return {"result": "FAIL" if failed else "PASS", "criteria": criteria, "runtime_verification": runtime, **members}


def shown(client: Client) -> Any:
    """The task's entry of the state file."""
    return document.load(str(client.root), "docs/planning/.project-state.yaml")["tasks"][TASK]


def marked(client: Client, session: str = SESSION) -> tuple[str, str] | None:
    """What the session's marker says."""
    return marker.read(str(client.data), session)


def other(client: Client) -> Client:
    """Another session in the same project."""
    return Client(client.root, client.data, OTHER)
