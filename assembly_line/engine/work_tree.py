"""The work tree's identity: a new repository, clone or worktree at an old path gets nothing of the old one."""

import contextlib
import os

from assembly_line import paths
from assembly_line.client import lease
from assembly_line.core.identity import Marks, is_same
from assembly_line.errors import LineError
from assembly_line.storage.vault import Vault
from assembly_line.system import disk

FOLDER = "assembly-line"  # in the repository's own folder


def settle(root: str, vault: Vault, *, driven: bool) -> str:
    """The id of the work tree, marked where it lacks one; call it under the project's lock.

    What the vault holds of a tree that stood here before is put away. `driven`: a session's hooks ask, for the run
    that they drive.
    """
    known: str = vault.tree().get("id", "")
    if driven and known and _line(os.path.join(root, paths.TREE)) == known:
        return known
    repository = _repository(root)
    if not is_same(_marks(root, vault, repository, driven=driven)):
        vault.set_aside()
        known = ""
    known = known or os.urandom(8).hex()
    noted = bool(repository) and _mark(repository, f"{FOLDER}/{vault.mark}", known)
    _mark(root, paths.TREE, known)
    vault.note_tree({"id": known, "root": os.path.realpath(root), "repository": repository, "noted": noted})
    return known


def is_other(root: str, vault: Vault) -> bool:
    """Whether another work tree stands here than the one that the vault remembers; changes nothing."""
    return not is_same(_marks(root, vault, _repository(root), driven=False))


def _marks(root: str, vault: Vault, repository: str, *, driven: bool) -> Marks:
    tree = vault.tree()
    live = [item for item in vault.leases().values() if lease.alive(item)]
    return Marks(
        tree.get("id", ""),
        _line(os.path.join(root, paths.TREE)),
        _line(os.path.join(repository, FOLDER, vault.mark)) if repository else None,
        bool(tree.get("noted")),
        os.path.exists(os.path.join(root, paths.BUNDLES, ".gitignore")),
        any(not lease.is_lost(item) if driven else lease.is_in(item, root) for item in live),
    )


def _repository(root: str) -> str:
    from assembly_line.sources import checkout  # late, as a hook of a run knows its work tree without git

    return checkout.folder(root)


def _mark(folder: str, relative: str, known: str) -> bool:
    """Write the id into a file, unless it holds it; False when that is not possible."""
    with contextlib.suppress(OSError, LineError):
        disk.clear(folder, relative)
        if _line(os.path.join(folder, relative)) != known:
            disk.write(disk.inside(folder, relative), f"{known}\n".encode())
        return True
    return False


def _line(path: str) -> str:
    try:
        return (disk.read(path) or b"").decode("ascii", "replace").strip()
    except LineError:
        return ""
