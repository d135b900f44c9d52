"""Stub."""


def head(root: str) -> str:
    """Stub."""
    return ""


def branch(root: str) -> str:
    """Stub."""
    return ""


def dirty(root: str) -> tuple[str, ...]:
    """Stub."""
    return ()
