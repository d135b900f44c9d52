"""Reads the report in an agent's last message."""

import json
import re
from typing import Any

from assembly_line import schemas
from assembly_line.core.kinds import KINDS
from assembly_line.errors import LineError
from assembly_line.schemas.tolerant import tolerate
from assembly_line.untrusted import secrets
from assembly_line.yamlio.reader import load_yaml

MAX_CHARS = 200_000
_FENCE = re.compile(r" {0,3}(`{3,})([^`]*)")
_WORDS = ("yaml", "yml", "")  # that a report's block may be marked with
_KEYS = frozenset(kind.report for kind in KINDS.values())
# A key at the beginning of a line, whose value is no plain text: `report: 3 tests` is something printed.
_KEY = re.compile(r"( *)([A-Za-z_]\w*):(?=\s*(?:$|[#{\[&!*|>\"']))")
_FLOW, _OPENING = re.compile(r"\A\s*\{\s*[\"']?(\w+)[\"']?\s*:"), 1000
_UNQUOTED = re.compile(r"report:(\d+): is not valid YAML \((?:mapping values|.{0,40}cannot start any token)")
_VALUE = re.compile(r"(\s*(?:- +)*(?:[a-z_]+: +)?)(\S.*)")
_REPAIRS = 50
_REPAIRED = 2_000_000  # characters that are parsed again in all


def parse(message: str, kind: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The redacted body of the report in a message and no faults, or ({}, faults) when it is malformed."""
    key = KINDS[kind].report
    if len(message) > MAX_CHARS:
        return {}, (f"the message is over {MAX_CHARS} characters; shorten it",)
    found = [(keys, text) for word, text in _blocks(message) if word.lower() in _WORDS and (keys := _top(text)) & _KEYS]
    remedy = f"end the message with one fenced yaml block with the top-level key {key}"
    if not found:
        return {}, (f"the message holds no fenced block with a report; {remedy}",)
    keys, text = found[-1]
    if keys != {key}:
        held = ", ".join(sorted(keys))
        return {}, (f"the last report block must have exactly the top-level key {key}, not {held[:200]}; {remedy}",)
    try:
        document = _load(text)
    except LineError as error:
        return {}, (f"{error}; {remedy}",)
    if not isinstance(document, dict) or list(document) != [key]:
        return {}, (f"the block must have exactly the top-level key {key}; {remedy}",)
    # Before validation, as faults quote the value; after the repairs, as these join keys and values.
    body: dict[str, Any] = secrets.redact_all(tolerate(schemas.load(key), document[key]))
    if found_faults := faults(kind, body):
        return {}, found_faults
    if len(json.dumps(body, separators=(",", ":"), allow_nan=False)) > MAX_CHARS:
        return {}, (f"the report is over {MAX_CHARS} characters with non-ASCII characters escaped; shorten it",)
    return body, ()


def faults(kind: str, body: Any) -> tuple[str, ...]:
    """What is wrong with the body of a report of a station of this kind."""
    return (*schemas.faults(KINDS[kind].report, body), *_missing(KINDS[kind].form, body))


def _missing(form: str, body: Any) -> tuple[str, ...]:
    """The fault of a report without the member that its kind of station owes, unless it is blocked."""
    if not form or not isinstance(body, dict) or form in body or body.get("status") == "blocked":
        return ()
    return (f"{form} is missing; this station's report must hold it",)


def _top(text: str) -> set[str]:
    """The keys at the indentation of the first one, so that they are known even where the YAML is broken."""
    if text.lstrip().startswith("{"):  # one line of JSON, or of YAML that looks like it
        return set(_FLOW.findall(text[:_OPENING]))
    matches = [match for line in text.split("\n") if (match := _KEY.match(line))]
    return {match[2] for match in matches if match[1] == matches[0][1]}


def _load(text: str) -> Any:
    """The block's data; a line with an unquoted `: ` or backtick is quoted, as it can only be a text."""
    lines, repaired = text.split("\n"), -1
    for _ in range(min(_REPAIRS, _REPAIRED // (len(text) + 1))):
        try:
            return load_yaml("\n".join(lines), "report")
        except LineError as error:
            match = _UNQUOTED.match(str(error))
            number = int(match[1]) - 1 if match else -1
            value = _VALUE.fullmatch(lines[number]) if 0 <= number < len(lines) else None
            if value is None or number <= repaired or value[2][0] in "\"'{[|>#":
                raise
            lines[number] = value[1] + json.dumps(value[2].rstrip(), ensure_ascii=False)
            repaired = number
    return load_yaml("\n".join(lines), "report")


def _blocks(message: str) -> list[tuple[str, str]]:
    """The fenced blocks of a message with their info strings."""
    blocks: list[tuple[str, str]] = []
    body: list[str] = []
    fence = word = ""
    for line in message.replace("\r\n", "\n").split("\n"):
        match = _FENCE.fullmatch(line)
        ticks, info = (match[1], match[2].strip(" \t")) if match else ("", "")
        if fence and ticks.startswith(fence) and not info:
            blocks.append((word, "".join(body)))
            fence = ""
        elif fence:
            body.append(f"{line}\n")
        elif ticks:
            fence, word, body = ticks, info, []
    return blocks
