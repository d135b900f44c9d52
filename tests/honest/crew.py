"""A scripted crew: a table says what an agent does in a dispatch of its station; everything else the good crew does."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import yaml

from assembly_line.rehearsal import conversation, relay, reports
from assembly_line.rehearsal.cast import script
from assembly_line.rehearsal.conversation import Result
from assembly_line.rehearsal.plan import Plan
from assembly_line.rehearsal.server import Script
from assembly_line.rehearsal.wire import Json, Reply, ToolCall
from tests.support.harness import Scene

GOOD = Plan()  # everything passes at once


class Says(NamedTuple):
    """A last message: a text, or what becomes of the good crew's."""

    text: str | Callable[[str], str]


class Own(NamedTuple):
    """All that the good crew does in this dispatch, up to its report."""


OWN = Own()
Step = ToolCall | Says | Own | Callable[[], object]  # a callable is what somebody else does at this moment
Turns = Mapping[str, Sequence[Sequence[Step]]]  # by station: the steps of its first dispatch, of its second, ...


def bash(command: str) -> ToolCall:
    return ToolCall("Bash", {"command": command, "description": "Work"})


def write(path: str, content: str) -> ToolCall:
    return ToolCall("Write", {"file_path": path, "content": content})


def edit(path: str, old: str, new: str) -> ToolCall:
    return ToolCall("Edit", {"file_path": path, "old_string": old, "new_string": new})


def says(text: str | Callable[[str], str]) -> Says:
    return Says(text)


def reports_that(change: Callable[[dict[str, Any]], object]) -> Says:
    """The good crew's report after a change of its body."""

    def changed(good: str) -> str:
        text, _, block = good.partition("```yaml\n")
        ((key, body),) = yaml.safe_load(block.removesuffix("```")).items()
        change(body)
        return reports.message(text.strip(), key, body)

    return Says(changed)


class Crew:
    """A scene's script. After its steps a dispatch goes on as the good crew's; `prompts` and `heard` tell what it read.

    `others` says what somebody else does when the session is about to call a dispatch, such as d-0004.
    """

    def __init__(
        self,
        scene: Scene,
        turns: Turns,
        plan: Plan = GOOD,
        others: Mapping[str, Callable[[], object]] | None = None,
    ) -> None:
        self.prompts: dict[str, str] = {}  # by dispatch
        self.stations: dict[str, list[str]] = {}  # each station's dispatches
        self._bodies: dict[str, Json] = {}  # by dispatch: its last request
        self._left = {name: [list(steps) for steps in rows] for name, rows in turns.items()}
        self._steps: dict[str, list[Step]] = {}
        self._mine: dict[str, set[str]] = {}  # ids of the calls that the good crew does not know of
        self._called: set[str] = set()  # dispatches whose last answer was such a call
        self._good: dict[str, Reply] = {}  # the good crew's report
        self._others = dict(others or {})
        self._lock = threading.Lock()
        self._honest: Script = script(plan, scene.ground, self._relayed)

    def __call__(self, body: Json) -> Reply:
        prompt = None if conversation.is_side(body) else conversation.brief(body)
        if prompt is None:
            return self._honest(body)
        header = conversation.fields(prompt.text)
        dispatch, station = header["dispatch"], header["station"]
        with self._lock:
            if dispatch not in self.prompts:
                self.prompts[dispatch] = prompt.text
                self.stations.setdefault(station, []).append(dispatch)
                rows = self._left.get(station, [])
                self._steps[dispatch] = rows.pop(0) if rows else []
            self._bodies[dispatch] = body
            if dispatch in self._called:
                self._called.discard(dispatch)
                turn = conversation.calls(body)[-1][0]
                mine = {str(block["id"]) for at, block in conversation.calls(body) if at == turn}
                self._mine.setdefault(dispatch, set()).update(mine)
        return self._next(dispatch, body)

    def _next(self, dispatch: str, body: Json) -> Reply:
        steps = self._steps[dispatch]
        while steps:
            step = steps[0]
            if isinstance(step, Own):
                reply = self._report(dispatch, body)
                if reply.tools:
                    return reply
                steps.pop(0)
                continue
            steps.pop(0)
            if isinstance(step, ToolCall):
                self._called.add(dispatch)
                return Reply("", (step,))
            if isinstance(step, Says):
                good = self._good[dispatch].text if dispatch in self._good else ""
                return Reply(step.text if isinstance(step.text, str) else step.text(good))
            step()
        return self._report(dispatch, body)

    def _report(self, dispatch: str, body: Json) -> Reply:
        """The good crew's next turn; its report is kept."""
        if dispatch not in self._good:
            reply = self._honest(_without(body, self._mine.get(dispatch, set())))
            if reply.tools or reply.status != 200:
                return reply
            self._good[dispatch] = reply
        return self._good[dispatch]

    def _relayed(self, body: Json) -> Reply:
        found = relay.newest(body)
        if found is not None and (deed := self._others.pop(str(found[1].get("dispatch")), None)):
            deed()
        return relay.answer(body)

    def prompt(self, station: str, number: int = 1) -> str:
        """The brief of a station's dispatch, counted from 1."""
        return self.prompts[self.stations[station][number - 1]]

    def results(self, station: str, number: int = 1) -> list[Result]:
        """The results of the tool calls of a dispatch, as far as the model was told them."""
        body = self._bodies[self.stations[station][number - 1]]
        return [item for turn in conversation.results(body, -1) for item in turn]

    def heard(self, station: str, number: int = 1) -> str:
        """Everything that the agent of a dispatch was told."""
        body = self._bodies[self.stations[station][number - 1]]
        return "\n".join(item.text for item in conversation.received(body))

    @property
    def order(self) -> list[str]:
        """The stations in the order of their dispatches."""
        by_dispatch = {dispatch: name for name, row in self.stations.items() for dispatch in row}
        return [by_dispatch[dispatch] for dispatch in sorted(by_dispatch)]

    @property
    def left(self) -> list[Step]:
        """The steps that were never taken."""
        waiting = [steps for rows in self._left.values() for steps in rows]
        return [step for steps in (*self._steps.values(), *waiting) for step in steps]


def _without(body: Json, mine: set[str]) -> Json:
    """The request without these calls."""

    def kept(item: Json) -> Json:
        content = item.get("content")
        if not isinstance(content, list):
            return item
        blocks = [block for block in content if not (isinstance(block, dict) and block.get("id") in mine)]
        return {**item, "content": blocks}

    return {**body, "messages": [kept(item) for item in body.get("messages", ())]}
