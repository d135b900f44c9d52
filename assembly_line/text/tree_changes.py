"""The files that a task changed, as git counts them, apart from what others changed meanwhile."""

from assembly_line.core.run import Run
from assembly_line.sources.tree import Change
from assembly_line.text.markdown import bullets, code, many, table

_WORDS = {"A": "created", "D": "deleted"}


def told(run: Run, changes: tuple[Change, ...] | None) -> str:
    """The task's changes in a table, then what is not the task's; `changes` is None where git cannot tell."""
    return "\n\n".join(part for part in (_own(run, changes), _apart(run)) if part)


def _own(run: Run, changes: tuple[Change, ...] | None) -> str:
    if changes is None:
        return "Changes could not be told."
    own = [item for item in changes if item.path not in _foreign(run)]
    if not own:
        return "No files changed." if not changes else "No files changed by the task."
    added, removed = sum(item.added or 0 for item in own), sum(item.removed or 0 for item in own)
    rows = [
        [code(item.path), _WORDS.get(item.status, "modified"), _count(item.added), _count(item.removed)] for item in own
    ]
    created = sum(item.status == "A" for item in own)
    deleted = sum(item.status == "D" for item in own)
    files = f"{many(created, 'file')} created, {len(own) - created - deleted} modified, {deleted} deleted"
    listed = table(["File", "Change", "Added", "Removed"], rows)
    if all(item.added is None for item in own):
        return f"{files}; lines were not counted.\n\n{listed}"
    return f"{files}; {added} lines added, {removed} removed (counted by git).\n\n{listed}"


def _foreign(run: Run) -> set[str]:
    """The files that are not the task's: left behind, or changed by others and by no station."""
    return {*run.left, *run.outside} - run.own_files


def _apart(run: Run) -> str:
    """What stands in the tree and is not, or not only, the task's."""
    touched = run.own_files
    both = [path for path in run.outside if path in touched]
    rows = {
        "Changed by others during the run": [path for path in run.outside if path not in touched],
        "Changed by others and by the task, so that the lines above are of both": both,
        "Not committed when the run began; of these only what changed since is counted": [
            path for path in run.dirty if path not in run.left
        ],
        "Written or changed so that git ignores it, and no part of a commit": list(run.ignored),
        "Left behind by commands": [path for path in run.left if path not in run.dirty],
        "There before the run, not committed, and rewritten by commands": [
            path for path in run.left if path in run.dirty
        ],
    }
    return bullets(f"{name}: {', '.join(map(code, files))}" for name, files in rows.items() if files)


def _count(number: int | None) -> str:
    return "not counted" if number is None else str(number)
