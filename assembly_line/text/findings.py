"""Renders the result of a check as text, JSON, or GitHub Actions annotations."""

import json

from assembly_line.check.finding import Finding, Result
from assembly_line.untrusted import terminal

FORMATS = ("text", "json", "github")


def render(result: Result, form: str) -> str:
    """The whole output in one of FORMATS, without a trailing line feed."""
    return {"text": _text, "json": _json, "github": _github}[form](result)


def _clean(item: Finding) -> Finding:
    return item._replace(file=terminal.clean(item.file, 300), message=terminal.clean(item.message, 600))


def _place(item: Finding) -> str:
    return f"{item.file}:{item.line}" if item.line else item.file


def _total(result: Result) -> str:
    count = len(result.findings)
    verdict = "sound" if not count else f"{count} finding{'' if count == 1 else 's'}"
    return f"{verdict}: {result.journals} journal(s) and {result.states} state file(s) read"


def _text(result: Result) -> str:
    findings = [f"{_place(item)}: {item.message} [{item.code}]" for item in map(_clean, result.findings)]
    notes = [f"note: {_place(item)}: {item.message} [{item.code}]" for item in map(_clean, result.notes)]
    return "\n".join([*findings, *notes, _total(result)])


def _json(result: Result) -> str:
    body = {
        "sound": not result.findings,
        "journals": result.journals,
        "states": result.states,
        "findings": [_clean(item)._asdict() for item in result.findings],
        "notes": [_clean(item)._asdict() for item in result.notes],
    }
    return json.dumps(body, indent=1)


def _github(result: Result) -> str:
    lines = [_annotation("error", item) for item in map(_clean, result.findings)]
    lines += [_annotation("notice", item) for item in map(_clean, result.notes)]
    return "\n".join([*lines, _total(result)])


def _annotation(level: str, item: Finding) -> str:
    line = f",line={item.line}" if item.line else ""
    return f"::{level} file={_property(item.file)}{line},title={_property(item.code)}::{_data(item.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
