"""Nothing that a repository is set to, and nothing that lies in its git folder, hides a change of the sources."""

import os
import subprocess
from pathlib import Path

import pytest

from assembly_line.sources.tree import Sources
from tests.storage.place import Place
from tests.support.project import git, repository, write

OLD, NEW = "answer = 42\n", "answer = 43\n"
FILE = "src/app.py"


@pytest.fixture
def project(place) -> Place:
    """A repository with one source that was last written long ago."""
    write(place.root, FILE, OLD)
    os.utime(place.root / FILE, (1_500_000_000, 1_500_000_000))
    repository(place.root)
    return place


def sources(place: Place, *left: str) -> Sources:
    return Sources(str(place.root), place.vault, left)


def digest(place: Place) -> str:
    return sources(place).digest


def private(place: Place, *words: str) -> None:
    """What somebody types who knows where this machine's own index is."""
    index = Path(place.vault.folder) / "git/index"
    command = ["git", "-C", str(place.root), *words]
    subprocess.run(command, env={**os.environ, "GIT_INDEX_FILE": str(index)}, check=False, capture_output=True)


def flagged(*options):
    return lambda place: git(place.root, "update-index", *options, FILE)


def flagged_in_ours(*options):
    return lambda place: private(place, "update-index", *options, FILE)


def sparse(place):
    git(place.root, "config", "core.sparseCheckout", "true")
    git(place.root, "update-index", "--skip-worktree", FILE)


def blind(place):
    for name, value in (("trustctime", "false"), ("checkStat", "minimal"), ("ignoreStat", "true")):
        git(place.root, "config", f"core.{name}", value)


def elsewhere(place):
    write(place.root.parent / "elsewhere", FILE, OLD)
    git(place.root, "config", "core.worktree", str(place.root.parent / "elsewhere"))


def filtered(attributes):
    def arrange(place):
        write(place.root, attributes, "*.py filter=calm\n")
        git(place.root, "config", "filter.calm.clean", f"printf '{OLD.strip()}\\n'")
        git(place.root, "config", "filter.calm.required", "true")

    return arrange


def included(place):
    write(place.root, ".git/more", f"[filter \"lfs\"]\n\tclean = printf '{OLD.strip()}\\\\n'\n\trequired = true\n")
    git(place.root, "config", "include.path", "more")
    write(place.root, ".git/info/attributes", "*.py filter=lfs\n")


def odd_attributes(place):
    write(place.root, ".git/attributes", "*.py ident working-tree-encoding=UTF-16\n")
    git(place.root, "config", "core.attributesFile", str(place.root / ".git/attributes"))


def bare(place):
    git(place.root, "config", "core.bare", "true")


TRICKS = {
    "assume-unchanged": flagged("--assume-unchanged"),
    "skip-worktree": flagged("--skip-worktree"),
    "skip-worktree as if sparse": sparse,
    "assume-unchanged in our index": flagged_in_ours("--assume-unchanged"),
    "skip-worktree in our index": flagged_in_ours("--skip-worktree"),
    "no times": blind,
    "core.worktree": elsewhere,
    "a filter by info/attributes": filtered(".git/info/attributes"),
    "a filter by .gitattributes": filtered(".gitattributes"),
    "a filter called lfs": included,
    "other attributes": odd_attributes,
    "core.bare": bare,
}


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("trick", TRICKS)
def test_no_setting_of_the_repository_hides_a_change(project, trick, is_first):
    if not is_first:
        digest(project)
    TRICKS[trick](project)
    first = digest(project)
    path = project.root / FILE
    seen = path.stat()
    path.write_text(NEW)
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    now = sources(project)
    assert now.digest != first
    assert [item.path for item in now.changes_since(first) or ()] == [FILE]
    path.write_text(OLD)
    assert digest(project) == first
