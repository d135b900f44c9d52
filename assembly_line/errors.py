"""The package's base exception; its message is shown to people as it is."""


class LineError(Exception):
    """A refusal: one line that names the subject, the place and the remedy."""
