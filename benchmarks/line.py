"""A run driven by hook processes alone: the client's events in their order, with reports as agents would give them."""

import itertools
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from assembly_line.rehearsal import artefacts, reports, stage
from assembly_line.rehearsal import brief as briefs
from assembly_line.rehearsal.brief import Brief
from assembly_line.rehearsal.conversation import Result
from assembly_line.rehearsal.plan import Plan, gaps
from benchmarks import plugin as plugins
from benchmarks.plugin import Fired, Json, Plugin

TASK, MARKDOWN = "TASK-009", "TASK-008"
COMMANDS = 5  # Bash calls of every agent
_DIRECTIVE = re.compile(r"```directive\n(.*?)\n```", re.DOTALL)
_KINDS = {"requirements-validator": "validator", "workflow-compliance": "compliance", "test-writer": "test"}


class Timed(NamedTuple):
    """One hook process: its event, at whose work, and how long."""

    event: str
    kind: str  # work, test, validator or compliance; "" outside a station
    station: str
    ms: float
    cpu: float  # milliseconds of processor time


class Line:
    """A scratch project whose session is played by this class."""

    def __init__(self, plugin: Plugin, folder: Path, environment: Path, example: Path) -> None:
        self.plugin = plugin
        self.project = stage.copy(example, folder / "project")
        stage.commit(self.project)
        self.data = folder / "data"
        if not self.data.exists():
            self.data.mkdir(parents=True)
            for part in ("venv", "pycache"):
                (self.data / part).symlink_to(environment / part)
        self.ground = artefacts.survey(self.project)
        self.variables = plugins.environment(plugin, self.data, self.project, "bench-session")
        self.transcript = folder / "transcript.jsonl"
        self.transcript.write_text("".join(_spoken(number) for number in range(40)), encoding="utf-8")
        self.directive: Json = {}
        self.before: Callable[[], object] = dict  # what is measured in turn with every hook
        self._calls = itertools.count(1)

    def payload(self, event: str, **members: object) -> Json:
        """What the client says of an event; `agent` stands for agent_id and agent_type."""
        agent = members.pop("agent", None)
        own = {"agent_id": agent[0], "agent_type": agent[1]} if isinstance(agent, tuple) else {}
        head = {
            "session_id": "bench-session",
            "transcript_path": str(self.transcript),
            "cwd": str(self.project),
            "prompt_id": "p-1",
            "permission_mode": "acceptEdits",
        }
        return {**head, **own, "hook_event_name": event, **members}

    def fire(self, event: str, **members: object) -> Fired:
        """Start the event's hooks; RuntimeError when one fails."""
        self.before()
        fired = plugins.fire(self.plugin, self.payload(event, **members), self.variables)
        if fired.failed:
            raise RuntimeError(f"{event}: {fired.failed} hooks failed: {members}")
        return fired

    def begin(self, options: str = "", task: str = TASK) -> Timed:
        """Type /task-run; its hook."""
        with self.transcript.open("a", encoding="utf-8") as file:  # by its length a command is told from its repetition
            file.write(_spoken(next(self._calls)))
        name = f"{self.plugin.name}:task-run"
        fired = self.fire("UserPromptExpansion", command_name=name, command_args=f"{task} {options}".strip())
        self._heard(fired.answer)
        return Timed("UserPromptExpansion", "", "", fired.ms, fired.cpu)

    @property
    def working(self) -> bool:
        """Whether another station is due."""
        return bool(self.directive.get("action") == "dispatch")

    def station(self, plan: Plan | None = None) -> list[Timed]:
        """Work the station that is due: every hook of it, in the client's order."""
        given = self.directive["input"]
        call = f"toolu_{time.time_ns()}"
        asked = self.fire("PreToolUse", tool_name="Agent", tool_input=given, tool_use_id=call)
        updated = asked.answer["hookSpecificOutput"]["updatedInput"]
        brief = briefs.read(updated["prompt"])
        agent = (f"a{time.time_ns():x}", given["subagent_type"])
        kind = _KINDS.get(brief.role, "work")
        found = [Timed("PreToolUse(Agent)", kind, brief.station, asked.ms, asked.cpu)]
        begun = self.fire("SubagentStart", agent=agent)
        found.append(Timed("SubagentStart", kind, brief.station, begun.ms, begun.cpu))
        command = artefacts.suite(self.ground)
        for _ in range(COMMANDS):
            found += [Timed(event, kind, brief.station, ran.ms, ran.cpu) for event, ran in self._bash(agent, command)]
        self._write(brief)
        said = self._report(brief, command, plan or Plan())
        ended = self.fire(
            "SubagentStop", agent=agent, last_assistant_message=said, agent_transcript_path=str(self.transcript)
        )
        if ended.answer:
            raise RuntimeError(f"{brief.station}: {ended.answer}")
        found.append(Timed("SubagentStop", kind, brief.station, ended.ms, ended.cpu))
        response = {"status": "completed", "agentId": agent[0], "resolvedModel": updated["model"], "content": said}
        back = self.fire("PostToolUse", tool_name="Agent", tool_input=updated, tool_use_id=call, tool_response=response)
        self._heard(back.answer)
        found.append(Timed("PostToolUse(Agent)", kind, brief.station, back.ms, back.cpu))
        return found

    def stations(self, plan: Plan | None = None) -> Iterator[list[Timed]]:
        """Work every station until the run ends."""
        while self.working:
            yield self.station(plan)

    def _bash(self, agent: tuple[str, str], command: str) -> Iterator[tuple[str, Fired]]:
        call = {"tool_name": "Bash", "tool_input": {"command": command}, "tool_use_id": f"b{next(self._calls)}"}
        yield "PreToolUse(Bash)", self.fire("PreToolUse", agent=agent, **call)
        response = {"stdout": "Ran 9 tests in 0.004s\n\nOK", "stderr": "", "interrupted": False}
        yield "PostToolUse(Bash)", self.fire("PostToolUse", agent=agent, **call, tool_response=response)

    def _write(self, brief: Brief) -> None:
        if brief.role == "bundler":
            folder = self.project / brief.bundle
            for name in artefacts.BUNDLE:
                (folder / f"bundle_{name}.md").write_text(
                    artefacts.bundle_file(name, self.ground, brief), encoding="utf-8"
                )
        elif brief.role.endswith("-developer"):
            path = self.project / artefacts.module_path(self.ground, brief)
            path.write_text(artefacts.module(brief), encoding="utf-8")

    def _report(self, brief: Brief, command: str, plan: Plan) -> str:
        ran = Result("Ran 9 tests in 0.004s\n\nOK", False)
        if brief.role == "requirements-validator":
            return reports.verdict(brief, self.ground, gaps(plan, brief.iteration), ((command, ran),))
        if brief.role == "workflow-compliance":
            return reports.compliance(())
        if brief.role == "test-writer":
            return reports.testing(brief, command, ran)
        if brief.role in ("code-reviewer", "security-auditor"):
            return reports.review(brief, ())
        return reports.work(f"Did the work of {brief.station}.")

    def _heard(self, answer: Json) -> None:
        match = _DIRECTIVE.search(answer.get("hookSpecificOutput", {}).get("additionalContext", ""))
        if match is None:
            raise RuntimeError(f"no directive in {json.dumps(answer)[:300]}")
        self.directive = json.loads(match[1])


def _spoken(number: int) -> str:
    """One line of an agent's transcript, 3 KB, as the client writes it."""
    usage = {"input_tokens": 900, "cache_read_input_tokens": 30_000, "output_tokens": 250}
    content = [{"type": "text", "text": "work " * 550}]
    message = {"id": f"msg_{number}", "role": "assistant", "model": "scripted", "content": content, "usage": usage}
    return json.dumps({"type": "assistant", "uuid": f"u{number}", "message": message}) + "\n"
