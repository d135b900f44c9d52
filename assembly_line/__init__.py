"""assembly-line: a deterministic engine that takes one task through a line of subagents."""

__version__ = "0.1.0"
