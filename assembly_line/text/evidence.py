"""What a judge is told of a command that proves nothing."""

from assembly_line.core import verdict


def none_of(why: str) -> str:
    """That a command is no evidence, with the way out."""
    return f"assembly-line: this command is no evidence: {why}; {verdict.ALONE}."
