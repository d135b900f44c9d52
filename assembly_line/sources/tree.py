"""The digest of the work tree's sources and the changes between two digests; by git in a repository."""

import contextlib
import functools
import os
import stat
import time
from collections.abc import Iterable
from typing import NamedTuple

from assembly_line.sources import walk_digest
from assembly_line.sources.ignored import CACHES, OWN, is_cached
from assembly_line.storage.vault import Vault
from assembly_line.system import disk, git

_NOT = ":(exclude,glob)"
_MAX_NAMED = 100  # changed paths passed to git by name


class Change(NamedTuple):
    """One file's change; line counts are None for binary files."""

    path: str
    status: str  # A created, M modified, D deleted
    added: int | None
    removed: int | None


class Sources:
    """A project's sources as they are now; the digest is computed once, when first needed."""

    def __init__(self, root: str, vault: Vault) -> None:
        self._root, self._vault = root, vault

    @functools.cached_property
    def digest(self) -> str:
        return digest(self._root, self._vault)

    def changed_since(self, before: str) -> tuple[str, ...]:
        """The files that differ from an earlier digest, as far as git can tell."""
        if before == self.digest:
            return ()
        return tuple(change.path for change in changes(self._root, self._vault, before, self.digest) or ())


def digest(root: str, vault: Vault) -> str:
    """git:<tree> or, outside a repository or where git fails, walk:<sha256>; git-ignored files do not count."""
    environment = _environment(root, vault)
    tree = None if environment is None else _incremental(root, environment) or _full(root, environment)
    return f"walk:{walk_digest.digest(root)}" if tree is None else f"git:{tree}"


def _incremental(root: str, environment: dict[str, str]) -> str | None:
    """The tree of the last digest, brought up to date; None when only a full scan can tell."""
    tree, folders = _recorded(environment) or ("", [])
    # ls-files follows a link in a tracked folder's place and may not list the link itself.
    if not tree or any(os.path.islink(os.path.join(root, name)) for name in folders):
        return None
    words = ["ls-files", "-z", "-t", "-mdo", "--exclude-standard", "--", ".", *git.patterns(_NOT, OWN)]
    listed = git.run(root, words, environment)
    if listed is None:
        return None
    tagged = [os.fsdecode(item) for item in listed.split(b"\0")[:-1]]
    changed = {item[2:] for item in tagged if not (item.startswith("? ") and is_cached(item[2:]))}
    if not changed:
        return tree
    if len(changed) > _MAX_NAMED or not all(_is_simple(root, path) for path in changed):
        return None
    disk.remove(_note(environment))
    if git.run(root, ["--literal-pathspecs", "add", "--all", "--", *sorted(changed)], environment) is None:
        return None
    return _record(git.run(root, ["write-tree"], environment), environment, _parents(changed, folders))


def _is_simple(root: str, path: str) -> bool:
    """Whether a changed path can be passed to git by name: a file, present or not, that does not affect others."""
    try:
        mode = os.lstat(os.path.join(root, path)).st_mode
    except (FileNotFoundError, NotADirectoryError):
        mode = stat.S_IFREG
    return (stat.S_ISREG(mode) or stat.S_ISLNK(mode)) and os.path.basename(path) != ".gitattributes"


def _full(root: str, environment: dict[str, str]) -> str | None:
    """The tree of all sources as git finds them, whatever our index contained; None when git fails."""
    disk.remove(_note(environment))
    own = git.patterns(_NOT, OWN)
    caches = [f"{_NOT}**/{name}{end}" for name in CACHES for end in ("", "/**")]
    # Tracked files wherever they are, then new files that are not caches.
    for words in (["add", "--update", "--", ".", *own], ["add", "--all", "--", ".", *own, *caches]):
        if git.run(root, words, environment) is None:
            with contextlib.suppress(OSError):  # a killed git leaves its lock behind
                os.unlink(environment["GIT_INDEX_FILE"] + ".lock")
            if git.run(root, words, environment) is None:
                return None
    tracked = git.run(root, ["ls-files", "-z"], environment)
    tree = git.run(root, ["write-tree"], environment)
    return None if tracked is None else _record(tree, environment, _parents(os.fsdecode(tracked).split("\0"), ()))


def _parents(paths: Iterable[str], known: Iterable[str]) -> set[str]:
    """All folders above some files, added to those already known."""
    folders = set(known)
    for path in paths:
        while (path := path.rpartition("/")[0]) and path not in folders:
            folders.add(path)
    return folders


