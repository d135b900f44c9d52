"""The commands that a PASS needs seen to succeed."""

from assembly_line.core.run import Run


def checks(run: Run) -> tuple[str, ...]:
    """The commands that a PASS needs seen to succeed."""
    return ()
