"""The private index: what a commit of everything would hold, kept in the vault and brought up to date at each look.

It takes from the person's index what is tracked, and nothing of what that says about files: each is read here at least
once, and again whenever its times differ.
"""

import hashlib
import os
import time
from typing import Any, NamedTuple

from assembly_line.sources import beside, note, tracked, update
from assembly_line.sources.ignored import cache_of, is_cached
from assembly_line.sources.private import Private
from assembly_line.sources.repository import Repository, above, is_below, split
from assembly_line.system import disk, git, lock

_WAIT = 20.0  # seconds for another hook's look to end
_YOUNG = 2.0  # seconds in which a file's times, as git keeps them, do not tell that it was written again
_DEPTH = 4  # repositories in repositories
_CHANGED = ["diff-files", "-z", "--raw", "--no-renames", "--ignore-submodules=all"]
_NEW = ["--literal-pathspecs", "ls-files", "-z", "-o", "--exclude-standard", "--"]
_IGNORED = ["ls-files", "-z", "-c", "-i", "--exclude-standard"]

Known = dict[str, Any]  # what was noted with the last look


class Seen(NamedTuple):
    """What a look found."""

    tree: str
    beside: str = ""  # the name of the states of what lies beside the tree
    caches: tuple[str, ...] = ()  # untracked files and folders that are no sources by their names


class _Listed(NamedTuple):
    """What git lists as different from the index."""

    changed: dict[str, update.Entry]  # with their entries in the index
    new: list[str]
    nested: list[str]  # repositories that nothing tracks
    caches: set[str]


