"""Reads YAML strictly: plain data with the line of every value; any other construct is refused."""

import math
import re
from collections.abc import Iterable
from typing import Any, NoReturn

from assembly_line.errors import LineError
from assembly_line.untrusted.terminal import clean

Lines = dict[tuple[Any, ...], int]  # path of keys and indexes -> line number from 1
MAX_DEPTH = 16  # levels of nesting
NULLS = ("", "~", "null", "Null", "NULL")
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[+-]?(?:0|[1-9][0-9]{0,29})")
# Without a decimal point the exponent needs a sign: `12e7` is more likely a commit id than a number.
_FLOAT = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{0,30}(?:[eE][+-][0-9]{1,3})?|[eE][+-][0-9]{1,3})")

# Characters that YAML forbids, and separators that are line breaks in YAML 1.1 only, which can smuggle in a key.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NO_KEY = object()


def load_yaml(text: str, name: str, *, strings: bool = False, lines: Lines | None = None) -> Any:
    """The single document in YAML text as plain data; LineError "name:line: problem; remedy" for anything else.

    Plain scalars become null, booleans, decimal integers and floats as in YAML 1.2; everything else is text (`no`,
    `010`, dates, `12:30:45`). With `strings` only null is resolved and every other scalar stays as written. `lines` is
    filled with the line of every value by its path.
    """

    import yaml  # late, as few hooks read a document

    name = clean(name, 300)
    if match := _FORBIDDEN.search(text):
        line = text.count("\n", 0, match.start()) + 1
        raise LineError(
            f"{name}:{line}: contains the character {clean(match[0], 10)}; remove it or escape it in quotes"
        )
    try:
        return _build(yaml.parse(text, Loader=getattr(yaml, "CLoader", yaml.Loader)), name, strings, lines)
    except LineError:
        raise
    except yaml.YAMLError as error:
        raise LineError(_yaml_problem(error, text, name)) from None
    except Exception as error:  # a parser that fails on hostile text must end in a refusal, not a traceback
        raise LineError(f"{name}: cannot be parsed as YAML ({type(error).__name__}); simplify the file") from None


def _build(events: Iterable[Any], name: str, strings: bool, lines: Lines | None) -> Any:
    """The data of one document's parser events; the caller handles the parser's errors."""
    import yaml  # late, as in load_yaml

    root: Any = None
    documents = 0
    stack: list[_Frame] = []
    for event in events:
        kind = type(event)
        if kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            stack.pop()
            continue
        if kind is yaml.DocumentStartEvent:
            documents += 1
            if documents > 1:
                _refuse(name, event, "a second document starts here", "keep one document per file")
            continue
        if kind is yaml.AliasEvent or getattr(event, "anchor", None) is not None:
            what = "alias *" if kind is yaml.AliasEvent else "anchor &"
            _refuse(name, event, f"{what}{event.anchor[:40]} is not supported", "write the value out")
        if kind is yaml.ScalarEvent:
            value: Any = _scalar(event, name, strings, bool(stack) and stack[-1].wants_key())
        elif kind is yaml.MappingStartEvent:
            value = {}
        elif kind is yaml.SequenceStartEvent:
            value = []
        else:
            continue
        if event.tag is not None:
            _refuse(name, event, f"tag {event.tag[:40]} is not supported", "write plain data")
        line = event.start_mark.line + 1
        if kind is yaml.ScalarEvent and event.style in ("|", ">"):  # the text starts below the indicator
            line = min(line + 1, event.end_mark.line + 1)
        if not stack:
            root, path = value, ()
        else:
            frame = stack[-1]
            if frame.wants_key():
                _take_key(frame, value, event, name, line)
                continue
            path = frame.put(value, lines is not None)
        if lines is not None:
            lines[path] = line
        if kind is not yaml.ScalarEvent:
            if len(stack) == MAX_DEPTH:
                _refuse(name, event, f"nested deeper than {MAX_DEPTH} levels", "flatten it")
            stack.append(_Frame(value, path))
    return root


class _Frame:
    """A mapping or list that is being filled; `key` is the key whose value comes next."""

    __slots__ = ("container", "key", "keys", "path")

    def __init__(self, container: Any, path: tuple[Any, ...]) -> None:
        self.container, self.path = container, path
        self.key: Any = _NO_KEY
        self.keys: dict[Any, int] = {}  # key -> its line

    def wants_key(self) -> bool:
        return self.key is _NO_KEY and type(self.container) is dict

    def put(self, value: Any, with_path: bool) -> tuple[Any, ...]:
        if type(self.container) is list:
            self.container.append(value)
            return (*self.path, len(self.container) - 1) if with_path else ()
        key, self.key = self.key, _NO_KEY
        self.container[key] = value
        return (*self.path, key) if with_path else ()


def _take_key(frame: _Frame, key: Any, event: Any, name: str, line: int) -> None:
    if isinstance(key, dict | list):
        _refuse(name, event, "a list or mapping is used as a key", "use a string as the key")
    if key == "<<" and not event.style:
        _refuse(name, event, "the merge key << is not supported", "write the keys out")
    if key in frame.keys:
        _refuse(name, event, f"duplicate key '{str(key)[:60]}', first in line {frame.keys[key]}", "remove one")
    frame.keys[key] = line
    frame.key = key


def _scalar(event: Any, name: str, strings: bool, is_key: bool) -> Any:
    text: str = event.value
    if event.style:  # quoted or a block: always text
        if event.style == '"' and _SURROGATE.search(text):  # the Python parser accepts these
            _refuse(name, event, "lone surrogates cannot be encoded", "write the character itself")
        return text
    if strings:
        return None if text in NULLS and not is_key else text
    return resolve(text)


def resolve(text: str) -> Any:
    """The value of a plain scalar: null, boolean, decimal integer or float as in YAML 1.2, else the text."""
    if text in NULLS:
        return None
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else text
    return _BOOLS.get(text, text)


def _refuse(name: str, event: Any, problem: str, remedy: str) -> NoReturn:
    raise LineError(f"{name}:{event.start_mark.line + 1}: {clean(problem, 200)}; {remedy}")


def _yaml_problem(error: Any, text: str, name: str) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = clean(getattr(error, "problem", None) or str(error), 200)
    remedy = "fix the indentation or quote the text"
    if (getattr(error, "context", None) or "").startswith("while scanning a quoted scalar"):
        mark, remedy = error.context_mark or mark, "close the quote that starts there"
    elif problem.startswith("mapping values"):
        remedy = "quote the text that contains ': '"
    elif "cannot start any token" in problem and mark is not None:
        line = "".join(text.split("\n")[mark.line : mark.line + 1])
        tab = "\t" in line[: len(line) - len(line.lstrip())]
        remedy = "indent with spaces" if tab else "quote the text"
    place = f"{name}:{mark.line + 1}" if mark else name
    return f"{place}: is not valid YAML ({problem}); {remedy}"
