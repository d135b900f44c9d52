"""Redacts secrets from text before anything is recorded; best effort."""

import re
from typing import Any

MARK = "[redacted]"
_WORDS = (
    r"(?:api[_-]?key|secret(?:[_-]?key)?|token|passwd|password|pwd|authorization|credentials?"
    r"|private[_-]?key|access[_-]?key)"
)
# A key may start at a word, or after a line break that was written as an escape of two characters.
_EDGE = r"(?:\b|(?<=\\[nrt]))"


def _redact_header(match: "re.Match[str]") -> str:
    # `basic authentication` is prose.
    return match[0] if match[2].isalpha() and match[2].islower() else match[1] + MARK


def _redact_assignment(match: "re.Match[str]") -> str:
    # `token: the parser's next token` is prose; a value with digits or punctuation is not.
    return match[0] if match[2].isalpha() else match[1] + MARK


_CUT_OFF = re.compile(
    rf"{_EDGE}(?:AKIA|ASIA|gh[opsru]_|github_pat_|glpat-|[sr]k_(?:live|test)_|xox[abeoprs]-|AIza|npm_|pypi-|eyJ)"
    r"[A-Za-z0-9_.-]{4,}"
)


def _redact_rest(match: "re.Match[str]") -> str:
    found = _CUT_OFF.search(match.string, match.start(), match.end())
    return match.string[match.start() : found.start()] + MARK if found else match[0]


# Each pattern and its replacement, in order of application; none may take more than a time linear in the text.
PATTERNS: tuple[tuple[str, Any], ...] = (
    (
        r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|\Z)",
        MARK,
    ),
    (rf"{_EDGE}(?:AKIA|ASIA)[A-Z0-9]{{16}}\b", MARK),
    (
        rf"{_EDGE}(?:gh[opsru]_[A-Za-z0-9]{{20,}}\b|github_pat_[A-Za-z0-9_]{{20,}}\b|glpat-[A-Za-z0-9_-]{{16,}})",
        MARK,
    ),
    (rf"{_EDGE}(?:sk-[A-Za-z0-9_-]{{16,}}|[sr]k_(?:live|test)_[A-Za-z0-9]{{16,}}\b)", MARK),
    (
        rf"{_EDGE}(?:xox[abeoprs]-[A-Za-z0-9-]{{10,}}|AIza[A-Za-z0-9_-]{{30,}}|npm_[A-Za-z0-9]{{30,}}\b"
        r"|pypi-[A-Za-z0-9_-]{40,})",
        MARK,
    ),
    # A key cut off by an ellipsis; a word is looked at once, as a search that begins at each of its dots is quadratic.
    (r"(?<![A-Za-z0-9_.-])[A-Za-z0-9_.-]{7,}(?=…|\\u2026)", _redact_rest),
    (r"(?:(?<![\w-])|(?<=\\[nrt]))eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*", MARK),
    # A match begins only where a word does, so that hostile text cannot make the search quadratic.
    (r"(?i)(\b(?:bearer|basic)\s+)([A-Za-z0-9._~+/=-]{12,})", _redact_header),
    (
        r"(?i)((?<![\w+.-])[a-z][a-z0-9+.-]{0,30}://[^/\s:@]{0,100}:)[^/\s@]{3,200}(@)",
        rf"\g<1>{MARK}\g<2>",
    ),
    (rf"(?i)(--{_WORDS}[= ][\"']?)([^\s\"']{{6,}})", rf"\g<1>{MARK}"),
    (
        rf"(?i)((?<![\w-])[\w-]{{0,64}}?{_WORDS}[\w-]{{0,64}}[\"']?\s*(?:=|:=|:)\s*[\"']?)"
        r"(?!\[redacted)([^\s\"',;}]{8,})",
        _redact_assignment,
    ),
)


def redact(value: str) -> str:
    """The text with everything that looks like a secret replaced by a mark."""
    for pattern, replacement in PATTERNS:
        value = re.sub(pattern, replacement, value)
    return value


def redact_all(value: Any) -> Any:
    """Plain data with every string in it redacted."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {name: redact_all(member) for name, member in value.items()}
    return [redact_all(item) for item in value] if isinstance(value, list | tuple) else value