class Index:
    """A repository's private index; `out` are paths that are no part of it, `kept` are sources despite their names."""

    def __init__(
        self,
        where: Repository,
        folder: str,
        key: bytes,
        out: frozenset[str],
        kept: frozenset[str] = frozenset(),
        depth: int = 0,
    ) -> None:
        self._where, self._key, self._out, self._kept, self._depth = where, key, out, kept, depth
        self.private = Private(where, folder)
        self._note, self._lock = os.path.join(folder, "index.note"), os.path.join(folder, "lock")

    def look(self) -> Seen | None:
        """The sources as they are now; None when git fails or the repository does not hold the project."""
        if not self._is_ours():
            return None
        with lock.hold(self._lock, _WAIT):
            settings = self.private.prepared()
            return None if settings is None else self._looked(settings)

    def touched(self) -> tuple[str, ...]:
        """The files that were written since this was last asked and hold again what they held before."""
        with lock.hold(self._lock, _WAIT):
            known = note.load(self._note, self._key)
            if known.get("touched"):
                note.save(self._note, self._key, known | {"touched": []})
            return tuple(known.get("touched", ()))

    def without(self, paths: list[str]) -> str | None:
        """The tree as it was last, without some paths and what is below them."""
        scratch = f"{self.private.index}.{os.getpid()}.tmp"  # which is swept if this process is killed
        disk.write(scratch, disk.read(self.private.index) or b"", durable=False)
        private = Private(self._where, self.private.folder, scratch)
        try:
            names = private.names(["--literal-pathspecs", "ls-files", "-z", "--", *sorted(paths)])
            if names is None or not update.drop(private, names):
                return None
            return update.tree(private)
        finally:
            disk.remove(scratch)
            disk.remove(f"{scratch}.lock")

    def _is_ours(self) -> bool:
        """Whether the project belongs to this repository at all, and is not ignored by one that is above it."""
        if not self._where.prefix or os.path.exists(self.private.index):
            return True
        folder = self._where.prefix[:-1]
        if self._where.run(["check-ignore", "-q", "--", folder]) is None:
            return True
        return bool(self._where.names(["--literal-pathspecs", "ls-files", "-z", "--", folder]))

    def _looked(self, settings: dict[str, str]) -> Seen | None:
        begun, purpose = time.time(), [*self._where.place, self._where.prefix, self._where.only, settings]
        noted = note.load(self._note, self._key)
        known = dict(noted)
        is_new = noted.get("for") != purpose or noted.get("index") != disk.stamp(self.private.index)
        if is_new:  # also when a look was killed, or somebody else has written our index
            disk.remove(self.private.index)
            known = {"for": purpose, "tree": "", "copied": noted.get("copied", 0), "theirs": None}
            known |= {"extra": [], "gone": {}, "young": {}, "sparse": [], "links": [], "modules": [], "touched": []}
        aside = [sorted(self._out), sorted(self._kept)]
        if not tracked.follow(self.private, known, settings, aside, self._counts, self._counts_new):
            return None
        listed = self._listed(known)
        if listed is None:
            return None
        done = update.apply(self.private, {*listed.changed, *listed.new}, {*listed.nested, *known["modules"]})
        if done is not None and done.uncovered:  # what stands in the place of a folder is seen only now
            again = self._listed(known)
            more = update.apply(self.private, again.new, ()) if again else None
            done = done.joined(more) if more else None
        if done is None or not self._noted(known, listed, done, is_new):
            return None
        young = {path: stamp for path, stamp in known["young"].items() if path not in done.removed} | done.stamps
        known["young"] = {path: stamp for path, stamp in young.items() if stamp[2] > (begun - _YOUNG) * 1e9}
        known["index"] = disk.stamp(self.private.index)
        if known != noted:
            note.save(self._note, self._key, known)
        return Seen(known["tree"], self._beside(known), tuple(sorted(listed.caches)))

    def _noted(self, known: Known, listed: _Listed, done: update.Done, is_new: bool) -> bool:
        """Note what an update did, and the tree after it; whether git could write that."""
        held = {*known["extra"], *listed.nested, *(done.stamps.keys() - listed.changed.keys())}
        known["extra"] = sorted(held - done.removed)
        lost = (done.removed & listed.changed.keys()) - held
        known["gone"] = {**known["gone"], **{path: listed.changed[path] for path in lost}}
        known["links"] = sorted({*known["links"], *done.links} - done.removed)
        known["modules"] = sorted({*known["modules"], *listed.nested} - done.removed)
        if known["tree"] and not (done.stamps or done.removed or known["modules"]):
            return True
        before, tree = known["tree"], update.tree(self.private)
        if tree is None:
            return False
        self.private.drop_copies()
        known["tree"] = tree
        differs = self._differing(before, tree) if tree != before else set()
        known["copied"] += update.copy(
            self.private, differs & done.stamps.keys(), listed.changed, update.MAX_COPIED - known["copied"]
        )
        if before:
            again = listed.changed.keys() & done.stamps.keys() - differs
            known["touched"] = sorted({*known["touched"], *again})
        return True

    def _listed(self, known: Known) -> _Listed | None:
        """What differs from our index; what is ignored by now and only we have added leaves it first."""
        if not self._forget(known, self._swallowed(known["extra"])):
            return None
        calls = [_CHANGED, [*_NEW, self._where.only or "."], *([_IGNORED] if known["extra"] else [])]
        place = self._where.place
        found = git.together(place.top, [(words, b"") for words in calls], self.private.variables, self._where.watched)
        outputs = [split(output) for output in found if output is not None]
        ignored = {*outputs[2]} & {*known["extra"]} if len(outputs) == 3 else set()
        young = [path for path, stamp in known["young"].items() if disk.stamp(self._full(path)) != stamp]
        doubted = update.doubt(self.private, [path for path in young if path not in ignored])
        if len(outputs) != len(calls) or doubted is None or not self._forget(known, ignored):
            return None
        words = [fact.split(" ") for fact in outputs[0][::2]]
        entries = {path: (fact[0][1:], fact[2]) for fact, path in zip(words, outputs[0][1::2], strict=True)}
        changed = {path: entry for path, entry in (doubted | entries).items() if path not in ignored}
        new: list[str] = []
        nested: list[str] = []
        caches: set[str] = set()
        for path in outputs[1]:
            name = path.rstrip("/")
            if not self._counts_new(name):
                caches |= {cache_of(name)} if self._counts(name) else set()
            else:
                (nested if path.endswith("/") else new).append(name)
        return _Listed(changed, new, nested, caches)

    def _forget(self, known: Known, paths: set[str]) -> bool:
        """Take files that only we have added out of our index again; whether that was possible."""
        if paths:
            known |= {name: sorted({*known[name]} - paths) for name in ("extra", "links", "modules")} | {"tree": ""}
        return update.drop(self.private, paths)

    def _swallowed(self, paths: list[str]) -> set[str]:
        """Those of some files that are in a nested repository by now."""
        folders = {folder for path in paths for folder in above(path)}
        nested = frozenset(folder for folder in folders if git.at(self._full(folder)) is not None)
        return {path for path in paths if is_below(path.rpartition("/")[0], nested)}

    def _differing(self, before: str, after: str) -> set[str]:
        """The files that differ between two trees; without the first, from the last commit."""
        head = "" if before else (self._where.run(["rev-parse", "-q", "--verify", "HEAD^{tree}"]) or b"").decode()
        base = before or head.strip()
        if not base:
            return set(self.private.names(["ls-files", "-z"]) or ())
        return set(self.private.names(["diff-tree", "-r", "-z", "--name-only", "--no-renames", base, after]) or ())

    def _beside(self, known: Known) -> str:
        """The name of the states of nested repositories and of what links that leave lead to."""
        folder, states = self.private.folder, {}
        for path in known["modules"] if self._depth < _DEPTH else ():
            place = git.at(self._full(path))
            if place is not None:
                states[path] = self.nested(path, place).state()
        for path in known["links"]:
            if beside.is_leaving(self._where, path):
                states[path] = beside.state_of(self._full(path))
        return beside.kept(os.path.join(folder, "beside"), states)

    def nested(self, path: str, place: git.Place) -> "Index":
        """The private index of a nested repository."""
        name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
        folder = os.path.join(self.private.folder, "nested", name)
        out = frozenset(item[len(path) + 1 :] for item in self._out if item.startswith(f"{path}/"))
        return Index(Repository(place, place.top, "", ""), folder, self._key, out, depth=self._depth + 1)

    def state(self) -> str:
        """The state of the sources as one word."""
        seen = self.look()
        return f"{seen.tree}+{seen.beside}".rstrip("+") if seen else "unreadable"

    def _full(self, path: str) -> str:
        return os.path.join(self._where.place.top, path)

    def _counts_new(self, path: str) -> bool:
        return self._counts(path) and (path in self._kept or not is_cached(path))

    def _counts(self, path: str) -> bool:
        return self._where.is_watched(path) and not is_below(path, self._out)
