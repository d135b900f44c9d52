"""Reads a Messages API request: its texts in order, the turns so far, and whose conversation it is."""

import json
import re
from typing import Any, NamedTuple

from assembly_line.rehearsal.wire import Json

_HEADER = re.compile(r"\Adispatch: (d-\d+)\n")
_FIELD = re.compile(r"^([a-z_]+): (.*)$")
_SUMMARY_WANTED = "detailed summary of the conversation"


class Text(NamedTuple):
    """One text of a conversation that the model did not write."""

    turn: int  # index of its message
    text: str


class Result(NamedTuple):
    """The result of one tool call."""

    text: str
    is_error: bool


def received(body: Json) -> list[Text]:
    """Every text that the model was given, oldest first: user texts, system texts and tool results."""
    texts: list[Text] = []
    for turn, item in enumerate(_messages(body)):
        if item.get("role") != "assistant":
            texts += [Text(turn, text) for text in _texts(item.get("content"))]
    return texts


def calls(body: Json) -> list[tuple[int, Json]]:
    """The tool_use blocks of the model, oldest first, each with the index of its message."""
    return [
        (turn, block)
        for turn, item in enumerate(_messages(body))
        if item.get("role") == "assistant"
        for block in _blocks(item.get("content"))
        if block.get("type") == "tool_use"
    ]


def results(body: Json, since: int) -> list[list[Result]]:
    """The results of the model's calls after message `since`, one list per turn that called tools."""
    by_id: dict[str, Result] = {}
    for item in _messages(body):
        for block in _blocks(item.get("content")):
            if block.get("type") == "tool_result":
                text = "\n".join(_texts(block.get("content")))
                by_id[str(block.get("tool_use_id"))] = Result(text, bool(block.get("is_error")))
    turns: dict[int, list[Result]] = {}
    for turn, block in calls(body):
        if turn > since:
            turns.setdefault(turn, []).append(by_id.get(str(block.get("id")), Result("", True)))
    return list(turns.values())


def answers(body: Json, since: int) -> int:
    """How often the model answered without a tool call after message `since`."""
    called = {turn for turn, _ in calls(body)}
    answered = (turn for turn, item in enumerate(_messages(body)) if item.get("role") == "assistant")
    return sum(1 for turn in answered if turn > since and turn not in called)


def brief(body: Json) -> Text | None:
    """The newest prompt that the engine built for a station, or None outside a station's conversation."""
    prompts = [item for item in received(body) if _HEADER.match(item.text)]
    return prompts[-1] if prompts else None


def fields(prompt: str) -> dict[str, str]:
    """The header lines of a station's prompt."""
    matches = (_FIELD.match(line) for line in prompt.partition("\n\n")[0].splitlines())
    return {match[1]: match[2].strip() for match in matches if match}


def is_side(body: Json) -> bool:
    """Whether the client asks for something besides the work: a title, or a summary for compaction."""
    last = [item.text for item in received(body)][-2:]
    return not body.get("tools") or any(_SUMMARY_WANTED in text for text in last)


def label(body: Json) -> str:
    """Whose request it is: `side`, `relay`, or dispatch and station, such as `d-0003 api-developer`."""
    prompt = brief(body)
    if is_side(body):
        return "side"
    if prompt is None:
        return "relay"
    header = fields(prompt.text)
    return f"{header['dispatch']} {header.get('station', '')}".strip()


def tools(body: Json) -> frozenset[str]:
    """Names of the tools that the model may call."""
    return frozenset(str(tool.get("name")) for tool in body.get("tools") or ())


def size(body: Json) -> int:
    """The size of the request in characters, for token counts."""
    return len(json.dumps(body))


def _messages(body: Json) -> list[Json]:
    return [item for item in body.get("messages") or () if isinstance(item, dict)]


def _blocks(content: Any) -> list[Json]:
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def _texts(content: Any) -> list[str]:
    if isinstance(content, str):
        return [content]
    texts: list[str] = []
    for block in _blocks(content):
        if block.get("type") == "text":
            texts.append(str(block.get("text", "")))
        elif block.get("type") == "tool_result":
            texts += _texts(block.get("content"))
    return texts
