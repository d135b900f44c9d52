"""The Messages API on the wire: turns a scripted reply into JSON or server-sent events."""

import itertools
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

Json = dict[str, Any]

_counter = itertools.count(1)


class ToolCall(NamedTuple):
    """One tool_use block of a reply."""

    name: str
    input: Json


class Reply(NamedTuple):
    """An answer of the scripted model: text, then tool calls; or a fault."""

    text: str = ""
    tools: tuple[ToolCall, ...] = ()
    status: int = 200  # an HTTP error status instead of a message
    delay: float = 0.0  # seconds before the answer
    hang: bool = False  # no answer at all, until the server closes
    garbage: bool = False  # status 200 with a body that is not an API message


def message(reply: Reply, model: str, prompt_chars: int) -> Json:
    """The complete API message of a reply; a token is counted as four characters."""
    serial = next(_counter)
    content: list[Json] = [{"type": "text", "text": reply.text}] if reply.text else []
    for index, call in enumerate(reply.tools):
        content.append(
            {"type": "tool_use", "id": f"toolu_{serial:06d}{index:02d}", "name": call.name, "input": call.input}
        )
    return {
        "id": f"msg_{serial:08d}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": "tool_use" if reply.tools else "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": max(1, prompt_chars // 4),
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": max(1, len(json.dumps(content)) // 4),
        },
    }


def error(status: int) -> Json:
    """The API's error body for an HTTP status."""
    kinds = {400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error"}
    kind = kinds.get(status, "overloaded_error" if status == 529 else "api_error")
    return {"type": "error", "error": {"type": kind, "message": f"scripted fault: HTTP {status}"}}


def events(full: Json) -> Iterator[bytes]:
    """The server-sent events that stream a complete message."""
    start = {**full, "content": [], "stop_reason": None, "usage": {**full["usage"], "output_tokens": 1}}
    yield _event({"type": "message_start", "message": start})
    for index, block in enumerate(full["content"]):
        if block["type"] == "text":
            opening: Json = {"type": "text", "text": ""}
            delta: Json = {"type": "text_delta", "text": block["text"]}
        else:
            opening = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        yield _event({"type": "content_block_start", "index": index, "content_block": opening})
        yield _event({"type": "content_block_delta", "index": index, "delta": delta})
        yield _event({"type": "content_block_stop", "index": index})
    yield _event(
        {
            "type": "message_delta",
            "delta": {"stop_reason": full["stop_reason"], "stop_sequence": None},
            "usage": {"output_tokens": full["usage"]["output_tokens"]},
        }
    )
    yield _event({"type": "message_stop"})


def _event(data: Json) -> bytes:
    return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode()
