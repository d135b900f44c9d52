"""A client whose hooks are started as the real one starts them, each timed in turn with bare Python."""

import json
import re
import statistics
from pathlib import Path
from typing import Any, NamedTuple

from assembly_line.rehearsal import stage
from benchmarks import sample
from tests.support.client import Client
from tests.support.delivery import ROOT, Delivery, Said
from tests.support.reports import COMMAND

EXAMPLE = ROOT / "examples"
TASK, MARKDOWN = "TASK-009", "TASK-008"
COMMANDS = 5  # Bash calls of every agent
NEAR = 5  # runs of bare Python before a hook and after it, with which it is compared
_HOOKS = json.loads((ROOT / "hooks/hooks.json").read_text("utf-8"))["hooks"]
_JUDGES = {"validation": " of the validator", "compliance": " of the compliance judge"}


class Timed(NamedTuple):
    """The hooks of one event, in milliseconds."""

    event: str
    ms: float
    bare: float  # what Python with nothing to do took just before; 0 when it was not started


class Line(Client):
    """A session in a copy of the examples; `beside` starts bare Python before every hook."""

    def __init__(self, folder: Path, environment: Path, *, task: str = TASK, beside: bool = False) -> None:
        super().__init__(stage.copy(EXAMPLE, folder / "project"), folder / "data", "bench", task=task, way=self._timed)
        stage.commit(self.root)
        for part in ("venv", "pycache"):
            (self.data / part).symlink_to(environment / part)
        self.transcript.write_text("".join(_spoken(number) for number in range(40)), encoding="utf-8")
        self.vault.key()  # which the first run on a machine makes
        self.timed: list[Timed] = []
        self.python = [str(environment / "venv/bin/python"), "-I", "-c", "pass"] if beside else []

    def _timed(self, delivery: Delivery) -> Said:
        payload = json.loads(delivery.data)
        total, out = 0.0, ""
        bare = sample.run(self.python, b"", delivery.variables, delivery.cwd).ms if self.python else 0.0
        for words in commands(payload):
            ran = sample.run(words, delivery.data, delivery.variables, delivery.cwd)
            if ran.code:
                return Said(ran.code, ran.out, "a hook failed")
            total, out = total + ran.ms, ran.out or out
        self.timed.append(Timed(self._name(payload), total, bare))
        return Said(0, out, "")

    def _name(self, payload: dict[str, Any]) -> str:
        tool = f"({payload['tool_name']})" if "tool_name" in payload else ""
        judge = _JUDGES.get(self.directive.get("stage", ""), "") if "Bash" not in tool else ""
        return f"{payload['hook_event_name']}{tool}{judge if 'agent_id' in payload or tool else ''}"

    @property
    def working(self) -> bool:
        """Whether another station is due."""
        return bool(self.directive["action"] == "dispatch")

    def station(self, body: dict[str, Any] | None = None) -> None:
        """The station that is due, whose agent makes some Bash calls."""
        self.call()
        self.begin()
        agent = self.agent
        for number in range(COMMANDS):
            call = {"tool_name": "Bash", "tool_input": {"command": COMMAND}, "tool_use_id": f"{self.call_id}-{number}"}
            self.fire("PreToolUse", agent_id=agent, **call)
            self.bash(COMMAND)
        self.labour()
        self.end(self.message(body))
        self.back()

    def to_the_end(self) -> None:
        """Every station that is left."""
        while self.working:
            self.station()


def commands(payload: dict[str, Any]) -> list[list[str]]:
    """What the client starts for an event, by the plugin's own hooks.json."""
    subject = payload.get("command_name", payload.get("tool_name", ""))
    return [
        ["/bin/sh", "-c", hook["command"]]
        for group in _HOOKS.get(payload["hook_event_name"], ())
        if re.fullmatch(group.get("matcher", ".*"), subject)
        for hook in group["hooks"]
    ]


def medians(timed: list[Timed]) -> dict[str, tuple[float, float]]:
    """For each event the median of its milliseconds, and of its ratios to the bare Python around it."""
    bare = [item.bare for item in timed]
    found: dict[str, list[tuple[float, float]]] = {}
    for place, item in enumerate(timed):
        around = statistics.median(bare[max(0, place - NEAR) : place + NEAR + 1])
        found.setdefault(item.event, []).append((item.ms, item.ms / around if around else 0.0))
    return {
        event: (statistics.median(ms for ms, _ in both), statistics.median(ratio for _, ratio in both))
        for event, both in found.items()
    }


def _spoken(number: int) -> str:
    """One line of a transcript, 3 KB, as the client writes it."""
    usage = {"input_tokens": 900, "cache_read_input_tokens": 30_000, "output_tokens": 250}
    content = [{"type": "text", "text": "work " * 550}]
    message = {"id": f"msg_{number}", "role": "assistant", "model": "scripted", "content": content, "usage": usage}
    return json.dumps({"type": "assistant", "uuid": f"u{number}", "message": message}) + "\n"
