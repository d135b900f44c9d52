"""A git folder of our own in the vault, so that the repository's settings, flags and attributes decide nothing.

It has the repository's objects beside its own, and the few settings with which the person's commits are made. What the
person set up for all repositories holds here, too.
"""

import contextlib
import os
import time

from assembly_line.sources.repository import Repository, environment, split
from assembly_line.system import disk

# Always so: whether a file changed is told by its times and its size, all of them.
_FIXED = {
    "core.bare": "false",
    "core.trustctime": "true",
    "core.checkstat": "default",
    "core.ignorestat": "false",
    "core.preloadindex": "true",
    "core.safecrlf": "false",
    "core.logallrefupdates": "false",
}
# As the repository has it: a commit is made with these.
_TAKEN = (
    "core.autocrlf",
    "core.eol",
    "core.excludesfile",
    "core.filemode",
    "core.ignorecase",
    "core.precomposeunicode",
    "core.sparsecheckout",
    "core.symlinks",
    "extensions.objectformat",
)
# Filters that a repository may name: these programs with these words, and no others.
_FILTERS = {
    "filter.lfs.clean": ("git-lfs clean -- %f",),
    "filter.lfs.smudge": ("git-lfs smudge -- %f", "git-lfs smudge --skip -- %f"),
    "filter.lfs.process": ("git-lfs filter-process", "git-lfs filter-process --skip"),
    "filter.lfs.required": ("true",),
}
_GRACE = 1.0  # seconds in which a git that outlived its hook ends


class Private:
    """The git folder for one repository, in a folder of the vault."""

    def __init__(self, where: Repository, folder: str, index: str = "") -> None:
        self.where, self.folder = where, folder
        self.index = index or os.path.join(folder, "index")
        self.variables = environment() | {
            "GIT_DIR": folder,
            "GIT_WORK_TREE": where.place.top,
            "GIT_INDEX_FILE": self.index,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(where.place.objects),
        }

    def prepared(self) -> dict[str, str] | None:
        """Make the folder what it should be, whatever somebody made of it; the settings, None when git cannot tell."""
        settings = self._settings()
        if settings is None:
            return None
        for name in ("objects", "refs"):
            os.makedirs(os.path.join(self.folder, name), exist_ok=True)
        version = "1" if "extensions.objectformat" in settings else "0"
        lines = [_line(name, value) for name, value in {"core.repositoryformatversion": version, **settings}.items()]
        rules = disk.read(os.path.join(self.where.place.common, "info", "exclude")) or b""
        self._put("HEAD", b"ref: refs/heads/none\n")
        self._put("config", "".join(lines).encode("utf-8", "surrogateescape"))
        self._put(os.path.join("info", "exclude"), rules)
        for name in ("attributes", "sparse-checkout", "grafts"):
            disk.remove(os.path.join(self.folder, "info", name))
        disk.sweep(self.folder)
        with contextlib.suppress(OSError):  # of a git whose hook died, as we hold the lock: it may still be at its end
            lock = f"{self.index}.lock"
            age = time.time() - os.path.getmtime(lock)
            time.sleep(_GRACE - age if 0 <= age < _GRACE else 0)
            os.unlink(lock)
        return settings

    def run(self, words: list[str], data: bytes = b"") -> bytes | None:
        """git's output, or None when it fails."""
        return self.where.run(words, self.variables, data)

    def names(self, words: list[str], data: bytes = b"") -> list[str] | None:
        """The paths that git lists, each ended by a zero byte."""
        output = self.run(words, data)
        return None if output is None else split(output)

    def drop_copies(self) -> None:
        """Remove what a filter of large files copied here."""
        disk.remove_tree(os.path.join(self.folder, "lfs"))

    def _settings(self) -> dict[str, str] | None:
        # What this call itself sets is listed too, so that the answer is never empty.
        output = self.where.run(["config", "-z", "--get-regexp", r"^(core|extensions|filter\.lfs)\."])
        if output is None:
            return None
        given = {}
        for item in split(output):
            name, sign, value = item.partition("\n")
            given[name.lower()] = value if sign else "true"
        taken = {name: given[name] for name in _TAKEN if name in given}
        filters = {name: given[name] for name, known in _FILTERS.items() if given.get(name) in known}
        return {**_FIXED, **taken, **filters}

    def _put(self, name: str, data: bytes) -> None:
        path = os.path.join(self.folder, name)
        if disk.read(path) != data:
            disk.write(path, data, durable=False)


def _line(name: str, value: str) -> str:
    section, _, key = name.rpartition(".")
    top, _, below = section.partition(".")
    head = f'[{top} "{below}"]' if below else f"[{top}]"
    value = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{head}\n\t{key} = "{value}"\n'


def _quoted(path: str) -> str:
    """A path as git reads it in a list of paths."""
    if os.pathsep not in path and not path.startswith('"'):
        return path
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
