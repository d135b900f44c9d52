"""The paths that a command line writes to, as far as it names them."""

import re
from collections.abc import Iterator

from assembly_line.core import shell
from assembly_line.core.programs import script_of
from assembly_line.core.shell import Script, Simple
from assembly_line.core.words import Unreadable

_SCRATCH = ("/dev/", "/proc/", "&")
_EACH = frozenset({"tee", "touch", "truncate", "mkfile"})  # every argument is written
_LAST = frozenset({"cp", "mv", "install", "ln", "rsync"})  # the last argument is written
_IN_PLACE = {"sed": re.compile(r"-[a-zA-Z]*i|--in-place"), "perl": re.compile(r"-[a-zA-Z0]*i")}
_IN_CODE = re.compile(
    r"""open\(\s*r?["']([^"'\n]+)["']\s*,\s*(?:mode\s*=\s*)?["'][rbt]*[wax+]"""
    r"""|Path\(\s*r?["']([^"'\n]+)["']\s*\)\.(?:write_text|write_bytes|touch)"""
    r"""|(?:writeFile|appendFile)(?:Sync)?\(\s*["'`]([^"'`\n]+)["'`]"""
)


def targets(command: str) -> tuple[str, ...]:
    """The paths as written, in order, without scratch files; () for a command line that cannot be read."""
    try:
        found = [path for path in _paths(shell.parse(command)) if path and not path.startswith(_SCRATCH)]
    except (Unreadable, RecursionError):
        return ()
    return tuple(dict.fromkeys(found))


def _paths(script: Script) -> Iterator[str]:
    for part in shell.walk(script, script_of):
        for operator, word in part.redirections:
            if ">" in operator and not word.value.isdigit():
                yield word.value
            elif operator.startswith("<<"):
                yield from _in_code(word.value)
        if isinstance(part, Simple):
            yield from _of_program(part)


def _of_program(simple: Simple) -> Iterator[str]:
    words = [word.value for word in simple.words]
    name = words[0].rpartition("/")[2] if words else ""
    named = [word for word in words[1:] if not word.startswith("-")]
    if name in _EACH:
        yield from named
    elif name in _LAST:
        yield from named[-1:] if len(named) > 1 else ()
    elif name == "dd":
        yield from (word[3:] for word in words if word.startswith("of="))
    elif name in _IN_PLACE and any(_IN_PLACE[name].match(word) for word in words[1:]):
        has_script = any(re.fullmatch(r"-[a-zA-Z0]*[ef]|--expression=.*", word) for word in words[1:])
        yield from named if name == "perl" and not has_script else named[1:]
    else:
        for word in words[1:]:
            yield from _in_code(word)


def _in_code(text: str) -> Iterator[str]:
    for match in _IN_CODE.finditer(text):
        yield next(path for path in match.groups() if path)
