"""Reads what stands on one line of plain YAML: scalars, quoted texts, flow collections and keys."""

from assembly_line.core.named import Callable, NoReturn

MAX_DEPTH = 16  # levels of nesting
_MAX_KEY = 200  # characters; a parser refuses keys of over 1,000
_MAX_FLOW = 4000  # characters of a line, as a flow collection is cut off it part by part
NULLS = ("", "~", "null", "Null", "NULL")
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_SIGNS = "?:,[]{}#&*!|>'\"%@`"  # none begins a plain scalar here; elsewhere some of them may
Plain = Callable[[str], object]  # gives a plain scalar's value: resolve or as_text
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "/": "/", "\\": "\\"}


class Odd(Exception):
    """Something that only the real reader judges."""


def resolve(text: str) -> object:
    """The value of a plain scalar: null, a boolean, a decimal integer or float as YAML 1.2 writes them, else the text.

    Without a point the exponent needs a sign: `12e7` is a commit id more often than a number.
    """
    if text in NULLS:
        return None
    if text[0] not in "+-0123456789":
        return _BOOLS.get(text, text)
    digits = text[1:] if text[0] in "+-" else text
    if _digits(digits, 30):
        return int(text) if digits[0] != "0" or digits == "0" else text
    head, mark, exponent = digits.replace("E", "e").partition("e")
    whole, point, part = head.partition(".")
    if not (_digits(whole, 30) and (not part or _digits(part, 30)) and (point or mark)):
        return text
    if mark and not (exponent[:1] in ("+", "-") and _digits(exponent[1:], 3)):
        return text
    number = float(text)
    return text if number in (float("inf"), -float("inf")) else number


def _digits(text: str, limit: int) -> bool:
    return 0 < len(text) <= limit and text.isascii() and text.isdigit()


def is_item(text: str) -> bool:
    """Whether the text begins with the dash of a list's item."""
    return text[:2] in ("-", "- ")


def as_text(text: str) -> object:
    """The value of a plain scalar where only null is resolved."""
    return None if text in NULLS else text


def key_of(text: str, plain: Plain) -> tuple[object, str] | None:
    """A key and what follows it on its line, if the text begins with one; as written where values are texts."""
    key: object
    if text[:1] in ("'", '"'):
        key, rest = _quoted(text)
    else:
        word = text.partition(":")[0]
        if word[:1] == "-" or not word.replace("_", "").replace("-", "").isalnum():
            return None
        key, rest = word if plain is as_text else plain(word), text[len(word) :]
    if len(text) - len(rest) > _MAX_KEY or rest[:2] not in (":", ": "):
        return None
    return key, rest[1:].lstrip(" ")


def inline(text: str, depth: int, plain: Plain) -> tuple[object, str]:
    """The quoted text or flow collection that begins the text and ends on its line, and what follows it."""
    if text[0] in ("'", '"'):
        return _quoted(text)
    return _flow(text, depth + 1, plain) if text[0] in ("[", "{") else odd()


def is_open(text: str) -> bool:
    """Whether the text begins with a single quote that is not closed on its line."""
    return text[:1] == "'" and "'" not in text[1:].replace("''", "")


def begins_plain(text: str) -> bool:
    """Whether a plain scalar begins the text."""
    return text[0] not in _SIGNS and not is_item(text)


def plain_part(text: str) -> tuple[str, bool]:
    """What a line adds to a plain scalar outside flow collections, and whether a comment ends it there."""
    word, comment, _ = text.partition(" #")
    word = word.rstrip(" ")
    if ": " in word or word[-1] == ":":
        raise Odd
    return word, bool(comment)


def _quoted(text: str) -> tuple[str, str]:
    """A quoted text that ends on its line, and what follows it."""
    end = text.find(text[0], 1)
    if text[0] == "'":
        while end > 0 and text[end + 1 : end + 2] == "'":
            end = text.find("'", end + 2)
        if end < 0:
            raise Odd
        return text[1:end].replace("''", "'"), text[end + 1 :]
    parts: list[str] = []
    at = 1
    while end > 0:
        slash = text.find("\\", at, end)
        if slash < 0:
            return "".join(parts) + text[at:end], text[end + 1 :]
        parts += [text[at:slash], _ESCAPES.get(text[slash + 1]) or odd()]
        at = slash + 2
        if end < at:
            end = text.find('"', at)
    raise Odd


def _flow(text: str, depth: int, plain: Plain) -> tuple[object, str]:
    """A flow collection that ends on its line, and what follows it."""
    if depth > MAX_DEPTH or len(text) > _MAX_FLOW:
        raise Odd
    items: list[object] = []
    members: dict[object, object] = {}
    close = "}" if text[0] == "{" else "]"
    rest = text[1:].lstrip(" ")
    while rest[:1] != close:
        if close == "}":
            key, rest = key_of(rest, plain) or odd()
            if key in members:
                raise Odd
            members[key], rest = _entry(rest, depth, plain)
        else:
            value, rest = _entry(rest, depth, plain)
            items.append(value)
        rest = rest.lstrip(" ")
        if rest[:1] == ",":
            rest = rest[1:].lstrip(" ")
            if rest[:1] == close:
                raise Odd
        elif rest[:1] != close:
            raise Odd
    return members if close == "}" else items, rest[1:]


def _entry(text: str, depth: int, plain: Plain) -> tuple[object, str]:
    """A value in a flow collection, and what follows it."""
    if text[:1] in ("'", '"', "[", "{"):
        return inline(text, depth, plain)
    end = next((at for at, sign in enumerate(text) if sign in ",[]{}?"), 0)
    word = text[:end].rstrip(" ")
    if not word or text[end] in "[{?" or text[0] in _SIGNS or is_item(word) or " #" in word:
        raise Odd
    if not all(part[:1].isalnum() or part[:1] == "/" for part in word.split(":")[1:]):
        raise Odd
    return plain(word), text[end:]


def odd() -> NoReturn:
    """Raise Odd."""
    raise Odd
