"""Takes secrets out of text before anything is recorded."""

from assembly_line.core.named import TYPE_CHECKING, Any, Iterable

if TYPE_CHECKING:
    import re

MARK = "[redacted]"
_WORDS = (
    r"(?:api[_-]?key|secret(?:[_-]?key)?|token|passwd|password|pwd|authorization|credentials?"
    r"|private[_-]?key|access[_-]?key)"
)
# Where a key may begin: at a word, or after a line break that something wrote as two signs.
_EDGE = r"(?:\b|(?<=\\[nrt]))"
# Of each of these words the part that every way of writing it has, without regard to case.
_NAMES = (
    *("apikey", "api_key", "api-key", "secret", "token", "passw", "pwd", "authorization", "credential"),
    *("privatekey", "private_key", "private-key", "accesskey", "access_key", "access-key"),
)
_GIT = ("gho_", "ghp_", "ghs_", "ghr_", "ghu_", "github_pat_", "glpat-")
_PAID = ("k_live_", "k_test_")
_OTHER = ("xox", "AIza", "npm_", "pypi-")
ALIKE = {0x130: "i", 0x131: "i", 0x17F: "s", 0x212A: "k"}  # what stands for an ASCII letter when case is ignored


def _carried(match: "re.Match[str]") -> str:
    # `basic authentication` is prose.
    return match[0] if match[2].isalpha() and match[2].islower() else match[1] + MARK


def _assigned(match: "re.Match[str]") -> str:
    # `token: the parser's next token` is prose; a value with a digit or mixed signs is not.
    value = match[2]
    return match[1] + MARK if any(sign.isdigit() for sign in value) or not value.isalpha() else match[0]


# (hints, expression, what takes its place), in the order in which they are applied. Every match holds one of the hints,
# in lower case where the expression ignores case. No hint has a bracket or is part of the mark, so that what one
# expression replaces never makes a hint of another.
_Net = tuple[tuple[str, ...], str, Any]
NETS: tuple[_Net, ...] = (
    (
        ("PRIVATE KEY",),
        r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|\Z)",
        MARK,
    ),
    (("AKIA", "ASIA"), rf"{_EDGE}(?:AKIA|ASIA)[A-Z0-9]{{16}}\b", MARK),
    (
        _GIT,
        rf"{_EDGE}(?:gh[opsru]_[A-Za-z0-9]{{20,}}\b|github_pat_[A-Za-z0-9_]{{20,}}\b|glpat-[A-Za-z0-9_-]{{16,}})",
        MARK,
    ),
    (("sk-", *_PAID), rf"{_EDGE}(?:sk-[A-Za-z0-9_-]{{16,}}|[sr]k_(?:live|test)_[A-Za-z0-9]{{16,}}\b)", MARK),
    (
        _OTHER,
        rf"{_EDGE}(?:xox[abeoprs]-[A-Za-z0-9-]{{10,}}|AIza[A-Za-z0-9_-]{{30,}}|npm_[A-Za-z0-9]{{30,}}\b"
        r"|pypi-[A-Za-z0-9_-]{40,})",
        MARK,
    ),
    # One that was cut off, which is then marked so.
    (
        ("AKIA", "ASIA", *_GIT, *_PAID, *_OTHER, "eyJ"),
        rf"{_EDGE}(?:AKIA|ASIA|gh[opsru]_|github_pat_|glpat-|[sr]k_(?:live|test)_|xox[abeoprs]-|AIza|npm_|pypi-|eyJ)"
        r"[A-Za-z0-9_.-]{4,}(?=…|\\u2026)",
        MARK,
    ),
    (("eyJ",), r"(?:(?<![\w-])|(?<=\\[nrt]))eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*", MARK),
    # A match begins only where a word does, so that hostile text cannot make the search quadratic.
    (("bearer", "basic"), r"(?i)(\b(?:bearer|basic)\s+)([A-Za-z0-9._~+/=-]{12,})", _carried),
    (
        ("://",),
        r"(?i)((?<![\w+.-])[a-z][a-z0-9+.-]{0,30}://[^/\s:@]{0,100}:)[^/\s@]{3,200}(@)",
        rf"\g<1>{MARK}\g<2>",
    ),
    (tuple(f"--{name}" for name in _NAMES), rf"(?i)(--{_WORDS}[= ][\"']?)([^\s\"']{{6,}})", rf"\g<1>{MARK}"),
    (
        _NAMES,
        rf"(?i)((?<![\w-])[\w-]{{0,64}}?{_WORDS}[\w-]{{0,64}}[\"']?\s*(?:=|:=|:)\s*[\"']?)"
        r"(?!\[redacted)([^\s\"',;}]{8,})",
        _assigned,
    ),
)


def text(value: str) -> str:
    """The text with everything that looks like a secret replaced by a mark."""
    wanted = _hinted(value, NETS)
    return apply(wanted, value) if wanted else value


def _hinted(value: str, nets: Iterable[_Net]) -> list[_Net]:
    """Those of the expressions of which the text holds a hint."""
    folded = (value if value.isascii() else value.translate(ALIKE)).lower()
    return [net for net in nets if any(map((folded if net[1][:4] == "(?i)" else value).__contains__, net[0]))]


def apply(nets: Iterable[_Net], value: str) -> str:
    """The text after these expressions, without regard to their hints."""
    import re  # 3 ms and the compiling as much, which a hook pays only for a text with a hint

    for _, expression, instead in nets:
        value = re.sub(expression, instead, value)
    return value


def tree(value: Any) -> Any:
    """Plain data with every text in it redacted."""
    return _tree(value, _hinted("\n".join(_texts(value)), NETS))  # one look at all of them, as few hold a hint


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [found for member in members for found in _texts(member)]


def _tree(value: Any, nets: list[_Net]) -> Any:
    if isinstance(value, str):
        wanted = _hinted(value, nets) if nets else nets
        return apply(wanted, value) if wanted else value
    if isinstance(value, dict):
        return {name: _tree(member, nets) for name, member in value.items()}
    return [_tree(item, nets) for item in value] if isinstance(value, list | tuple) else value
