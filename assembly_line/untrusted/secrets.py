"""Takes secrets out of text before anything is recorded."""

import re
from typing import Any

MARK = "[redacted]"
_WORDS = (
    r"(?:api[_-]?key|secret(?:[_-]?key)?|token|passwd|password|pwd|authorization|credentials?"
    r"|private[_-]?key|access[_-]?key)"
)
# Where a key may begin: at a word, or after a line break that something wrote as two signs.
_EDGE = r"(?:\b|(?<=\\[nrt]))"


def _carried(match: "re.Match[str]") -> str:
    # `basic authentication` is prose.
    return match[0] if match[2].isalpha() and match[2].islower() else match[1] + MARK


def _assigned(match: "re.Match[str]") -> str:
    # `token: the parser's next token` is prose; a value with a digit or mixed signs is not.
    value = match[2]
    return match[1] + MARK if any(sign.isdigit() for sign in value) or not value.isalpha() else match[0]


# Each expression and what takes its place, in the order in which they are applied.
NETS: tuple[tuple[str, Any], ...] = (
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
    # One that was cut off, which is then marked so.
    (
        rf"{_EDGE}(?:AKIA|ASIA|gh[opsru]_|github_pat_|glpat-|[sr]k_(?:live|test)_|xox[abeoprs]-|AIza|npm_|pypi-|eyJ)"
        r"[A-Za-z0-9_.-]{4,}(?=…|\\u2026)",
        MARK,
    ),
    (r"(?:(?<![\w-])|(?<=\\[nrt]))eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*", MARK),
    # A match begins only where a word does, so that hostile text cannot make the search quadratic.
    (r"(?i)(\b(?:bearer|basic)\s+)([A-Za-z0-9._~+/=-]{12,})", _carried),
    (
        r"(?i)((?<![\w+.-])[a-z][a-z0-9+.-]{0,30}://[^/\s:@]{0,100}:)[^/\s@]{3,200}(@)",
        rf"\g<1>{MARK}\g<2>",
    ),
    (rf"(?i)(--{_WORDS}[= ][\"']?)([^\s\"']{{6,}})", rf"\g<1>{MARK}"),
    (
        rf"(?i)((?<![\w-])[\w-]{{0,64}}?{_WORDS}[\w-]{{0,64}}[\"']?\s*(?:=|:=|:)\s*[\"']?)"
        r"(?!\[redacted)([^\s\"',;}]{8,})",
        _assigned,
    ),
)


def redact(value: str) -> str:
    """The text with everything that looks like a secret replaced by a mark."""
    for expression, instead in NETS:
        value = re.sub(expression, instead, value)
    return value


def redact_all(value: Any) -> Any:
    """Plain data with every text in it redacted."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {name: redact_all(member) for name, member in value.items()}
    return [redact_all(item) for item in value] if isinstance(value, list | tuple) else value
