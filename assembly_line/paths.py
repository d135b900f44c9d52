"""Where the files of a project and its tasks lie, from the project's root; one place for every such name."""

PLANNING = "docs/planning"
TASKS = ("docs/planning/tasks", "docs/tasks", "tasks", ".tasks")  # unless the configuration names others
JOURNALS = f"{PLANNING}/journal"
STATE_FILE = f"{PLANNING}/.project-state.yaml"
SUMMARIES = "docs/tasks"
BUNDLES = ".task_bundles"
LOCK = f"{BUNDLES}/.lock"


def journal(task: str) -> str:
    """A task's journal."""
    return f"{JOURNALS}/{task}.jsonl"


def summary(task: str) -> str:
    """A task's summary."""
    return f"{SUMMARIES}/{task}-summary.md"


def failure(task: str) -> str:
    """A failed task's report."""
    return f"{SUMMARIES}/{task}-failure.md"


def bundle(task: str) -> str:
    """A task's bundle."""
    return f"{BUNDLES}/{task}"
