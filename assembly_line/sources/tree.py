"""The sources of a project: their digest, what changed since an earlier one, and what git says of the repository."""

import functools
import os
import re
from collections.abc import Iterable

from assembly_line.sources import changes, repository, walk_digest
from assembly_line.sources.changes import Change
from assembly_line.sources.index import Index, objects
from assembly_line.sources.repository import branch, dirty, head
from assembly_line.storage.vault import Vault

__all__ = ["Change", "Sources", "branch", "dirty", "head"]


_GIT = re.compile(r"git:([0-9a-f]{40}|[0-9a-f]{64})")
_WALK = re.compile(r"walk:([0-9a-f]{64})")


class Sources:
    """The sources as they are now: those of the whole repository that holds the project, or of the project's folder.

    Paths are relative to the project's root, `../` where they lie beside it. `left` are paths that are no part of the
    sources, neither they nor what is below them. The digest is computed once, when first needed.
    """

    def __init__(self, root: str, vault: Vault, left: Iterable[str] = ()) -> None:
        self._root, self._vault, self.left = root, vault, tuple(left)
        self._folder = os.path.join(vault.folder, "git")

    @functools.cached_property
    def digest(self) -> str:
        """git:<tree> or, outside a repository or where git fails, walk:<sha256>; git-ignored files do not count."""
        tree = self._index.tree() if self._index else None
        return f"walk:{self._walk.digest(self._names(self.left))}" if tree is None else f"git:{tree}"

    def digest_without(self, paths: Iterable[str]) -> str:
        """The digest as it would be if some more paths were left out; "" where git fails."""
        more, digest = tuple(paths), self.digest
        if self._where is None or self._index is None or not digest.startswith("git:"):
            return f"walk:{self._walk.without(digest[5:], self._names(more))}"
        names = [name for name in map(self._where.inside, more) if name]
        tree = self._index.without(names) if names else digest[4:]
        return "" if tree is None else f"git:{tree}"

    def changes_since(self, before: str) -> tuple[Change, ...] | None:
        """The files that differ from an earlier digest; None when it cannot be told."""
        return () if before == self.digest else self.changes_between(before, self.digest)

    def changes_between(self, before: str, after: str) -> tuple[Change, ...] | None:
        """The files that differ between two digests; None when it cannot be told."""
        if _WALK.fullmatch(before) and _WALK.fullmatch(after):
            found = self._walk.changes(before[5:], after[5:], self._names(self.left))
            return None if found is None else tuple(Change(path, status, None, None) for path, status in found)
        if self._where is None or not (_GIT.fullmatch(before) and _GIT.fullmatch(after)):
            return None
        return changes.between(self._where, self._folder, before[4:], after[4:], self._out)

    def knows(self, digest: str) -> bool:
        """Whether the tree of a digest is on this machine."""
        if self._where is None or not _GIT.fullmatch(digest):
            return bool(_WALK.fullmatch(digest))
        return self._where.run(["cat-file", "-e", digest[4:]], objects(self._where, self._folder)) is not None

    def names_in(self, digest: str) -> tuple[str, ...]:
        """The files of an earlier digest, from the project's root; () when it cannot be told."""
        if self._where is None or not _GIT.fullmatch(digest):
            return ()
        words = ["ls-tree", "-r", "-z", "--name-only", digest[4:]]
        return tuple(map(self._where.outward, self._where.names(words, objects(self._where, self._folder)) or ()))

    def tree_of(self, commit: str) -> str:
        """The digest of a commit's whole tree; "" when git cannot tell."""
        output = self._where and self._where.run(["rev-parse", "--verify", "--quiet", f"{commit}^{{tree}}"])
        return f"git:{output.decode().strip()}" if output else ""

    def diff_since(self, before: str, limit: int, without: Iterable[str] = ()) -> str:
        """The unified diff from an earlier digest, of at most `limit` bytes; "" when it cannot be told."""
        if self._where is None or not (_GIT.fullmatch(before) and _GIT.fullmatch(self.digest)):
            return ""
        out = self._out | {name for name in map(self._where.inside, without) if name}
        return changes.text(self._where, self._folder, before[4:], self.digest[4:], out, limit)

    def untracked(self, paths: Iterable[str], base: str = "") -> tuple[str, ...]:
        """Those of some paths that git tracks neither now nor in the commit `base`; () where git cannot tell.

        Outside a repository `base` is an earlier digest: files that were in it count as tracked.
        """
        if self._where is None:
            return self._walk.absent(paths, base[5:]) if _WALK.fullmatch(base) else ()
        return repository.untracked(self._where, paths, base) or ()

    @functools.cached_property
    def _where(self) -> repository.Repository | None:
        return repository.find(self._root)

    @functools.cached_property
    def _index(self) -> Index | None:
        return Index(self._where, self._folder, self._out) if self._where else None

    @functools.cached_property
    def _out(self) -> frozenset[str]:
        if self._where is None:
            return frozenset()
        names = {self._where.inside(path) for path in self.left}
        return frozenset(names | {repository.data_folder(self._where, self._vault.data)}) - {""}

    @functools.cached_property
    def _walk(self) -> walk_digest.Walk:
        return walk_digest.Walk(self._root, os.path.join(self._vault.folder, "walk"))

    def _names(self, paths: Iterable[str]) -> frozenset[str]:
        return frozenset(os.path.normpath(path).replace(os.sep, "/") for path in paths)
