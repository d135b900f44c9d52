"""What all commands share: where the project is, and output that no terminal acts on."""

import os
from collections.abc import Callable
from typing import Any, NoReturn, TextIO

import click

from assembly_line.untrusted import terminal

LINE = 4000  # characters
HELP = {"help_option_names": ["-h", "--help"]}


def root_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option that names the project, given to the command as an absolute path."""
    return click.option(
        "--root",
        type=click.Path(exists=True, file_okay=False),
        default=".",
        callback=lambda _context, _option, value: os.path.abspath(value),
        help="The project's folder; the present one when left out.",
    )(command)


def say(text: str, error: bool = False) -> None:
    """Print text line by line, with everything escaped that a terminal would act on."""
    for line in text.split("\n"):
        click.echo(terminal.clean(line, LINE), err=error)


def refuse(error: object, status: int = 1) -> NoReturn:
    """End with one line on standard error."""
    say(f"assembly-line: {error}", error=True)
    raise click.exceptions.Exit(status)


def colours(stream: TextIO) -> bool:
    """Whether colour suits a stream: a terminal that can show it, and a person who did not set NO_COLOR."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
