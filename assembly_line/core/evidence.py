"""What a command line proves when it succeeds, and whether it could have failed."""

import re
from collections.abc import Generator

from assembly_line.core import shell
from assembly_line.core.hiding import prepares
from assembly_line.core.programs import (
    FILTERS,
    PLACES,
    SETTING,
    SHELLS,
    STEERING,
    is_idle,
    name_of,
    own_name_of,
    script_of,
    started,
)
from assembly_line.core.shell import Group, Pipe, Script, Simple
from assembly_line.core.words import Unreadable, Word

_UNREADABLE = (Unreadable, RecursionError)  # a script in a script in a script has no bound of its own
_HOME = re.compile(
    r"((?:\s*set\s+-\w+(?:\s+\w+)?\s*(?:&&|;|\n))*)"  # settings of the shell
    r"\s*cd\s+(?:--\s+)?(\"[^\"]+\"|'[^']+'|[^\s;&|\"']+)\s*(?:&&|;|\n)\s*(?=\S)"
)


def normal(command: str) -> str:
    """A command line in one form for all quotes and blanks, to be compared; as it is when it cannot be read."""
    try:
        return " ".join(_render(shell.parse(command)).split())
    except _UNREADABLE:
        return " ".join(command.split())


def at_home(command: str, folder: str = "") -> str:
    """A command line without a first change to the project's folder; any absolute one counts when it is unknown.

    Settings of the shell may stand before it.
    """
    match = _HOME.match(command)
    if match is None:
        return command
    settings, place = match[1], match[2].strip("\"'").rstrip("/") or "/"
    here = place == folder.rstrip("/") if folder else place.startswith("/")
    return settings.lstrip() + command[match.end() :] if here or place == "." else command


def proves(command: str) -> tuple[str, ...]:
    """The runs that all succeeded if the command line did and hides nothing, each with the folder it was in."""
    try:
        found = [_run(context, pipe) for context, pipe in _proofs(shell.parse(command), "")]
    except _UNREADABLE:
        found = []
    return tuple(dict.fromkeys(found)) or (normal(command),)


def core(command: str) -> str:
    """What a command line really runs: without filters, redirections, settings and preparation."""
    runs = proves(command)
    return " && ".join(f"({run})" if len(runs) > 1 and " && " in run else run for run in runs)


def could_fail(command: str) -> bool:
    """Whether a command line runs something that can fail, and not only prints, lists or asks for help."""
    try:
        return any(not is_idle(part) for _, pipe in _proofs(shell.parse(command), "") for part in pipe.parts)
    except _UNREADABLE:
        return False


def _proofs(script: Script, context: str) -> Generator[tuple[str, Pipe], None, str]:
    """The pipelines that must have succeeded, each after the changes of folder that lead to it; the last of these."""
    for element in script:
        if element.background:
            continue
        for join, pipe in zip(("", *element.joins), element.pipes, strict=True):
            part = pipe.parts[0]
            if join == "||":
                continue
            pipe = _without_filters(pipe)
            if len(pipe.parts) > 1 or pipe.negated:
                yield context, pipe
            elif isinstance(part, Group):
                if part.opener in "({":
                    after = yield from _proofs(part.body, context)
                    context = after if part.opener == "{" else context
            elif name_of(part) in SHELLS and (inner := script_of(part)):
                given = "".join(f"{word.form} && " for word in started(part).assignments if STEERING.match(word.form))
                yield from _proofs(inner, context + given)
            elif own_name_of(part) in PLACES or any(STEERING.match(word.form) for word in _given(part)):
                context += f"{_simple(part)} && "
            elif not prepares(part) or len(script) == len(element.pipes) == 1:
                yield context, pipe
    return context


def _given(simple: Simple) -> tuple[Word, ...]:
    """The variables that a preparation sets for what follows."""
    if simple.words:
        return simple.words[1:] if own_name_of(simple) in SETTING else ()
    return simple.assignments


def _without_filters(pipe: Pipe) -> Pipe:
    parts = list(pipe.parts)
    while len(parts) > 1 and name_of(parts[-1]) in FILTERS:
        parts.pop()
    return pipe._replace(parts=tuple(parts))


def _run(context: str, pipe: Pipe) -> str:
    parts = " | ".join(_simple(part) if isinstance(part, Simple) else _render_part(part) for part in pipe.parts)
    return " ".join(f"{context}{'! ' if pipe.negated else ''}{parts}".split())


def _simple(simple: Simple) -> str:
    program = started(simple)
    steering = [word for word in program.assignments if STEERING.match(word.form)]
    inputs = [f"{operator}{word.form}" for operator, word in simple.redirections if operator.startswith("<")]
    return " ".join([*(word.form for word in (*steering, *program.words)), *inputs])


def _render(script: Script) -> str:
    return " ".join(
        "".join(
            f"{join and f' {join} '}{'! ' if pipe.negated else ''}{' | '.join(map(_render_part, pipe.parts))}"
            for join, pipe in zip(("", *element.joins), element.pipes, strict=True)
        )
        + (" &" if element.background else ";")
        for element in script
    ).removesuffix(";")


def _render_part(part: Simple | Group) -> str:
    redirections = [f"{operator}{word.form}" for operator, word in part.redirections]
    if isinstance(part, Simple):
        return " ".join([*(word.form for word in (*part.assignments, *part.words)), *redirections])
    return " ".join([part.opener, _render(part.body), shell.CLOSERS[part.opener], *redirections])
