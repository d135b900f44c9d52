"""Which paths a project's pattern names: `*` within one folder, `**` through any number of them."""

import re
from collections.abc import Iterable

_SIGNS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
_PARTS = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")


def matching(paths: Iterable[str], patterns: tuple[str, ...]) -> tuple[str, ...]:
    """The paths that a pattern names, or that lie in a folder that it names; all from the project's root."""
    expression = _expression(patterns)
    return tuple(path for path in paths if expression.match(path)) if patterns else ()


def _expression(patterns: tuple[str, ...]) -> re.Pattern[str]:
    forms = ("".join(_SIGNS.get(part, re.escape(part)) for part in _PARTS.findall(item)) for item in patterns)
    return re.compile(rf"(?s:{'|'.join(form.rstrip('/') for form in forms)})(?:/|\Z)")
