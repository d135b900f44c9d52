"""Reads the report that ends an agent's last message."""

from assembly_line import lean, plainyaml, redact, schemas
from assembly_line.core.named import Any
from assembly_line.core.run import REPORT_KEYS
from assembly_line.errors import LineError

MAX_CHARS = 200_000
_OPENINGS = ("report:", "verdict:", "compliance:")


def parse(message: str, kind: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The body of the report in a message, redacted, and what is wrong with it; ({}, faults) when it is malformed."""
    key = REPORT_KEYS.get(kind, "report")
    if len(message) > MAX_CHARS:
        return {}, (f"the message is over {MAX_CHARS} characters; shorten it",)
    blocks, rest = _blocks(message)
    wanted = f"end the message with one fenced yaml block with the top-level key {key}"
    if not blocks or rest.strip():
        return {}, (f"no fenced block ends the message; {wanted}",)
    word, text = blocks[-1]
    if word not in ("yaml", "yml"):
        return {}, (f"the last block is not marked yaml; {wanted}",)
    try:
        found = plainyaml.load(text, "report")
    except LineError as error:
        return {}, (f"{error}; {wanted}",)
    if not isinstance(found, dict) or list(found) != [key]:
        return {}, (f"the block must have exactly the top-level key {key}; {wanted}",)
    if any(earlier.lstrip().startswith(_OPENINGS) for _, earlier in blocks[:-1]):
        return {}, (f"more than one report block; {wanted}",)
    body: dict[str, Any] = redact.tree(found[key])  # first, as a fault quotes what it is about
    faults = schemas.faults(key, body)
    if faults:
        return {}, tuple(faults)
    if len(lean.dumps(body)) > MAX_CHARS:
        return {}, (f"the report is over {MAX_CHARS} characters when other signs than ASCII are escaped; shorten it",)
    return body, ()


def _blocks(message: str) -> tuple[list[tuple[str, str]], str]:
    """The fenced blocks of a message, each with its info string, and the text after the last of them."""
    found: list[tuple[str, str]] = []
    body: list[str] = []
    rest: list[str] = []
    fence = word = ""
    for line in message.replace("\r\n", "\n").split("\n"):
        ticks, info = _fence(line)
        if fence and ticks.startswith(fence) and not info:
            found.append((word, "".join(body)))
            fence, rest = "", []
        elif fence:
            body.append(f"{line}\n")
        elif ticks:
            fence, word, body = ticks, info, []
            rest.append(line)
        else:
            rest.append(line)
    return found, "\n".join(rest)


def _fence(line: str) -> tuple[str, str]:
    """The backticks and the info string of a line that opens or closes a block; empty for any other line."""
    rest = line.lstrip(" ")
    info = rest.lstrip("`")
    ticks = rest[: len(rest) - len(info)]
    if len(line) - len(rest) > 3 or len(ticks) < 3 or "`" in info:
        return "", ""
    return ticks, info.strip(" \t")
