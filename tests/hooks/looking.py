"""What several hook tests look at, and the tools that a relay must not use."""

from typing import Any

from assembly_line.client import marker
from assembly_line.core.next_step import expected
from assembly_line.statefile import document
from tests.support.client import TASK, Client
from tests.support.delivery import SESSION

OTHER = "5e551011-0000-4000-8000-000000000002"
WORK_TOOLS = [
    ("Write", {"file_path": "src/app.py", "content": "x"}),
    ("Edit", {"file_path": "src/app.py", "old_string": "a", "new_string": "b"}),
    ("NotebookEdit", {"notebook_path": "x.ipynb"}),
    ("Bash", {"command": "ls"}),
    ("SendMessage", {"to": "a1", "message": "x"}),
    ("AskUserQuestion", {"questions": []}),
    ("Workflow", {"name": "x"}),
    ("Skill", {"skill": "x"}),
    ("EnterWorktree", {"name": "x"}),
    ("mcp__files__write", {"path": "x"}),
    ("ToolOfALaterClient", {}),
]
READING_TOOLS = [
    ("Read", {"file_path": "src/app.py"}),
    ("Grep", {"pattern": "x"}),
    ("Glob", {"pattern": "*"}),
    ("ToolSearch", {"query": "x"}),
    ("TodoWrite", {"todos": []}),
    ("StructuredOutput", {}),
]


def shown(client: Client) -> Any:
    """The task's entry of the state file."""
    return document.load(str(client.root), "docs/planning/.project-state.yaml")["tasks"][TASK]


def marked(client: Client, session: str = SESSION) -> tuple[str, str] | None:
    """What the session's marker says."""
    return marker.read(str(client.data), session)


def other(client: Client) -> Client:
    """Another session in the same project."""
    return Client(client.root, client.data, OTHER)


def work_until(client: Client, kind: str) -> None:
    """Good work until a station of this kind is due."""
    while (run := client.state()).station(expected(run).station).kind != kind:
        client.work()
