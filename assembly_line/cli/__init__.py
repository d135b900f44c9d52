"""The command line of the plugin."""

from assembly_line.cli.group import main

__all__ = ["main"]
