"""The sources of a project: their digest, what changed since an earlier one, and what git says of the repository."""

import functools
import os
import re
from collections.abc import Iterable, Iterator

from assembly_line.sources import beside, changes, repository, walk_digest
from assembly_line.sources.changes import Change
from assembly_line.sources.ignored import is_cached
from assembly_line.sources.index import Index, Seen
from assembly_line.sources.repository import branch, head
from assembly_line.storage.vault import Vault
from assembly_line.system import git

__all__ = ["Change", "Sources", "branch", "head", "plain"]

_GIT = re.compile(r"git:([0-9a-f]{40}|[0-9a-f]{64})(?:\+([0-9a-f]{16}))?")
_WALK = re.compile(r"walk:([0-9a-f]{64})")


def plain(digest: str) -> str:
    """A digest without the state of what lies beside the tree: what a commit of it can have."""
    return digest.partition("+")[0]


class Sources:
    """The sources as they are now: those of the whole repository that holds the project, or of the project's folder.

    Paths are relative to the project's root, `../` where they lie beside it. `left` are paths that are no part of the
    sources, neither they nor what is below them; `wrote` are files that are sources whatever they are called. The
    digest is computed once, when first needed.
    """

    def __init__(self, root: str, vault: Vault, left: Iterable[str] = (), wrote: Iterable[str] = ()) -> None:
        self._root, self._vault, self.left = root, vault, tuple(left)
        self.kept = _kept(wrote)
        self._folder = os.path.join(vault.folder, "git")

    def are_of(self, left: Iterable[str], wrote: Iterable[str]) -> bool:
        """Whether they are the sources without just these paths, and what was examined of them is still kept."""
        is_kept = self._index is None or os.path.exists(self._index.private.index)
        return (self.left, self.kept) == (tuple(left), _kept(wrote)) and is_kept

    @functools.cached_property
    def digest(self) -> str:
        """git:<tree>, +<state> where something lies beside it; walk:<sha256> outside a repository or without git."""
        seen = self._seen
        return _named(seen.tree, seen.beside) if seen else f"walk:{self._walk.digest(self._names(_plain(self.left)))}"

    @property
    def caches(self) -> tuple[str, ...]:
        """Untracked files and folders that are no sources by their names, from the project's root."""
        if self._seen is None or self._where is None:
            return tuple(sorted(self._walk.caches)) if self.digest else ()
        return tuple(map(self._where.outward, self._seen.caches))

    def touched(self) -> tuple[str, ...]:
        """The files that were written since this was last asked and hold again what they held before."""
        if self._where is None or self._index is None or self._seen is None:
            return self._walk.touched()
        return tuple(map(self._where.outward, self._index.touched()))

    def digest_without(self, paths: Iterable[str]) -> str:
        """The digest as it would be if some more paths were left out; "" where git fails."""
        more, seen = tuple(paths), self._seen
        if self._where is None or self._index is None or seen is None:
            return f"walk:{self._walk.without(self.digest[5:], self._names(more))}"
        names = [name for name in map(self._where.inside, more) if name]
        states = beside.known(self._beside, seen.beside) or {}
        if any(repository.is_below(name, frozenset(states)) for name in names):  # a part of what lies beside the tree
            return Sources(self._root, self._vault, (*self.left, *more), self.kept).digest
        tree = self._index.without(names) if names else seen.tree
        return "" if tree is None else _named(tree, seen.beside)

    def changes_since(self, before: str) -> tuple[Change, ...] | None:
        """The files that differ from an earlier digest; None when it cannot be told."""
        return () if before == self.digest else self.changes_between(before, self.digest)

    def changes_between(self, before: str, after: str) -> tuple[Change, ...] | None:
        """The files that differ between two digests; None when it cannot be told."""
        if _WALK.fullmatch(before) and _WALK.fullmatch(after):
            walked = self._walk.changes(before[5:], after[5:], self._names(self.left))
            return None if walked is None else tuple(Change(path, status, None, None) for path, status in walked)
        old, new = _GIT.fullmatch(before), _GIT.fullmatch(after)
        if self._index is None or not old or not new:
            return None
        found = changes.between(self._index.private, old[1], new[1], self._out)
        return found if found is None or old[2] == new[2] else (*found, *self._around(old[2] or "", new[2] or ""))

    def _around(self, before: str, after: str) -> Iterator[Change]:
        """What differs beside the tree: files of nested repositories, and links whose targets changed."""
        assert self._where is not None
        assert self._index is not None
        first, last = beside.known(self._beside, before), beside.known(self._beside, after)
        if first is None or last is None:
            yield Change("a nested repository, or what a link leads to", "M", None, None)
            return
        for path in beside.differing(first, last):
            old, new = (_GIT.fullmatch(f"git:{state.get(path, '')}") for state in (first, last))
            place, inner = git.at(os.path.join(self._where.place.top, path)), None
            if place is not None and old and new and not (old[2] or new[2]):
                inner = changes.between(self._index.nested(path, place).private, old[1], new[1], frozenset())
            for item in inner or (Change("", "M", None, None),):
                yield item._replace(path=self._where.outward(f"{path}/{item.path}".rstrip("/")))

    def knows(self, digest: str) -> bool:
        """Whether the tree of a digest is on this machine."""
        found = _GIT.fullmatch(digest)
        if self._index is None or not found:
            return bool(_WALK.fullmatch(digest))
        return self._index.private.run(["cat-file", "-e", found[1]]) is not None

    def names_in(self, digest: str) -> tuple[str, ...]:
        """The files of an earlier digest, from the project's root; () when it cannot be told."""
        found = _GIT.fullmatch(digest)
        if self._where is None or self._index is None or not found:
            return ()
        names = self._index.private.names(["ls-tree", "-r", "-z", "--name-only", found[1]]) or ()
        return tuple(map(self._where.outward, names))

    def tree_of(self, commit: str) -> str:
        """The digest of a commit's whole tree; "" when git cannot tell."""
        output = self._index and self._index.private.run(["rev-parse", "--verify", "--quiet", f"{commit}^{{tree}}"])
        return f"git:{output.decode().strip()}" if output else ""

    def dirty(self) -> tuple[str, ...]:
        """The files that differ from the last commit or are new, from the project's root."""
        last = head(self._root)
        if not self.digest.startswith("git:"):
            return ()
        if not last:
            return tuple(sorted(self.names_in(self.digest)))
        return tuple(item.path for item in self.changes_between(self.tree_of(last), self.digest) or ())

    def diff_since(self, before: str, limit: int, without: Iterable[str] = ()) -> str:
        """The unified diff from an earlier digest, of at most `limit` bytes; "" when it cannot be told."""
        old, new = _GIT.fullmatch(before), _GIT.fullmatch(self.digest)
        if self._where is None or self._index is None or not old or not new:
            return ""
        out = self._out | {name for name in map(self._where.inside, without) if name}
        return changes.text(self._index.private, old[1], new[1], out, limit)

    def ignored(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Those of some paths that are there and that git ignores."""
        if self._where is None or self._index is None or self._seen is None:
            return ()
        there = {self._where.inside(path): path for path in paths if os.path.lexists(os.path.join(self._root, path))}
        there.pop("", None)
        data = b"".join(os.fsencode(name) + b"\0" for name in there)
        found = self._index.private.names(["check-ignore", "--no-index", "-z", "--stdin"], data) if there else ()
        return tuple(there[name] for name in found or () if name in there)

    def untracked(self, paths: Iterable[str], base: str = "") -> tuple[str, ...]:
        """Those of some paths that git tracks neither now nor in the commit `base`; () where git cannot tell.

        Outside a repository `base` is an earlier digest: files that were in it count as tracked.
        """
        if self._where is None:
            return self._walk.absent(paths, base[5:]) if _WALK.fullmatch(base) else ()
        return repository.untracked(self._where, paths, base) or ()

    @functools.cached_property
    def _seen(self) -> Seen | None:
        return self._index.look() if self._index else None

    @property
    def _beside(self) -> str:
        return os.path.join(self._folder, "beside")

    @functools.cached_property
    def _where(self) -> repository.Repository | None:
        return repository.find(self._root)

    @functools.cached_property
    def _index(self) -> Index | None:
        if self._where is None:
            return None
        kept = frozenset(map(self._where.inside, self.kept)) - {""}
        return Index(self._where, self._folder, self._vault.key(), self._out, kept)

    @functools.cached_property
    def _out(self) -> frozenset[str]:
        if self._where is None:
            return frozenset()
        names = {self._where.inside(path) for path in _plain(self.left)}
        return frozenset(names | {repository.data_folder(self._where, self._vault.data)}) - {""}

    @functools.cached_property
    def _walk(self) -> walk_digest.Walk:
        kept = self._names(self.kept)
        return walk_digest.Walk(self._root, os.path.join(self._vault.folder, "walk"), self._vault.key(), kept)

    def _names(self, paths: Iterable[str]) -> frozenset[str]:
        return frozenset(os.path.normpath(path).replace(os.sep, "/") for path in paths)


def _plain(left: Iterable[str]) -> list[str]:
    """Those of the paths that are left out for being by-products, and not by their names."""
    return [path for path in left if not is_cached(path)]


def _kept(wrote: Iterable[str]) -> tuple[str, ...]:
    return tuple(path for path in wrote if is_cached(path))


def _named(tree: str, state: str) -> str:
    return f"git:{tree}+{state}" if state else f"git:{tree}"
