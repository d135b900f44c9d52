"""A client in a throwaway project that can be kept as it is and put back."""

import os
import shutil
from pathlib import Path

from assembly_line import paths
from tests.support import delivery
from tests.support.client import Client
from tests.support.project import git, project, repository, write

TASK = "TASK-031"


class Desk(Client):
    """A client that delivers by fork; its project and data folder lie below one scratch folder."""

    def __init__(self, folder: Path, *, git: bool = True) -> None:
        self.folder = folder
        self.top = folder / "here"
        root = project(self.top / "project", TASK, type="generic")
        super().__init__(root, self.top / "data", "s-1", task=TASK, way=delivery.fork)
        if git:
            repository(root)

    @classmethod
    def at(cls, root: Path, data: Path) -> "Desk":
        """A desk in a folder that is there, with another's data folder."""
        desk = cls.__new__(cls)
        desk.folder = desk.top = root.parent
        Client.__init__(desk, root, data, "s-1", task=TASK, way=delivery.fork)
        return desk

    def write(self, relative: str, text: str) -> None:
        """Put a file into the project."""
        write(self.root, relative, text)

    def git(self, *arguments: str) -> str:
        """What git prints in the project."""
        return git(self.root, *arguments)

    @property
    def state_file(self) -> Path:
        return self.root / paths.STATE_FILE

    def files(self) -> dict[str, bytes]:
        """Every file below the scratch folder's present part but git's own, by its path."""
        found = {}
        for path in sorted(self.top.rglob("*")):
            name = path.relative_to(self.top).as_posix()
            if path.is_file() and not path.is_symlink() and not name.startswith("project/.git/"):
                found[name] = path.read_bytes()
        return found

    def keep(self, name: str) -> None:
        """Remember everything as it is now."""
        shutil.copytree(self.top, self.folder / name, symlinks=True)

    def put_back(self, name: str) -> None:
        """Make everything as it was, and let a harmless event see the files' new stamps."""
        if os.path.ismount(self.top):
            shutil.copytree(self.folder / name, self.top, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.rmtree(self.top)
            shutil.copytree(self.folder / name, self.top, symlinks=True)
        if (self.data / "sessions" / self.session).exists():
            self.fork(self.payload("SessionStart", source="compact"))
