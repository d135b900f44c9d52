"""Tells what the commands of a judge or reviewer leave behind from what they changed."""

import posixpath
from collections.abc import Iterable

from assembly_line.core.run import Dispatch, Run
from assembly_line.core.targets import targets


def by_products(run: Run, dispatch: Dispatch, changed: Iterable[str], untracked: Iterable[str]) -> tuple[str, ...]:
    """The changed files that are mere by-products: git does not track them, and nobody wrote them on purpose.

    `changed` and `untracked` are paths from the client's folder. A file that the judge's own command names as its
    target is a by-product only if no source of the run has its suffix: a log, but not a module that makes a test pass.
    """
    kind = run.kind_of(dispatch.station)
    if not kind.runs or (kind.evidence and not dispatch.commands):
        return ()
    named = {path for command in dispatch.commands for path in targets(command.text)}
    loose = set(untracked) - set(run.wrote)
    return tuple(
        path for path in changed if path in loose and not (_is_named(path, named) and is_like_a_source(run, path))
    )


def is_like_a_source(run: Run, path: str) -> bool:
    """Whether a file that was written on purpose has the path's suffix."""
    return _suffix(path) in {_suffix(source) for source in run.wrote}


def _is_named(path: str, targets: Iterable[str]) -> bool:
    """Whether a command names the path, from its own folder or by an absolute path."""
    names = [posixpath.normpath(target) for target in targets]
    return any(path == name or path.endswith(f"/{name}") or name.endswith(f"/{path}") for name in names)


def _suffix(path: str) -> str:
    return posixpath.splitext(path)[1].lower()
