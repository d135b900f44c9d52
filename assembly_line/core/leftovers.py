"""Tells what the commands of a judge or reviewer leave behind from what they changed."""

import posixpath
from collections.abc import Collection, Iterable

from assembly_line.core.patterns import matching
from assembly_line.core.run import Dispatch, Run
from assembly_line.core.targets import targets

# Suffixes of code, whatever the run wrote so far.
_CODE = "py js mjs cjs ts tsx jsx go rs java kt scala rb php c h cc cpp cs swift sh sql"
CODE = frozenset(f".{suffix}" for suffix in _CODE.split())
# Written anew by the tools that they belong to, mostly as they were.
_LOCKS = "package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock poetry.lock uv.lock Pipfile.lock"
LOCKS = frozenset(f"{_LOCKS} Cargo.lock Gemfile.lock composer.lock go.sum go.mod".split())


def by_products(
    run: Run, dispatch: Dispatch, untracked: Iterable[str], new: Collection[str], commands: Iterable[str]
) -> tuple[str, ...]:
    """Those of some changed files that are mere by-products: git tracks none of them, and nobody wrote them on purpose.

    `untracked` are changed files from the client's folder, `new` those of them that were not there before. A file
    like a source is a by-product only if a command made it without naming it as its target: the output of a build,
    but not a module that makes a test pass, nor one that was there.
    """
    kind = run.kind_of(dispatch.station)
    commands = list(commands)
    if not kind.runs or not commands:
        return ()
    named = [posixpath.normpath(path) for command in commands for path in targets(command)]
    written = set(run.wrote)
    return tuple(
        path
        for path in untracked
        if path not in written and not (is_like_a_source(run, path) and (path not in new or _is_named(path, named)))
    )


def folded(paths: Iterable[str], judged: Iterable[str]) -> tuple[str, ...]:
    """The paths, with those below a folder that holds no judged file folded into the topmost such folder."""
    kept = {folder for path in judged for folder in _above(path)}
    return tuple(dict.fromkeys(next((item for item in _above(path) if item not in kept), path) for path in paths))


def _above(path: str) -> list[str]:
    """The folders above a path, the topmost first."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: number + 1]) for number in range(len(parts))]


def is_like_a_source(run: Run, path: str) -> bool:
    """Whether a path has the suffix of code, or of a file that was written on purpose."""
    return _suffix(path) in CODE or _suffix(path) in {_suffix(source) for source in run.wrote} - {""}


def _is_named(path: str, names: Iterable[str]) -> bool:
    """Whether a command names the path, from its own folder or by an absolute path."""
    return any(path == name or path.endswith(f"/{name}") or name.endswith(f"/{path}") for name in names)


def steering(paths: Iterable[str], generated: tuple[str, ...]) -> tuple[str, ...]:
    """Those of some files that were written again as they were that no tool is known to rewrite so.

    `generated` are patterns of those that the project's own commands rewrite, as its configuration says.
    """
    found = [path for path in paths if posixpath.basename(path) not in LOCKS]
    known = {*matching(found, generated)}
    return tuple(path for path in found if path not in known)


def _suffix(path: str) -> str:
    return posixpath.splitext(path)[1].lower()
