"""Reads one definition file into a validated Blueprint; writes nothing."""

import hashlib
import os
import re

from assembly_line.core.blueprint import Blueprint, Criterion
from assembly_line.errors import LineError
from assembly_line.intake.draft import PROSE, Draft, Item
from assembly_line.intake.lookup import LIMIT, placeholder
from assembly_line.intake.readers import READERS
from assembly_line.untrusted import inputs, terminal

TEXT = 600  # characters of a criterion and of its context
CRITERIA = 500  # per task
# No words, or nothing but a template's placeholder.
_FILLERS = "\u115f\u1160\u3164\uffa0"  # letters that show nothing
_SAYS_NOTHING = re.compile(r"\W*\Z|\{\{[^{}]*\}\}\Z|\[[^][]*\]\Z|<[^<>]*>\Z")


def read(root: str | os.PathLike[str], path: str | os.PathLike[str], task: str) -> Blueprint:
    """The task's Blueprint from its definition file; LineError when the file is not a valid definition of the task."""
    inputs.check_id(task)
    path = os.fspath(path)
    name = _relative(os.fspath(root), path)
    data = inputs.read_bytes(path, LIMIT, name)
    text = inputs.decode(data, name)
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in READERS:
        raise LineError(f"{name}: unsupported file type; use one of {', '.join(READERS)}")
    reader = READERS[suffix]
    draft = reader.read(text, name, task)
    _check_id(draft, name, task)
    return Blueprint(
        id=task,
        title=_named(draft.title, task) or task,
        type=draft.type,
        description=_clean(draft.description),
        criteria=_numbered(draft.criteria, name, reader.criteria),
        dependencies=draft.dependencies,
        path=name,
        sha256=hashlib.sha256(data).hexdigest(),
        track=draft.track,
        constraints=_clean(draft.constraints),
        branch="" if _SAYS_NOTHING.match(draft.branch) else draft.branch,
    )


def _clean(text: str) -> str:
    """A text of several lines, each fit to be printed, with its indentation."""
    rows = (row.expandtabs(4) for row in text.split("\n"))
    return "\n".join(" " * (len(row) - len(row.lstrip(" "))) + terminal.one_line(row, PROSE) for row in rows).strip()


def _relative(root: str, path: str) -> str:
    folder, name = os.path.split(path)
    real = _below(os.path.realpath(root), os.path.join(os.path.realpath(folder), name))
    if not real:
        raise LineError(f"{name}: lies outside the project; put the file in a task folder of the project")
    return (_below(root, path) or real).replace(os.sep, "/")


def _below(folder: str, path: str) -> str:
    """The path relative to a folder, "" when it is not below it."""
    start = folder.rstrip(os.sep) + os.sep
    return os.path.normpath(path[len(start) :].lstrip(os.sep)) if path.startswith(start) else ""


def _check_id(draft: Draft, name: str, task: str) -> None:
    declared = draft.id or task
    if placeholder(declared):
        raise LineError(f"{name}:{draft.id_line}: id {declared} is a template placeholder; write the task's own id")
    if declared != task:
        raise LineError(
            f"{name}:{draft.id_line}: declares id {declared}, expected {task}; correct the id or the file's name"
        )


def _named(text: str, name: str) -> str:
    """A text without its own name before it, which is told beside it anyway."""
    return re.sub(rf"\A[*_]*{re.escape(name)}[*_]*\s*[:.)\u2013\u2014-]*[*_]*\s+", "", text)


def _numbered(items: tuple[Item, ...], name: str, remedy: str) -> tuple[Criterion, ...]:
    if not items:
        raise LineError(f"{name}: has no acceptance criteria; write {remedy}")
    if len(items) > CRITERIA:
        raise LineError(f"{name}: has {len(items)} acceptance criteria, more than {CRITERIA}; split the task")
    criteria = []
    for index, item in enumerate(items, 1):
        text = terminal.one_line(item.text, TEXT)
        seen = "".join(char for char in item.text if char.isprintable() and char not in _FILLERS)
        if _SAYS_NOTHING.match(seen.strip()):
            problem = "is empty" if not seen.strip() else f"says nothing ({text[:40]})"
            raise LineError(f"{name}:{item.line}: criterion {index} {problem}; write the outcome that must hold")
        criteria.append(
            Criterion(
                f"AC-{index}",
                _named(text, f"AC-{index}") or text,
                terminal.one_line(item.context, TEXT),
                f"{name}:{item.line}",
            )
        )
    return tuple(criteria)
