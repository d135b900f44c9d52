"""What is in the work tree but not a source: the engine's own files, and what test runs and builds leave behind."""

import functools
import re

from assembly_line import paths

# Written by the engine; never sources.
OWN = (
    paths.BUNDLES,
    paths.JOURNALS,
    f"{paths.PLANNING}/.*-state.yaml*",  # and what a killed writer left
    f"{paths.SUMMARIES}/*-summary.md*",
    f"{paths.SUMMARIES}/*-failure.md*",
)
# Left behind by test runs and builds; not a change as long as git does not track it.
# fmt: off
CACHES = (
    "__pycache__", "*.pyc", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".tox", ".nox",
    ".venv", ".eggs", "*.egg-info", ".benchmarks", ".coverage", ".coverage.*", "coverage.xml", "htmlcov",
    "lcov.info", "coverage", ".nyc_output", ".cache", "node_modules", "*.tsbuildinfo", ".next", ".turbo",
    ".parcel-cache", "test-results", "playwright-report", ".phpunit.result.cache", ".rspec_status", ".gradle",
    ".DS_Store",
)
# fmt: on


def is_own(path: str) -> bool:
    """Whether a path from the project's root is one of the engine's own files or in one of its folders."""
    return _own().match(path) is not None


@functools.cache
def _own() -> re.Pattern[str]:
    names = (re.escape(name).replace(r"\*", "[^/]*") for name in OWN)
    return re.compile(rf"(?:{'|'.join(names)})(?:/|\Z)")


def is_cached(path: str) -> bool:
    """Whether a path or a folder above it has the name of a cache."""
    return any(_matches(name, pattern) for name in path.split("/") for pattern in CACHES)


def _matches(name: str, pattern: str) -> bool:
    if pattern[0] == "*":
        return name.endswith(pattern[1:])
    return name.startswith(pattern[:-1]) if pattern[-1] == "*" else name == pattern