def _record(output: bytes | None, environment: dict[str, str], folders: Iterable[str]) -> str | None:
    """The tree that `git write-tree` printed, recorded with the folders in it for the next digest."""
    tree = (output or b"").decode().strip()
    if not tree:
        return None
    note = "\0".join([tree, _stamp(environment), *sorted(folders)])
    with contextlib.suppress(OSError):  # only a cache
        disk.write(_note(environment), os.fsencode(note), durable=False)
    return tree


def _recorded(environment: dict[str, str]) -> tuple[str, list[str]] | None:
    """What `_record` stored, if our index has not changed since."""
    tree, *rest = os.fsdecode(disk.read(_note(environment)) or b"").split("\0")
    return (tree, rest[1:]) if rest and rest[0] and rest[0] == _stamp(environment) else None


def _note(environment: dict[str, str]) -> str:
    return environment["GIT_INDEX_FILE"] + ".tree"


def _stamp(environment: dict[str, str]) -> str:
    return " ".join(map(str, disk.stamp(environment["GIT_INDEX_FILE"])))


def changes(root: str, vault: Vault, before: str, after: str) -> tuple[Change, ...] | None:
    """The files that differ between two git digests, sorted by path; None when either is not a git digest."""
    if not (before.startswith("git:") and after.startswith("git:")):
        return None
    output = _diff(root, vault, before[4:], after[4:])
    if output is None:
        return None
    fields = output.decode("utf-8", "replace").split("\0")[:-1]
    place, status = 0, {}
    while place < len(fields) and fields[place].startswith(":"):
        status[fields[place + 1]] = fields[place].rpartition(" ")[2]
        place += 2
    files = []
    for line in fields[place:]:
        added, removed, path = line.split("\t", 2)
        files.append(Change(path, status.get(path, "M"), _number(added), _number(removed)))
    return tuple(sorted(files))


def _diff(root: str, vault: Vault, before: str, after: str) -> bytes | None:
    """git's diff of two trees, cached because the summary is rendered twice: when written and when the run ends."""
    cache, pair = os.path.join(vault.folder, "git", "changes"), f"{before} {after}\n".encode()
    cached = disk.read(cache) or b""
    if cached.startswith(pair):
        return cached[len(pair) :]
    environment = _environment(root, vault)
    if environment is None:
        return None
    words = ["diff-tree", "-r", "-z", "--no-renames", "--relative", "--raw", "--numstat", before, after]
    output = git.run(root, words, environment)
    if output is not None:
        with contextlib.suppress(OSError):  # only a cache
            disk.write(cache, pair + output, durable=False)
    return output


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def _may_hold_own(index: bytes) -> bool:
    """Whether an index may list the engine's files; only its plain formats spell out every file name."""
    plain = index[4:8] in (b"\0\0\0\2", b"\0\0\0\3") and b"link" not in index and b"sdir" not in index
    return not plain or any(all(part.encode() in index for part in name.split("*")) for name in OWN)


def _environment(root: str, vault: Vault) -> dict[str, str] | None:
    """The environment that makes git use our index and objects in the vault; None outside a repository."""
    if git.program(root) is None:
        return None
    plain = git.environment() | {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
    repository = git.places(root, plain)
    if repository is None:
        return None
    objects, index = repository
    ours = os.path.join(vault.folder, "git")
    os.makedirs(os.path.join(ours, "objects"), exist_ok=True)
    own_index = os.path.join(ours, "index")
    disk.sweep(ours)
    with contextlib.suppress(OSError):  # left by a git that died; a live one of ours ends within its timeout
        if time.time() - os.path.getmtime(f"{own_index}.lock") > git.TIMEOUT:
            os.unlink(f"{own_index}.lock")
    seed = b""
    if not os.path.exists(own_index) and os.path.exists(index):
        seed = disk.read(index) or b""
        disk.write(own_index, seed, durable=False)
    environment = plain | {
        "GIT_INDEX_FILE": own_index,
        "GIT_OBJECT_DIRECTORY": os.path.join(ours, "objects"),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": objects,
    }
    if seed and _may_hold_own(seed):
        words = ["rm", "--cached", "-r", "-q", "--ignore-unmatch", "--", *git.patterns(":(glob)", OWN)]
        if git.run(root, words, environment) is None:
            disk.remove(own_index)  # an index with the engine's own files would never be right
            return None
    return environment
