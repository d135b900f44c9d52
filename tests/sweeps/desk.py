"""A throwaway project with a run in it, and the client's part: hook events, delivered by process or by fork."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from assembly_line import paths
from assembly_line.core.kinds import KINDS
from assembly_line.core.next_step import expected
from assembly_line.core.run import Run
from assembly_line.project import bundle
from assembly_line.storage import follow
from assembly_line.storage.vault import Vault
from tests.hooks.driver import SCRIPTS
from tests.sweeps import forks
from tests.sweeps.answers import COMMAND, Said, good

PLUGIN = Path(__file__).resolve().parents[2]
TASK = "TASK-031"
BLUEPRINT = """id: {task}
title: Count the words of a text
type: {type}
description: |
  Somebody wants to know how long a text is.
acceptance_criteria:
  - "`words(text)` gives the number of words"
  - "An empty text has no words"
"""
GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")

Payload = dict[str, Any]


class Desk:
    """A project, the plugin's data folder and a session, below one scratch folder."""

    def __init__(self, folder: Path, *, kind: str = "generic", git: bool = True, session: str = "s-1") -> None:
        self.folder = folder
        self.top = folder / "here"
        self.root = self.top / "project"
        self.data = self.top / "data"
        self.session = session
        self.task = TASK
        self.pid = os.getpid()  # the client's process, for the lease
        self.root.mkdir(parents=True)
        self.data.mkdir()
        self.write(f"docs/planning/tasks/{TASK}.yaml", BLUEPRINT.format(task=TASK, type=kind))
        (self.top / "transcript.jsonl").write_text("{}\n", "utf-8")
        self.write("words.py", "def words(text):\n    return len(text.split())\n")
        if git:
            self.git("init", "-q", "--template=", ".")
            self.git("add", "-A")
            self.git("commit", "-qm", "x")

    def write(self, relative: str, text: str) -> None:
        """Put a file into the project."""
        path = self.root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def git(self, *arguments: str) -> str:
        """What git prints in the project."""
        done = subprocess.run([*GIT, *arguments], cwd=self.root, capture_output=True, text=True, check=True)
        return done.stdout

    # What there is.

    def vault(self) -> Vault:
        """The data folder's part for the project."""
        return Vault(str(self.root), str(self.data))

    def run(self) -> Run:
        """The run as the journal tells it."""
        return follow.peek(str(self.root), self.task)[0]

    @property
    def journal(self) -> Path:
        """The task's journal."""
        return self.root / paths.journal(self.task)

    @property
    def state(self) -> Path:
        """The state file."""
        return self.root / paths.STATE_FILE

    def files(self) -> dict[str, bytes]:
        """Every file below the scratch folder's present part but git's own, by its path."""
        found = {}
        for path in sorted(self.top.rglob("*")):
            name = path.relative_to(self.top).as_posix()
            if path.is_file() and not path.is_symlink() and not name.startswith("project/.git/"):
                found[name] = path.read_bytes()
        return found

    # Keeping and going back.

    def keep(self, name: str) -> None:
        """Remember everything as it is now."""
        shutil.copytree(self.top, self.folder / name, symlinks=True)

    def back(self, name: str, *, warm: bool = True) -> None:
        """Make everything as it was; with `warm`, a harmless event lets the plugin see the files' new stamps."""
        shutil.rmtree(self.top)
        shutil.copytree(self.folder / name, self.top, symlinks=True)
        if warm and (self.data / "sessions" / self.session).exists():
            self.fork(self.event("SessionStart", source="compact"))

    # Events.

    def event(self, name: str, **members: Any) -> Payload:
        """An event's payload as the client words it."""
        return {
            "session_id": self.session,
            "transcript_path": str(self.top / "transcript.jsonl"),
            "cwd": str(self.root),
            "permission_mode": "default",
            **({"agent_id": members.pop("agent_id")} if "agent_id" in members else {}),
            "hook_event_name": name,
            **members,
        }

    def command(self, name: str, arguments: str = TASK) -> Payload:
        """A /task-* command as typed."""
        return self.event("UserPromptExpansion", command_name=f"assembly-line:task-{name}", command_args=arguments)

    def call(self, **changes: Any) -> Payload:
        """The Agent call that is due."""
        due = expected(self.run())
        assert due is not None, self.run().stage
        wanted = {"subagent_type": due.agent, "description": "x", "prompt": due.id}
        members = {"tool_name": "Agent", "tool_use_id": f"call-{due.id}", "tool_input": wanted}
        return self.event("PreToolUse", **{**members, **changes})

    def called(self) -> Payload:
        """The end of the last Agent call."""
        run = self.run()
        at = run.open or run.last
        assert at is not None
        wanted = {"subagent_type": at.agent, "description": "x", "prompt": at.id}
        response = {"status": "completed", "agentId": at.agent_id, "resolvedModel": "claude-haiku"}
        return self.event(
            "PostToolUse", tool_name="Agent", tool_use_id=at.call, tool_input=wanted, tool_response=response
        )

    def started(self) -> Payload:
        """The start of the agent of the open dispatch."""
        at = self.run().open
        assert at is not None
        return self.event("SubagentStart", agent_id=f"agent-{self.task}-{self.session}-{at.id}", agent_type=at.agent)

    def ran(self, command: str = COMMAND, name: str = "b1") -> Payload:
        """A Bash command of the agent at work that succeeded."""
        at = self.run().open
        assert at is not None
        members = {"tool_name": "Bash", "tool_use_id": name, "tool_input": {"command": command}}
        response = {"stdout": "OK", "interrupted": False}
        return self.event("PostToolUse", agent_id=at.agent_id, agent_type=at.agent, **members, tool_response=response)

    def stopped(self, body: dict[str, Any] | None = None) -> Payload:
        """The end of the agent of the open dispatch, with a good report or the given one."""
        run = self.run()
        at = run.open
        assert at is not None
        kind = run.station(at.station).kind
        key = KINDS[kind].report
        said = f"Done.\n\n```yaml\n{json.dumps({key: body or good(run, kind)})}\n```"
        return self.event(
            "SubagentStop",
            agent_id=at.agent_id,
            agent_type=at.agent,
            last_assistant_message=said,
            agent_transcript_path=str(self.top / "none.jsonl"),
        )

    # Delivery.

    def environment(self, **more: str) -> dict[str, str]:
        """The environment that the client gives its hooks."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("CLAUDE", "GIT_"))}
        return {
            **plain,
            "CLAUDE_PLUGIN_DATA": str(self.data),
            "CLAUDE_PLUGIN_ROOT": str(PLUGIN),
            "CLAUDE_PROJECT_DIR": str(self.root),
            "CLAUDE_CODE_SESSION_ID": self.session,
            "CLAUDE_PID": str(self.pid),
            **more,
        }

    def spawn(self, payload: Payload | bytes, event: str = "", *, wrapper: Sequence[str] = (), **more: Any) -> Said:
        """Deliver an event to its hook in a process of its own."""
        event = event or payload["hook_event_name"]  # type: ignore[call-overload]
        data = payload if isinstance(payload, bytes) else _line(payload)
        cache = f"pycache_prefix={self.folder / 'pycache'}"
        script = str(PLUGIN / "hooks" / f"{SCRIPTS[event]}.py")
        began = time.perf_counter()
        done = subprocess.run(
            [*wrapper, sys.executable, "-I", "-X", cache, script],
            input=data,
            capture_output=True,
            env=self.environment(),
            cwd=self.root,
            check=False,
            **more,
        )
        took = time.perf_counter() - began
        return Said(
            done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"), took
        )

    def fork(self, payload: Payload | bytes, event: str = "", *, first: Callable[[], None] | None = None) -> Said:
        """Deliver an event to its hook in a fork of this process, which costs a tenth; `first` runs in it before."""
        return self.forked(payload, event, first=first)()

    def forked(
        self, payload: Payload | bytes, event: str = "", *, first: Callable[[], None] | None = None
    ) -> Callable[[], Said]:
        """Begin a delivery by fork; the function that waits for its end."""
        event = event or payload["hook_event_name"]  # type: ignore[call-overload]
        data = payload if isinstance(payload, bytes) else _line(payload)
        return forks.begin(event, data, self.environment(), self.folder, str(self.root), first)

    # The whole client.

    def begin(self, arguments: str = TASK) -> Said:
        """Type /task-run."""
        return self.ok(self.command("run", arguments))

    def ok(self, payload: Payload) -> Said:
        """Deliver by fork; it must end with status 0 and without a word on standard error."""
        said = self.fork(payload)
        assert (said.status, said.err) == (0, ""), (payload["hook_event_name"], said)
        return said

    def dispatch(self) -> None:
        """Call and start the agent that is due; a bundler and a validator do their work."""
        self.ok(self.call())
        self.ok(self.started())
        run = self.run()
        assert run.open is not None
        kind = run.station(run.open.station).kind
        if kind == "bundling":
            for name in bundle.CONTEXT:
                self.write(f"{paths.bundle(self.task)}/{name}", "what there is\n")
        if kind in ("validation", "test"):
            self.ok(self.ran(name=f"bash-{run.open.id}"))

    def work(self, body: dict[str, Any] | None = None) -> None:
        """One dispatch from its call to its end."""
        self.dispatch()
        self.ok(self.stopped(body))
        self.ok(self.called())

    def until(self, stage: str) -> None:
        """Good work until the run is in a stage."""
        for _ in range(40):
            if self.run().stage == stage:
                return
            self.work()
        raise AssertionError(f"{stage} is not reached: {self.run().stage}")


def _line(payload: Payload) -> bytes:
    return json.dumps(payload, separators=(",", ":")).encode() + b"\n"
