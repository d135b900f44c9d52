"""Reads one definition file into a checked Blueprint; nothing is written."""

import os
import re
from pathlib import Path

from assembly_line import lean, printable, textguard
from assembly_line.core.task import Blueprint, Criterion
from assembly_line.errors import LineError
from assembly_line.intake.draft import Draft, Found
from assembly_line.intake.lookup import LIMIT, PLAIN, placeholder

TEXT = 600  # characters of a criterion, and of its context
CRITERIA = 500  # of one task
_BLANK = re.compile(r"\W*\Z|\{\{[^{}]*\}\}\Z|\[[^][]*\]\Z|<[^<>]*>\Z")


def read(root: Path, path: Path, task: str) -> Blueprint:
    """The task's Blueprint from its definition file; LineError when the file cannot be the task's definition."""
    textguard.check_id(task)
    name = _relative(root, path)
    data = textguard.read_bytes(path, LIMIT, name)
    text = textguard.decode(data, name)
    suffix = path.suffix.lower()
    if suffix not in (*PLAIN, ".md"):
        raise LineError(f"{name}: is no task definition by its suffix; use .yaml, .yml, .json or .md")
    draft = _draft(text, name, task, suffix)
    _check_id(draft, name, task)
    return Blueprint(
        id=task,
        title=draft.title or task,
        type=draft.type,
        description="\n".join(printable.one_line(row, 2000) for row in draft.description.split("\n")),
        criteria=_numbered(draft.found, name, suffix == ".md"),
        dependencies=draft.dependencies,
        path=name,
        sha256=lean.sha256(data).hexdigest(),
        track=draft.track,
    )


def _draft(text: str, name: str, task: str, suffix: str) -> Draft:
    if suffix == ".md":
        from assembly_line.intake import markdown

        return markdown.read(text, name, task)
    from assembly_line.intake import yamltask

    return yamltask.read(text, name)


def _relative(root: Path, path: Path) -> str:
    real, top = Path(os.path.realpath(path.parent)) / path.name, Path(os.path.realpath(root))
    if not real.is_relative_to(top):
        raise LineError(f"{path.name}: lies outside the project; put the file into a task folder of the project")
    inside = path if path.is_relative_to(root) else real
    return inside.relative_to(root if inside is path else top).as_posix()


def _check_id(draft: Draft, name: str, task: str) -> None:
    held = draft.id or task
    if placeholder(held):
        raise LineError(f"{name}:{draft.id_line}: the id {held} is a template's placeholder; write the task's own id")
    if held != task:
        raise LineError(f"{name}:{draft.id_line}: holds {held}, not {task}; correct the id or the file's name")


def _numbered(found: tuple[Found, ...], name: str, is_markdown: bool) -> tuple[Criterion, ...]:
    if not found:
        where = (
            "a section titled Contract, Success Criteria or Acceptance Criteria with Then outcomes or a checklist"
            if is_markdown
            else "a list acceptance_criteria"
        )
        raise LineError(f"{name}: has no acceptance criteria; write {where}")
    if len(found) > CRITERIA:
        raise LineError(f"{name}: has {len(found)} acceptance criteria, more than {CRITERIA}; divide the task")
    criteria = []
    for index, one in enumerate(found, 1):
        text = printable.one_line(one.text, TEXT)
        if _BLANK.match(text):
            what = "is empty" if not text else f"says nothing ({text[:40]})"
            raise LineError(f"{name}:{one.line}: criterion {index} {what}; write the outcome that must hold")
        criteria.append(Criterion(f"AC-{index}", text, printable.one_line(one.context, TEXT), f"{name}:{one.line}"))
    return tuple(criteria)
