"""The one exception base of the package; its message is what a person reads."""


class LineError(Exception):
    """A refusal: one line that names the subject, the place and the remedy."""
