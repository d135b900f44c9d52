"""The scripted main session, which obeys the newest directive and nothing else."""

import json
import re

from assembly_line.rehearsal import conversation
from assembly_line.rehearsal.wire import Json, Reply, ToolCall

_BLOCK = re.compile(r"^```directive[ \t]*\n(.*?)\n```", re.MULTILINE | re.DOTALL)


def newest(body: Json) -> tuple[int, Json] | None:
    """The newest directive in the conversation, with the index of its message."""
    for item in reversed(conversation.received(body)):
        for block in reversed(_BLOCK.findall(item.text)):
            try:
                directive = json.loads(block)
            except ValueError:
                continue
            if isinstance(directive, dict):
                return item.turn, directive
    return None


def answer(body: Json) -> Reply:
    """The relay's next turn; a dispatch is called once, and without a newer directive the turn ends."""
    current = newest(body)
    if current is None:
        return Reply("No directive has arrived, so there is nothing to do.")
    turn, directive = current
    if directive.get("action") == "dispatch":
        if any(called > turn for called, _ in conversation.calls(body)):
            return Reply("The agent was started; no newer directive has arrived.")
        return Reply("", (ToolCall(str(directive.get("tool")), dict(directive.get("input") or {})),))
    if directive.get("action") == "wait":
        return Reply("An agent is working.")
    return Reply(str(directive.get("message") or "The run has ended."))
