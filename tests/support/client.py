"""A client in miniature: it words events as the real one does, delivers them, and follows the newest directive."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from assembly_line import paths
from assembly_line.core.kinds import KINDS
from assembly_line.core.run import Run
from assembly_line.project import bundle
from assembly_line.storage import follow, snapshot
from assembly_line.storage.journal import Record
from assembly_line.storage.vault import Vault
from assembly_line.system import disk
from tests.support import delivery, transcripts
from tests.support.delivery import SESSION, Delivery, Said, decision, environment
from tests.support.project import write
from tests.support.reports import COMMAND, fenced, good

TASK = "TASK-008"

Payload = dict[str, Any]


class Client:
    """A session of a client whose model does what the newest directive says."""

    def __init__(
        self,
        root: Path,
        data: Path,
        session: str = SESSION,
        *,
        task: str = TASK,
        way: Callable[[Delivery], Said] = delivery.in_process,
    ) -> None:
        self.root, self.data, self.session, self.task, self.way = root, data, session, task, way
        self.pid = os.getpid()  # the client's process, for the lease
        self.relay = ""  # agent id of a nested relay
        self.directive: dict[str, Any] = {}
        self.call_id = self.agent_id = ""  # of the newest Agent call
        data.mkdir(parents=True, exist_ok=True)

    # Delivery.

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of a hook."""
        return {**environment(self.root, self.data, self.session, self.pid), **more}

    def delivery(self, payload: Payload | bytes, event: str = "", **more: str) -> Delivery:
        """An event as a hook gets it; bytes are delivered as they are."""
        data = payload if isinstance(payload, bytes) else json.dumps(payload, separators=(",", ":")).encode() + b"\n"
        name = event or payload["hook_event_name"]  # type: ignore[call-overload]
        return Delivery(name, data, self.environment(**more), str(self.root))

    def send(self, payload: Payload) -> Said:
        """Let a hook answer, without a fault, and take up the directive that it gives."""
        said = self.way(self.delivery(payload))
        assert (said.status, said.err) == (0, ""), (payload["hook_event_name"], said)
        if said.directive:
            self.directive = said.directive
            self.task = self.directive["task"]
        return said

    def fire(self, event: str, **members: Any) -> dict[str, Any]:
        """The answer to an event."""
        return self.send(self.payload(event, **members)).answer

    def fork(self, payload: Payload | bytes, event: str = "", first: Callable[[], None] | None = None) -> Said:
        """Deliver in a fork, whatever comes of it; `first` runs in it before the hook."""
        return delivery.forked(self.delivery(payload, event), first)()

    def spawn(self, payload: Payload | bytes, event: str = "", wrapper: Sequence[str] = (), **more: str) -> Said:
        """Deliver to a process, whatever comes of it."""
        return delivery.spawned(self.delivery(payload, event, **more), wrapper)()

    # Events as the client words them.

    @property
    def transcript(self) -> Path:
        return self.data / f"{self.session}.jsonl"

    def own(self, agent: str) -> Path:
        """The transcript of an agent; that of the session for its main thread."""
        return transcripts.of_agent(self.transcript, agent) if agent else self.transcript

    def payload(self, event: str, **members: Any) -> Payload:
        """An event; the transcript grows with every one, as it does there."""
        with self.transcript.open("a") as file:
            file.write(f'{{"event":"{event}"}}\n')
        head = {"session_id": self.session, "transcript_path": str(self.transcript), "cwd": str(self.root)}
        agent = {name: members[name] for name in ("agent_id", "agent_type") if name in members}
        return {**head, "permission_mode": "default", **agent, "hook_event_name": event, **members}

    def typed(self, name: str, arguments: str = "") -> Payload:
        """A person's command."""
        full = f"assembly-line:task-{name}"
        prompt = f"/{full} {arguments}"
        return self.payload("UserPromptExpansion", command_name=full, command_args=arguments, prompt=prompt)

    def due(self, **changes: Any) -> Payload:
        """The Agent call that the directive asks for, or a variation of its input."""
        self.call_id, self.agent_id = self._new("call"), self._new("agent")
        members = {"agent_id": self.relay} if self.relay else {}
        given = {**self.directive.get("input", {}), **changes}
        transcripts.called(self.own(self.relay), "Agent", given, self.call_id)
        return self.payload("PreToolUse", tool_name="Agent", tool_input=given, tool_use_id=self.call_id, **members)

    def started(self) -> Payload:
        """The start of the agent that was called."""
        kind = self.directive["input"]["subagent_type"]
        transcripts.started(self.transcript, self.agent_id, kind, self.call_id)
        return self.payload("SubagentStart", agent_id=self.agent_id, agent_type=kind)

    def ran(self, command: str = COMMAND, *, ok: bool = True, agent: str | None = None) -> Payload:
        """The end of a command that the agent at work ran."""
        members = {"tool_name": "Bash", "tool_input": {"command": command}, "tool_use_id": self._new("bash")}
        members["agent_id"] = self.agent if agent is None else agent
        self.used("Bash", members["tool_input"], str(members["agent_id"]), str(members["tool_use_id"]))
        if not ok:
            return self.payload("PostToolUseFailure", error="Exit code 1\n", **members)
        return self.payload("PostToolUse", tool_response={"stdout": "", "stderr": "", "interrupted": False}, **members)

    def used(self, tool: str, given: dict[str, Any], agent: str, call: str = "") -> None:
        """Note in an agent's transcript that it used a tool."""
        call = call or self._new(tool.lower())
        transcripts.called(self.own(agent), tool, given, call, str(self.root))
        transcripts.returned(self.own(agent), call)

    def stopped(self, message: str | None = None, agent: str | None = None, **members: Any) -> Payload:
        """The end of the agent at work, with a good report unless it says something else."""
        said = self.message() if message is None else message
        who = self.agent if agent is None else agent
        transcripts.said(self.own(who), said)
        return self.payload("SubagentStop", agent_id=who, agent_type="x", last_assistant_message=said, **members)

    def called(self, **members: Any) -> Payload:
        """The end of the Agent call."""
        response = {"status": "completed", "agentId": self.agent_id, "resolvedModel": "claude-haiku-5-5"}
        found = {"tool_name": "Agent", "tool_use_id": self.call_id, "tool_input": {}, "tool_response": response}
        relay = {"agent_id": self.relay} if self.relay else {}
        return self.payload("PostToolUse", **{**found, **relay, **members})

    def _new(self, what: str) -> str:
        """A name that the session has not used yet, and the same again where a project was put back."""
        size = self.transcript.stat().st_size if self.transcript.exists() else 0
        return f"{what}-{self.session}-{size}"

    # What a person and the model do.

    def command(self, name: str, arguments: str = "") -> dict[str, Any]:
        return self.send(self.typed(name, arguments)).answer

    def run(self, arguments: str | None = None) -> dict[str, Any]:
        """Type /task-run."""
        return self.command("run", self.task if arguments is None else arguments)

    def call(self, **changes: Any) -> dict[str, Any]:
        return self.send(self.due(**changes)).answer

    def begin(self) -> dict[str, Any]:
        return self.send(self.started()).answer

    def bash(self, command: str, ok: bool = True, agent: str | None = None) -> dict[str, Any]:
        return self.send(self.ran(command, ok=ok, agent=agent)).answer

    def end(self, message: str, agent: str | None = None, **members: Any) -> dict[str, Any]:
        return self.send(self.stopped(message, agent, **members)).answer

    def back(self, **members: Any) -> dict[str, Any]:
        return self.send(self.called(**members)).answer

    def dispatch(self) -> bool:
        """All of the station that is due but its report; False when its call is refused."""
        if decision(self.call()) != "allow":
            return False
        self.begin()
        self.labour()
        return True

    def labour(self) -> None:
        """What the agent at work leaves in the project, or runs."""
        kind = self.kind
        run = self.state()
        for path in bundle.owed(run.task, run.station(run.open.station)) if run.open is not None else ():
            write(self.root, path, "what the task needs\n")
        if kind == "development":
            write(self.root, f"src/{self.task}.py", f"ROUND = {self.state().iteration}\n")
        if kind in ("validation", "test"):
            self.bash(COMMAND)
        if kind == "compliance":
            self.used("Read", {"file_path": str(self.root / bundle.log_path(run.task))}, self.agent)

    def work(self, body: dict[str, Any] | None = None) -> "Client":
        """The whole turn of the station that is due, with good work unless a report's body is given."""
        if self.dispatch():
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
            write(self.root, f"{paths.bundle(self.task)}/{name}", f"# {name}\nwhat the task needs\n")

    def message(self, body: dict[str, Any] | None = None) -> str:
        """A last message with the report of the station at work."""
        kind = self.kind
        return fenced(KINDS[kind].report, good(self.state(), kind) if body is None else body)

    # How the run stands.

    @property
    def vault(self) -> Vault:
        return Vault(str(self.root), str(self.data))

    @property
    def journal(self) -> Path:
        return self.root / paths.journal(self.task)

    def state(self) -> Run:
        """The run: by the snapshot where it is current, else by the journal."""
        kept = snapshot.load(self.vault, self.task, disk.stamp(str(self.journal)))
        return kept[0] if kept else follow.peek(str(self.root), self.task)[0]

    def kinds(self) -> list[str]:
        """The kinds of all records of the task."""
        return [item.kind for item in self.records()]

    def records(self) -> list[Record]:
        """All records of the task."""
        return follow.peek(str(self.root), self.task)[1]

    @property
    def agent(self) -> str:
        """The agent at work; "" when there is none."""
        opened = self.state().open
        return opened.agent_id if opened else ""

    @property
    def kind(self) -> str:
        """The kind of the station at work."""
        run = self.state()
        assert run.open is not None
        return run.station(run.open.station).kind
