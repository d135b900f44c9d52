"""Landing: a task that was completed since the base commit is worth what was judged, so that must be what is committed.

A PASS belongs to one tree. It holds for HEAD if HEAD has that tree, or if another task was worked on exactly that tree
and holds for HEAD itself. Squashing, rebasing and merging make other commits of the same tree, so all of them pass.
"""

import posixpath
import re

from assembly_line import paths
from assembly_line.check import limits
from assembly_line.check.finding import Finding, Pair
from assembly_line.check.history import Before
from assembly_line.check.objects import Repository
from assembly_line.check.passed import Passed
from assembly_line.core.patterns import matching
from assembly_line.project.config import FILE
from assembly_line.sources import ignored
from assembly_line.sources.update import MODULE
from assembly_line.storage import attributes
from assembly_line.system import disk
from assembly_line.untrusted import terminal

MAX_COMMITS = 100  # newest ones that are searched for the judged tree, only to name the files that differ
_SHOWN = 8  # files named in a message
_PATH = re.compile(r"^\s*path\s*=\s*(\S.*?)\s*$", re.MULTILINE)  # in .gitmodules


class Landing:
    """What is committed, compared with what was judged."""

    def __init__(self, root: str, repository: Repository, before: Before, passed: list[Passed]) -> None:
        self._root, self._git, self._before = root, repository, before
        self._fresh = [item for item in passed if item.size > before.size(item.task)]
        self._cache: dict[str, str] = {}

    def check(self) -> Pair:
        """The findings and the notes about all tasks that were completed since."""
        findings: list[Finding] = []
        notes: list[Finding] = []
        for item in self._fresh:
            file = paths.journal(item.task)
            stored = self._git.blob(self._before.head, file, limits.JOURNAL) or b""
            here = disk.read(disk.inside(self._root, file)) or b""
            if stored != here and here.startswith(stored):
                what = "is not committed as it is here; commit it, and check again"
                notes.append(Finding(file, 0, "sources", f"{item.task} {what}"))
            elif stored != here:
                what = f"HEAD has other bytes of it than the work tree; commit it, or {attributes.REMEDY}"
                findings.append(Finding(file, 0, "sources", f"{item.task}: {what}"))
            elif not _tree(item.judged):
                what = "was judged outside of git, so no commit can be compared with it"
                findings.append(Finding(file, 0, "sources", f"{item.task} {what}; {_again(item)}"))
            elif not self._holds(item, frozenset()):
                findings.append(Finding(file, 0, "sources", self._differs(item)))
            elif not self._is_head(item.judged):
                if self._is_ignoring(item):
                    more = "only by lines of .gitignore for what commands left behind"
                else:
                    more = "only in files that may change after a PASS" if self._is_rest(item) else "by later tasks"
                notes.append(Finding(file, 0, "sources", f"{item.task}: HEAD differs from what was judged, {more}"))
        findings += self._hollow() if self._fresh else []
        return findings, notes

    def _hollow(self) -> list[Finding]:
        """Findings for repositories in the project that the change names, but that nobody can fetch."""
        known = {(file.path, file.id) for file in self._git.files(self._before.commit) or () if file.mode == MODULE}
        prefix = self._git.prefix
        modules = self._lines(self._before.head, f"{'../' * prefix.count('/')}.gitmodules")
        named = set(_PATH.findall("\n".join(modules)))
        what = "is a repository of its own, of which the commit holds only a name"
        remedy = f"add it as a submodule, or remove its .git, and {_again(self._fresh[0])}"
        return [
            Finding(file.path, 0, "sources", f"{what}; {remedy}")
            for file in self._git.files(self._before.head) or ()
            if file.mode == MODULE and (file.path, file.id) not in known and prefix + file.path not in named
        ]

    def _holds(self, item: Passed, behind: frozenset[str]) -> bool:
        if self._is_head(item.judged) or self._is_rest(item) or self._is_ignoring(item):
            return True
        behind |= {item.task}
        later = (other for other in self._fresh if other.task not in behind and item.judged in other.seen)
        return any(self._holds(other, behind) for other in later)

    def _is_head(self, digest: str) -> bool:
        return _tree(digest) == self._sources(self._before.head) != ""

    def _is_rest(self, item: Passed) -> bool:
        """Whether HEAD has what was judged but for the files that the base's configuration lets change."""
        patterns = self._before.options.after_pass
        if not patterns or not item.rest:
            return False
        if "rest" not in self._cache:
            names = [file.path for file in self._git.files(self._before.head) or ()]
            loose = matching(names, patterns)
            self._cache["rest"] = self._git.tree(self._before.head, {*loose, *filter(ignored.is_own, names)})
        return _tree(item.rest) == self._cache["rest"]

    def _is_ignoring(self, item: Passed) -> bool:
        """Whether HEAD has what was judged, but for new lines of .gitignore that name what commands left behind."""
        head, base = self._before.head, self._before.commit
        former = {}
        for path in self._git.differing(base, head):
            if posixpath.basename(path) == ".gitignore":
                lines = self._lines(head, path)
                known = self._lines(base, path)
                if [line for line in lines if line in known] != known or not all(
                    ignored.names_left(line, posixpath.dirname(path), item.left) for line in lines if line not in known
                ):
                    return False
                former[path] = self._git.line("rev-parse", "--verify", "--quiet", f"{base}:./{path}")
        return bool(former) and self._git.tree(head, self._own(head), former) == _tree(item.judged)

    def _lines(self, commit: str, path: str) -> list[str]:
        return (self._git.blob(commit, path, limits.JOURNAL) or b"").decode("utf-8", "replace").splitlines()

    def _sources(self, commit: str) -> str:
        """The tree of a commit's sources, as a run on them would name it."""
        if commit not in self._cache:
            self._cache[commit] = self._git.tree(commit, self._own(commit))
        return self._cache[commit]

    def _own(self, commit: str) -> list[str]:
        listed = self._git.files(commit, *ignored.FOLDERS) or ()
        return [file.path for file in listed if ignored.is_own(file.path)]

    def _differs(self, item: Passed) -> str:
        """How what is committed differs from what was judged, and the way out."""
        head, base = self._before.head, self._before.commit
        own = self._own(head)
        left = self._left(item, base, head)
        if left and self._git.tree(head, {*left, *own}) == _tree(item.judged):
            return (
                f"{item.task}: the change holds what commands left behind, which is no source and which nobody judged: "
                f"{_names(left)}; git rm --cached it, and add it to .gitignore"
            )
        file = paths.journal(item.task)
        likely = (*self._git.commits(base, MAX_COMMITS, file), *self._git.commits(base, MAX_COMMITS), base)
        known = next((commit for commit in likely if self._sources(commit) == _tree(item.judged)), "")
        if not known:
            what = f"no commit since {base[:12]} has the sources that were judged"
            found = sorted({path for other in self._fresh for path in other.left})
            ignore = f", without what commands left behind ({_names(found)})" if found else ""
            return (
                f"{item.task}: {what}; commit all that passed and nothing else{ignore}, or, where the base has moved "
                f"on, bring the branch up to date and {_again(item)}"
            )
        files = [path for path in self._git.differing(known, head) if not ignored.is_own(path)]
        what = f"{_names(files)} changed after the judged sources ({known[:12]}), and nobody judged the two together"
        remedy = f"take the changes back, or bring the branch up to date and {_again(item)}"
        return f"{item.task}: {what}; {remedy} (after_pass in {FILE} names files that may change after a PASS)"

    def _left(self, item: Passed, base: str, head: str) -> list[str]:
        """The files in HEAD that commands left behind, or that are named as such things are."""
        changed = self._git.differing(base, head)
        return sorted(path for path in changed if path in item.left or ignored.is_cached(path))


def _again(item: Passed) -> str:
    return f"run it again: /task-run {item.task} --restart"


def _tree(digest: str) -> str:
    """The tree that a digest names; "" for one that was made without git."""
    return digest[4:] if digest.startswith("git:") else ""


def _names(paths: list[str]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return terminal.clean(", ".join(paths[:_SHOWN]), 300) + more
