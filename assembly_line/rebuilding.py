"""Writes state files anew from the journals; what others put into them stays."""

from assembly_line import statefile, store
from assembly_line.errors import LineError
from assembly_line.vault import Vault


def state_files(root: str) -> list[str]:
    """The state files that the journals of a project name, sorted; Damaged when a journal cannot be believed."""
    return sorted({store.peek(root, task)[0].state_file for task in store.known_tasks(root)})


def rebuild(root: str, relative: str, vault: Vault) -> tuple[int, str]:
    """Write every journalled task of one state file into it: how many, and where an unreadable file was put, or "".

    Call it under the project's lock.
    """
    aside = _set_aside(root, relative)
    return store.rebuild(root, relative, vault), aside


def _set_aside(root: str, relative: str) -> str:
    try:
        statefile.load(root, relative)
    except LineError:
        return store.set_aside(root, relative)
    return ""
