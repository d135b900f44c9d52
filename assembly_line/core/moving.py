"""What becomes of a run that finds itself elsewhere: on another branch, in another work tree, without its bundle."""

from assembly_line.core import machine
from assembly_line.core.run import Event, Run

Events = tuple[Event, ...]


def branch(run: Run, now: str | None) -> Events:
    """Note that another branch is checked out; `now` is "" for none and None outside a repository."""
    if now is None or not run.has_witnesses or now == run.branch:
        return ()
    return (Event("branch_changed", {"from": run.branch, "to": now}),)


def work_tree(run: Run, tree: str) -> Events:
    """Note that a run goes on in another work tree than the one that it was in, such as a clone."""
    if run.work_tree in ("", tree):
        return ()
    return (Event("work_tree_changed", {"from": run.work_tree, "to": tree}),)


def bundle_lost(run: Run, digest: str) -> Events:
    """Call the bundler again in a run whose bundle is gone, and what worked in this iteration where that is gone too.

    `digest`: the sources now; the others go on where they were, and what was judged is judged again.
    """
    if not run.bundled or run.stage not in machine.ACTIVE:
        return ()
    is_there = bool(run.tree) and digest == run.tree
    due = run.plan if run.stage == machine.IMPLEMENTATION else ()
    return (Event("bundle_lost", {"stations": list(due if is_there else run.planned)}),)
