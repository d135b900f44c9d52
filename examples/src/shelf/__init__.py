"""shelf lends the books of a small library and knows where each one is."""

__version__ = "0.3.0"
