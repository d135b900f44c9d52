"""The readers of definition files: one row per suffix."""

from collections.abc import Callable
from typing import NamedTuple

from assembly_line.intake import markdown, yamltask
from assembly_line.intake.draft import Draft


class Reader(NamedTuple):
    """How definition files with one suffix are read."""

    read: Callable[[str, str, str], Draft]  # from text, the file's name and the task; LineError "name:line: …"
    declared_id: Callable[[str, str], str]  # from text and the file's name; "" when there is none
    criteria: str  # where the criteria belong, for a file that has none
    titled: bool = False  # the name may go on with a title after the id, and the text may declare the id


_YAML = Reader(yamltask.read, yamltask.declared_id, "a list acceptance_criteria")
_MARKDOWN = Reader(
    markdown.read,
    markdown.declared_id,
    "a section titled Contract, Success Criteria or Acceptance Criteria with Then outcomes or a checklist",
    titled=True,
)
READERS = {".yaml": _YAML, ".yml": _YAML, ".json": _YAML, ".md": _MARKDOWN}
