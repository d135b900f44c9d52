"""The paths of a project's files, relative to its root."""

PLANNING = "docs/planning"
TASKS = ("docs/planning/tasks", "docs/tasks", "tasks", ".tasks")  # unless the configuration names others
JOURNALS = f"{PLANNING}/journal"
STATE_FILE = f"{PLANNING}/.project-state.yaml"
SUMMARIES = "docs/tasks"
BUNDLES = ".task_bundles"
LOCK = f"{BUNDLES}/.lock"
TREE = f"{BUNDLES}/.tree"  # the work tree's id


def journal(task: str) -> str:
    return f"{JOURNALS}/{task}.jsonl"


def summary(task: str) -> str:
    return f"{SUMMARIES}/{task}-summary.md"


def failure(task: str) -> str:
    return f"{SUMMARIES}/{task}-failure.md"


def bundle(task: str) -> str:
    return f"{BUNDLES}/{task}"
