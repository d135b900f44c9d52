"""Reads the report that ends an agent's last message."""

import json
import re
from typing import Any

from assembly_line import schemas
from assembly_line.core.kinds import KINDS
from assembly_line.errors import LineError
from assembly_line.untrusted import secrets
from assembly_line.yamlio.reader import load_yaml

MAX_CHARS = 200_000
_FENCE = re.compile(r" {0,3}(`{3,})([^`]*)")
_OPENING = re.compile(r"\s*(?:report|verdict|compliance):")


def parse(message: str, kind: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The redacted body of the report in a message and no faults, or ({}, faults) when it is malformed."""
    key = KINDS[kind].report
    if len(message) > MAX_CHARS:
        return {}, (f"the message is over {MAX_CHARS} characters; shorten it",)
    blocks, rest = _blocks(message)
    remedy = f"end the message with one fenced yaml block with the top-level key {key}"
    if not blocks or rest.strip():
        return {}, (f"the message does not end with a fenced block; {remedy}",)
    word, text = blocks[-1]
    if word not in ("yaml", "yml"):
        return {}, (f"the last block is not marked yaml; {remedy}",)
    try:
        document = load_yaml(text, "report")
    except LineError as error:
        return {}, (f"{error}; {remedy}",)
    if not isinstance(document, dict) or list(document) != [key]:
        return {}, (f"the block must have exactly the top-level key {key}; {remedy}",)
    if any(_OPENING.match(earlier) for _, earlier in blocks[:-1]):
        return {}, (f"more than one report block; {remedy}",)
    body: dict[str, Any] = secrets.redact_all(document[key])  # before validation, as faults quote the value
    faults = schemas.faults(key, body)
    if faults:
        return {}, tuple(faults)
    if len(json.dumps(body, separators=(",", ":"), allow_nan=False)) > MAX_CHARS:
        return {}, (f"the report is over {MAX_CHARS} characters with non-ASCII characters escaped; shorten it",)
    return body, ()


def _blocks(message: str) -> tuple[list[tuple[str, str]], str]:
    """The fenced blocks of a message with their info strings, and the text after the last one."""
    blocks: list[tuple[str, str]] = []
    body: list[str] = []
    rest: list[str] = []
    fence = word = ""
    for line in message.replace("\r\n", "\n").split("\n"):
        match = _FENCE.fullmatch(line)
        ticks, info = (match[1], match[2].strip(" \t")) if match else ("", "")
        if fence and ticks.startswith(fence) and not info:
            blocks.append((word, "".join(body)))
            fence, rest = "", []
        elif fence:
            body.append(f"{line}\n")
        elif ticks:
            fence, word, body = ticks, info, []
            rest.append(line)
        else:
            rest.append(line)
    return blocks, "\n".join(rest)
