"""The structure of a Bash command line: its lists, pipelines and groups, as far as it must be judged as evidence."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from assembly_line.core.words import Token, Unreadable, Word, tokens

MAX_CHARS = 4000
_MAX_DEPTH = 20
_REDIRECTIONS = ("<", ">")  # an operator that holds one of these
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
CLOSERS = {"(": ")", "{": "}", "if": "fi", "for": "done", "while": "done", "until": "done", "select": "done"}
_BETWEEN = ("do", "then", "else", "elif")
_OPAQUE = {"function": "a function definition", "case": "case", "coproc": "coproc"}


class Simple(NamedTuple):
    """One program with its words, without its assignments and redirections."""

    words: tuple[Word, ...] = ()
    assignments: tuple[Word, ...] = ()
    redirections: tuple[tuple[str, Word], ...] = ()  # the heredoc's word is its body


class Group(NamedTuple):
    """A list in brackets, or in a compound command."""

    opener: str  # ( or { or a keyword
    body: tuple["Element", ...]
    redirections: tuple[tuple[str, Word], ...] = ()


class Pipe(NamedTuple):
    """A pipeline."""

    parts: tuple[Simple | Group, ...]
    negated: bool = False


class Element(NamedTuple):
    """Pipelines that are joined by && and ||, up to the next ; or & or line end."""

    pipes: tuple[Pipe, ...]
    joins: tuple[str, ...] = ()
    background: bool = False


Script = tuple[Element, ...]


def parse(text: str, depth: int = 0) -> Script:
    """The command line's elements; Unreadable when it is too long, not whole or holds what is not judged."""
    if len(text) >= MAX_CHARS:
        raise Unreadable(f"a command line of {MAX_CHARS} characters or more")
    return _Parser(tokens(text), depth).script("")


class _Parser:
    def __init__(self, tokens: list[Token], depth: int) -> None:
        self.tokens, self.at, self.depth = tokens, 0, depth

    def operator(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def keyword(self) -> str:
        word = self.tokens[self.at][1] if self.at < len(self.tokens) else None
        return word.value if word is not None and word.bare else ""

    def skip(self, *operators: str) -> None:
        while self.operator() in operators and self.operator():
            self.at += 1

    def script(self, closer: str) -> Script:
        """The elements up to the closing word or bracket, which is taken too."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise Unreadable("too many levels")
        elements: list[Element] = []
        while True:
            self.skip(";", "\n")
            while closer and self.keyword() in _BETWEEN:
                self.at += 1
            if self.at == len(self.tokens):
                if closer:
                    raise Unreadable(f"a missing {closer}")
                break
            if closer and closer in (self.operator(), self.keyword()):
                self.at += 1
                break
            element = self.element()
            if self.operator() == "&":
                self.at += 1
                element = element._replace(background=True)
            elements.append(element)
        self.depth -= 1
        return tuple(elements)

    def element(self) -> Element:
        pipes, joins = [self.pipe()], []
        while self.operator() in ("&&", "||"):
            joins.append(self.operator())
            self.at += 1
            self.skip("\n")
            pipes.append(self.pipe())
        return Element(tuple(pipes), tuple(joins))

    def pipe(self) -> Pipe:
        negated = False
        while self.keyword() == "!":
            negated = not negated
            self.at += 1
        parts = [self.command()]
        while self.operator() in ("|", "|&"):
            self.at += 1
            self.skip("\n")
            parts.append(self.command())
        return Pipe(tuple(parts), negated)

    def command(self) -> Simple | Group:
        opener = self.operator() if self.operator() == "(" else self.keyword()
        if opener in _OPAQUE:
            raise Unreadable(_OPAQUE[opener])
        if opener not in CLOSERS:
            return self.simple()
        self.at += 1
        if opener in ("for", "select"):
            while self.operator() not in (";", "\n") and self.at < len(self.tokens):
                self.at += 1
        body = self.script(CLOSERS[opener])
        return Group(opener, body, tuple(self.redirections()))

    def redirections(self) -> Iterator[tuple[str, Word]]:
        while any(sign in self.operator() for sign in _REDIRECTIONS):
            operator = self.operator()
            word = self.tokens[self.at + 1][1] if self.at + 1 < len(self.tokens) else None
            if word is None:
                raise Unreadable(operator)
            self.at += 2
            yield operator, word

    def simple(self) -> Simple:
        words: list[Word] = []
        redirections: list[tuple[str, Word]] = []
        begin = self.at
        while self.at < len(self.tokens):
            redirections += self.redirections()
            operator, word = self.tokens[self.at] if self.at < len(self.tokens) else ("", None)
            if word is None:
                in_test = words and words[0].value == "[[" and words[-1].value != "]]"
                if not in_test or not operator:
                    break
                word = Word(operator, operator, False)
            words.append(word)
            self.at += 1
        if self.operator() == "(":
            raise Unreadable("a function definition" if words else "(")
        if self.at == begin:
            raise Unreadable(self.operator() or "an empty command")
        count = next((place for place, word in enumerate(words) if not _ASSIGNMENT.match(word.form)), len(words))
        return Simple(tuple(words[count:]), tuple(words[:count]), tuple(redirections))


def walk(script: Script, inner: Callable[[Simple], Script]) -> Iterator[Simple | Group]:
    """Every program and group of a script, with those of the scripts that it holds."""
    for element in script:
        for pipe in element.pipes:
            for part in pipe.parts:
                yield part
                yield from walk(part.body if isinstance(part, Group) else inner(part), inner)
