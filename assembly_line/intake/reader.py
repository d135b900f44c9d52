"""Reads one definition file into a checked Blueprint; nothing is written."""

import hashlib
import os
import re

from assembly_line.core.blueprint import Blueprint, Criterion
from assembly_line.errors import LineError
from assembly_line.intake import yamltask
from assembly_line.intake.draft import Draft, Found
from assembly_line.intake.lookup import LIMIT, PLAIN, placeholder
from assembly_line.untrusted import inputs, terminal

TEXT = 600  # characters of a criterion, and of its context
CRITERIA = 500  # of one task
# No words, or nothing but one slot of a template.
_SAYS_NOTHING = re.compile(r"\W*\Z|\{\{[^{}]*\}\}\Z|\[[^][]*\]\Z|<[^<>]*>\Z")


def read(root: str | os.PathLike[str], path: str | os.PathLike[str], task: str) -> Blueprint:
    """The task's Blueprint from its definition file; LineError when the file cannot be the task's definition."""
    inputs.check_id(task)
    path = os.fspath(path)
    name = _relative(os.fspath(root), path)
    data = inputs.read_bytes(path, LIMIT, name)
    text = inputs.decode(data, name)
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in (*PLAIN, ".md"):
        raise LineError(f"{name}: is no task definition by its suffix; use .yaml, .yml, .json or .md")
    draft = _draft(text, name, task, suffix)
    _check_id(draft, name, task)
    return Blueprint(
        id=task,
        title=draft.title or task,
        type=draft.type,
        description="\n".join(terminal.one_line(row, 2000) for row in draft.description.split("\n")),
        criteria=_numbered(draft.found, name, suffix == ".md"),
        dependencies=draft.dependencies,
        path=name,
        sha256=hashlib.sha256(data).hexdigest(),
        track=draft.track,
    )


def _draft(text: str, name: str, task: str, suffix: str) -> Draft:
    if suffix == ".md":
        from assembly_line.intake import markdown  # late, as most definitions are YAML

        return markdown.read(text, name, task)
    return yamltask.read(text, name)


def _relative(root: str, path: str) -> str:
    folder, name = os.path.split(path)
    real = _below(os.path.realpath(root), os.path.join(os.path.realpath(folder), name))
    if not real:
        raise LineError(f"{name}: lies outside the project; put the file into a task folder of the project")
    return (_below(root, path) or real).replace(os.sep, "/")


def _below(folder: str, path: str) -> str:
    """The path from a folder above it, "" when it has another beginning."""
    start = folder.rstrip(os.sep) + os.sep
    return os.path.normpath(path[len(start) :].lstrip(os.sep)) if path.startswith(start) else ""


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
        text = terminal.one_line(one.text, TEXT)
        if _SAYS_NOTHING.match(text):
            what = "is empty" if not text else f"says nothing ({text[:40]})"
            raise LineError(f"{name}:{one.line}: criterion {index} {what}; write the outcome that must hold")
        criteria.append(Criterion(f"AC-{index}", text, terminal.one_line(one.context, TEXT), f"{name}:{one.line}"))
    return tuple(criteria)
