"""Reads the report that ends an agent's last message."""

import re
from typing import Any

from assembly_line import redact, schemas, textguard
from assembly_line.core.run import REPORT_KEYS
from assembly_line.errors import LineError

_FENCE = re.compile(r"^ {0,3}```[ \t]*(\w*)[ \t]*\n(.*?)^ {0,3}```[ \t]*$", re.MULTILINE | re.DOTALL)
MAX_CHARS = 200_000


def parse(message: str, kind: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The body of the report in a message, redacted, and what is wrong with it; ({}, faults) when it is malformed."""
    key = REPORT_KEYS.get(kind, "report")
    if len(message) > MAX_CHARS:
        return {}, (f"the message is over {MAX_CHARS} characters; shorten it",)
    blocks = list(_FENCE.finditer(message.replace("\r\n", "\n").rstrip() + "\n"))
    wanted = f"end the message with one fenced yaml block with the top-level key {key}"
    if not blocks or blocks[-1].end() < len(message.replace("\r\n", "\n").rstrip()):
        return {}, (f"no fenced block ends the message; {wanted}",)
    if blocks[-1][1] not in ("yaml", "yml"):
        return {}, (f"the last block is not marked yaml; {wanted}",)
    try:
        found = textguard.load_yaml(blocks[-1][2], "report")
    except LineError as error:
        return {}, (f"{error}; {wanted}",)
    if not isinstance(found, dict) or list(found) != [key]:
        return {}, (f"the block must have exactly the top-level key {key}; {wanted}",)
    others = [block for block in blocks[:-1] if re.match(r"\s*(report|verdict|compliance):", block[2])]
    if others:
        return {}, (f"more than one report block; {wanted}",)
    faults = schemas.faults(key, found[key])
    if faults:
        return {}, tuple(faults)
    body: dict[str, Any] = redact.tree(found[key])
    return body, ()
