"""A scripted model that misbehaves: it plays tricks before its honest steps and notes their results."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from assembly_line.rehearsal import conversation, relay
from assembly_line.rehearsal.cast import script
from assembly_line.rehearsal.conversation import Result
from assembly_line.rehearsal.plan import Plan
from assembly_line.rehearsal.server import Script
from assembly_line.rehearsal.wire import Json, Reply, ToolCall
from tests.support.harness import Scene
from tests.support.reading import STATE, told

TASK = "TASK-031"


class Trick(NamedTuple):
    """One misstep: its name, and the answer to a request; None means that it only acts on the side."""

    name: str
    answer: Callable[[Json], Reply | None]


class After(NamedTuple):
    """The task at the model's next request after a trick."""

    status: str  # the task's status in the state file, "" when there is none
    completed: bool  # whether the journal records a completion
    results: tuple[Result, ...]  # of the trick's tool calls

    @property
    def refused(self) -> bool:
        """Whether every tool call of the trick was refused."""
        return bool(self.results) and all(item.is_error for item in self.results)


Tricks = Mapping[str, Sequence[Trick]]


def says(name: str, text: str) -> Trick:
    """A trick that ends a turn, or an agent's work, with a text."""
    return Trick(name, lambda body: Reply(text))


def calls(name: str, *tools: ToolCall) -> Trick:
    """A trick that calls tools, all in one message."""
    return Trick(name, lambda body: Reply("", tools))


def does(name: str, deed: Callable[[], object]) -> Trick:
    """Something that another program does at this moment."""

    def answer(body: Json) -> None:
        deed()

    return Trick(name, answer)


def bash(command: str) -> ToolCall:
    return ToolCall("Bash", {"command": command, "description": "Work"})


def write(path: str, content: str) -> ToolCall:
    return ToolCall("Write", {"file_path": path, "content": content})


def agent(kind: str, prompt: str, **more: object) -> ToolCall:
    return ToolCall("Agent", {"subagent_type": kind, "description": "Work", "prompt": prompt, **more})


class Mischief:
    """A scene's script with tricks; `after` has the result of each trick by name.

    Tricks of the relay are keyed by the dispatch that the newest directive names, or by its action; those of an agent
    by `d-0003 begins`, before its work, and `d-0003 ends`, between its work and its report. Other conversations of the
    main session are keyed by their prompt, in `elsewhere`.
    """

    def __init__(self, scene: Scene, plan: Plan, tricks: Tricks, elsewhere: Tricks | None = None) -> None:
        self.project: Path = scene.project
        self.after: dict[str, After] = {}
        self._left = {key: list(row) for key, row in tricks.items()}
        self._elsewhere = {key: list(row) for key, row in (elsewhere or {}).items()}
        self._open: dict[str, tuple[str, int]] = {}  # by conversation: the last trick, and the index of its message
        self._kept: dict[str, Reply] = {}  # by dispatch: the honest report
        self._lock = threading.Lock()
        self._honest: Script = script(plan, scene.ground, self._relayed)

    def __call__(self, body: Json) -> Reply:
        if conversation.is_side(body):
            return self._honest(body)
        whose = conversation.label(body)
        with self._lock:
            self._look(whose, body)
        dispatch = whose.partition(" ")[0]
        if dispatch == "relay":
            return self._honest(body)
        trick = self._next(whose, f"{dispatch} begins", body)
        if trick is not None:
            return trick
        reply = self._kept.get(dispatch) or self._honest(body)
        if reply.tools or not self._left.get(f"{dispatch} ends"):
            return reply
        self._kept[dispatch] = reply
        return self._next(whose, f"{dispatch} ends", body) or reply

    def add(self, key: str, row: Sequence[Trick]) -> None:
        """Add tricks, which may depend on the results of earlier ones."""
        self._left.setdefault(key, []).extend(row)

    @property
    def left(self) -> list[str]:
        """The tricks that were never played."""
        return [trick.name for row in (*self._left.values(), *self._elsewhere.values()) for trick in row]

    def _relayed(self, body: Json) -> Reply:
        texts = [item.text for item in conversation.received(body)]
        for word, row in self._elsewhere.items():
            if any(text.strip() == word for text in texts):
                return self._play("relay", row, body) or Reply(f"{word}: done.")
        found = relay.newest(body)
        if found is None:
            return self._next("relay", "nothing", body) or relay.answer(body)
        turn, directive = found
        key = str(directive.get("dispatch") or directive.get("action"))
        return self._next("relay", key, body) or _obey(body, turn, directive)

    def _next(self, whose: str, key: str, body: Json) -> Reply | None:
        return self._play(whose, self._left.get(key, []), body)

    def _play(self, whose: str, row: list[Trick], body: Json) -> Reply | None:
        while row:
            trick = row.pop(0)
            reply = trick.answer(body)
            if reply is not None:
                self._open[whose] = (trick.name, len(body["messages"]) - 1)
                return reply
            self.after[trick.name] = self._now(())
        return None

    def _look(self, whose: str, body: Json) -> None:
        """Note the result of the last trick in this conversation."""
        if whose in self._open:
            name, turn = self._open.pop(whose)
            results = conversation.results(body, turn)
            self.after[name] = self._now(tuple(results[0]) if results else ())
        if whose == "relay":  # all agents have ended
            for name, _ in self._open.values():
                self.after[name] = self._now(())
            self._open.clear()

    def _now(self, results: tuple[Result, ...]) -> After:
        return After(status(self.project), '"kind":"completed"' in told(self.project, TASK), results)


def status(project: Path) -> str:
    """The task's status in the state file; "" when it has none or cannot be read."""
    try:
        found = yaml.safe_load((project / STATE).read_text(encoding="utf-8"))
        return str(found["tasks"][TASK]["status"])
    except (OSError, KeyError, TypeError, yaml.YAMLError):
        return ""


def _obey(body: Json, turn: int, directive: Json) -> Reply:
    """The honest step, even after refused calls that brought no newer directive."""
    if directive.get("action") != "dispatch":
        return relay.answer(body)
    wanted = directive["input"]
    if any(at > turn and block["input"].get("prompt") == wanted["prompt"] for at, block in conversation.calls(body)):
        return relay.answer(body)
    return Reply("", (ToolCall(directive["tool"], dict(wanted)),))


def shown(body: Json) -> str:
    """A request as one text."""
    return json.dumps(body, ensure_ascii=False)
