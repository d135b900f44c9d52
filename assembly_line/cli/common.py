"""What all commands share: the --root option, and output without terminal control characters."""

import os
from collections.abc import Callable
from typing import Any, NoReturn, TextIO

import click

from assembly_line.untrusted import terminal

LINE = 4000  # characters
HELP = {"help_option_names": ["-h", "--help"]}


def root_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option --root; the command gets an absolute path."""
    return click.option(
        "--root",
        type=click.Path(exists=True, file_okay=False),
        default=".",
        callback=lambda _context, _option, value: os.path.abspath(value),
        help="The project's folder; the current one by default.",
    )(command)


def say(text: str, error: bool = False) -> None:
    """Print text line by line, with terminal control characters escaped."""
    for line in text.split("\n"):
        click.echo(terminal.clean(line, LINE), err=error)


def refuse(error: object, status: int = 1) -> NoReturn:
    """Print one line on standard error and exit."""
    say(f"assembly-line: {error}", error=True)
    raise click.exceptions.Exit(status)


def colours(stream: TextIO) -> bool:
    """Whether to use colour on a stream: it is a capable terminal, and NO_COLOR is not set."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
