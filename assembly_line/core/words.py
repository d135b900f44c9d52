"""Reads a Bash command line as operators and words."""

import re
from typing import NamedTuple

_OPERATORS = re.compile(r"&&|\|\||;;|\|&|&>>|&>|>>|>&|>\||<<<|<<-|<<|<&|<>|[;&|<>()\n]")
_BLANK = " \t\r"
_ENDS_WORD = frozenset(" \t\r\n;&|<>()")
_LITERAL = re.compile(r"[\w@%+=:,./-]")
_ACTIVE = frozenset("*?[]{}~")
_NAME = re.compile(r"\$(?:\w+|[?!#@*$-])")
_CLOSING = {"(": ")", "{": "}", '"': '"'}


class Unreadable(Exception):
    """The sign of a construct that cannot be judged."""


class Word(NamedTuple):
    """A word without its quotes, and in one form for all ways to quote it, in which expansions stay apart."""

    value: str
    form: str
    bare: bool  # without quotes, so that it may be a keyword
    inner: tuple[str, ...] = ()  # the scripts whose output it takes: of $(…), `…`, <(…)


Token = tuple[str, Word | None]  # an operator, or "" and the word


def tokens(text: str) -> list[Token]:
    """The operators and words; a heredoc's word is its body. Unreadable when a quote or bracket is not closed."""
    found: list[Token] = []
    waiting: list[tuple[int, Word, bool]] = []  # heredocs: place of the word, delimiter, with tabs stripped
    at = 0
    while at < len(text):
        if text[at] in _BLANK:
            at += 1
        elif text.startswith("\\\n", at):
            at += 2
        elif text[at] == "#":
            at = _or_end(text.find("\n", at), text)
        elif text.startswith(("<(", ">("), at) or not (match := _OPERATORS.match(text, at)):
            word, at = _word(text, at)
            here = found[-1][0] if found else ""
            if here in ("<<", "<<-"):
                waiting.append((len(found), word, here == "<<-"))
            is_descriptor = word.bare and word.value.isdigit() and text[at : at + 1] in ("<", ">")
            if not is_descriptor:
                found.append(("", word))
        else:
            at = match.end()
            found.append((match[0], None))
            if match[0] == "\n" and waiting:
                for place, delimiter, tabs in waiting:
                    body, at = _heredoc(text, at, delimiter.value, tabs)
                    found[place] = ("", Word(body, _literal(body), False, scripts(body) if delimiter.bare else ()))
                waiting = []
    if waiting:
        raise Unreadable("a heredoc without its end")
    return found


def _or_end(at: int, text: str) -> int:
    return len(text) if at < 0 else at


def _heredoc(text: str, at: int, delimiter: str, tabs: bool) -> tuple[str, int]:
    begin = at
    while at < len(text):
        end = _or_end(text.find("\n", at), text)
        line = text[at:end]
        if (line.lstrip("\t") if tabs else line) == delimiter:
            return text[begin:at], end
        at = end + 1
    raise Unreadable("a heredoc without its end")


def _word(text: str, at: int) -> tuple[Word, int]:
    values: list[str] = []
    forms: list[str] = []
    begin = at

    def literal(part: str) -> None:
        values.append(part)
        forms.append(_literal(part))

    while at < len(text) and (text[at] not in _ENDS_WORD or (at == begin and text.startswith(("<(", ">("), at))):
        start, char = at, text[at]
        if char == "\\":
            literal(text[at + 1 : at + 2].replace("\n", ""))
            at += 2
        elif char == "'":
            at = _closing(text, at, "'")
            literal(text[start + 1 : at - 1])
        elif char == '"':
            at = _double(text, at, values, forms)
        elif char in "$`<>":
            at = _expansion(text, at)
            values.append(text[start:at])
            forms.append(text[start:at])
        elif char in _ACTIVE:
            at += 1
            values.append(char)
            forms.append(char)
        else:
            at += 1
            literal(char)
    raw = text[begin:at]
    is_bare = not set(raw) & set("\\'\"$`")
    inner = scripts(raw) if "(" in raw or "`" in raw else ()
    return Word("".join(values), "".join(forms) or "''", is_bare, inner), at


def scripts(text: str) -> tuple[str, ...]:
    """The scripts in a text whose output the shell puts into it, but not those within them."""
    found: list[str] = []
    at, quoted = 0, False
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 2
        elif char == "'" and not quoted:
            at = _closing(text, at, "'")
        elif char == "`":
            end = _closing(text, at, "`")
            found.append(text[at + 1 : end - 1].replace("\\", ""))
            at = end
        elif text.startswith(("$(", "<(", ">("), at) and not (quoted and char != "$"):
            end = _expansion(text, at, quoted)
            is_sum = text.startswith("$((", at) and text[end - 2 : end] == "))"
            found += scripts(text[at + 3 : end - 2]) if is_sum else (text[at + 2 : end - 1],)
            at = end
        else:
            quoted ^= char == '"'
            at += 1
    return tuple(found)


def _literal(text: str) -> str:
    return "".join(char if _LITERAL.match(char) else f"\\{char}" for char in text)


def _closing(text: str, at: int, quote: str) -> int:
    end = text.find(quote, at + 1)
    if end < 0:
        raise Unreadable("a quote that is not closed")
    return end + 1


def _double(text: str, at: int, values: list[str], forms: list[str]) -> int:
    at += 1
    while at < len(text):
        char, start = text[at], at
        if char == '"':
            return at + 1
        if char in "$`":
            at = _expansion(text, at, quoted=True)
            values.append(text[start:at])
            forms.append(f'"{text[start:at]}"' if at > start + 1 else "\\$")
            continue
        if char == "\\" and text[at + 1 : at + 2] in ('"', "\\", "$", "`", "\n"):
            at += 1
            char = text[at].replace("\n", "")
        at += 1
        values.append(char)
        forms.append(_literal(char))
    raise Unreadable("a quote that is not closed")


def _expansion(text: str, at: int, quoted: bool = False) -> int:
    """The end of $x, $(…), ${…}, <(…) or `…` that starts here; in quotes of its own, brackets are text."""
    if text[at] == "`":
        return _closing(text, at, "`")
    if text.startswith("$'", at) and not quoted:
        end = at + 2
        while end < len(text) and text[end] != "'":
            end += 2 if text[end] == "\\" else 1
        return _closing(text, end - 1, "'")
    if text[at + 1 : at + 2] not in ("(", "{"):
        return max(match.end() if (match := _NAME.match(text, at)) else 0, at + 1)
    stack: list[str] = []
    at += 1
    while at < len(text):
        char, inside = text[at], stack[-1] if stack else ""
        if char == "\\":
            at += 1
        elif char == "'" and inside != '"':
            at = _closing(text, at, "'") - 1
        elif char == _CLOSING.get(inside):
            stack.pop()
            if not stack:
                return at + 1
        elif char == '"' or (char in "({" and (not stack or char == inside == "(" or text[at - 1] == "$")):
            stack.append(char)
        at += 1
    raise Unreadable("a bracket that is not closed")
