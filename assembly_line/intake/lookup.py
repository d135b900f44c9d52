"""Finds a task's definition file in the configured task folders."""

import os
import re
from typing import NamedTuple

from assembly_line import paths
from assembly_line.errors import LineError
from assembly_line.intake.readers import READERS
from assembly_line.untrusted import inputs, terminal

LIMIT = 1 << 20  # bytes of a definition file
OUTPUTS = ("-summary", "-failure")  # the engine's own reports in docs/tasks
_SLOT = re.compile(r"[][{}<>#]")
_FILLER = re.compile(r"(?:\A|[-_.])0*(?:X{2,}|N{3,}|Y{3,})(?:\Z|[-_.])")  # letters in place of digits


class _File(NamedTuple):
    path: str
    id: str  # of its task
    certain: bool  # whether its whole name is the id, or it declares the id itself


def find(root: str | os.PathLike[str], task: str, folders: tuple[str, ...] = paths.TASKS) -> str:
    """The path of the file that defines the task; LineError unless there is exactly one and it is a regular file."""
    inputs.check_id(task)
    root = os.fspath(root)
    files = [file for file in _files(root, folders, task) if file.id == task]
    # A document without an id, such as TASK-008-notes.md, is not a second definition.
    definitions = [file for file in files if file.certain] or files
    names = [_relative(root, file.path) for file in definitions]
    if len(definitions) > 1:
        raise LineError(f"{task}: defined by both {names[0]} and {names[1]}; keep one of them")
    if not definitions:
        raise LineError(_not_found(root, task, folders))
    path = definitions[0].path
    if os.path.islink(path):
        raise LineError(f"{names[0]}: is a symbolic link; put the file itself there")
    if not os.path.isfile(path):
        raise LineError(f"{names[0]}: is not a regular file; put a text file there")
    return path


def known(root: str | os.PathLike[str], folders: tuple[str, ...] = paths.TASKS) -> dict[str, str]:
    """Every task id defined in the folders, sorted, with the first file that defines it.

    A name without digits counts only if the file declares an id: README.md and main.yaml are not tasks.
    """
    tasks: dict[str, str] = {}
    for file in _files(os.fspath(root), folders, ""):
        numbered = any(char.isdigit() for char in file.id)
        if (numbered or _declared_id(file.path)) and os.path.isfile(file.path) and not os.path.islink(file.path):
            tasks.setdefault(file.id, file.path)
    return dict(sorted(tasks.items()))


def nearest(task: str, ids: list[str]) -> list[str]:
    """The ids most similar to the task, at most three, best first."""
    import difflib  # late: only for a task that is not found

    same = [other for other in ids if _unpadded(other) == _unpadded(task)]
    close = difflib.get_close_matches(task.lower(), [other.lower() for other in ids], n=3, cutoff=0.6)
    return list(dict.fromkeys(same + [other for low in close for other in ids if other.lower() == low]))[:3]


def placeholder(task: str) -> bool:
    """Whether an id is a template's placeholder: TASK-XXX, {{ID}}, [id], <id>, TASK-NNN, TASK-###."""
    return bool(_SLOT.search(task) or _FILLER.search(task))


def _files(root: str, folders: tuple[str, ...], task: str) -> list[_File]:
    """The definition files of the task, or of every task for ""."""
    files: dict[str, _File] = {}
    for folder in folders:
        parts = [part for part in folder.split("/") if part not in ("", ".")]
        place = folder if os.path.isabs(folder) else os.path.join(root, *parts)
        real, top = os.path.realpath(place), os.path.realpath(root)
        if real != top and not real.startswith(top.rstrip(os.sep) + os.sep):
            raise LineError(f"{folder}: this task folder lies outside the project; use a folder inside it")
        try:
            names = sorted(os.listdir(real))
        except OSError:
            continue  # missing or not a folder: no tasks
        for name in names:
            stem, suffix = os.path.splitext(name)
            if suffix.lower() not in READERS or (task and not stem.startswith(task)):
                continue
            if file := _file(os.path.join(place, name), stem, suffix.lower()):
                files.setdefault(os.path.join(real, name), file)
    return list(files.values())


def _file(path: str, stem: str, suffix: str) -> _File | None:
    if READERS[suffix].titled:
        declared = _declared_id(path)
        matches = declared and (stem == declared or stem.startswith((declared + "-", declared + "_")))
        if stem.lower().endswith(OUTPUTS) and (not matches or stem.lower().removeprefix(declared.lower()) in OUTPUTS):
            return None
        if matches:
            return _File(path, declared, True)
        stem_id = _id_in_name(stem)
        return _File(path, stem_id, stem == stem_id) if _usable(stem_id) else None
    return _File(path, stem, True) if _usable(stem) else None


def _unpadded(task: str) -> str:
    return re.sub(r"(?<!\d)0+(?=\d)", "", task.lower())


def _id_in_name(stem: str) -> str:
    """TASK-008 from TASK-008_Title and TASK-008-title, TASK-008-2 from TASK-008-2-title."""
    parts = re.split(r"([-_])", stem)
    for index in range(0, len(parts), 2):
        if any(char.isdigit() for char in parts[index]):
            while parts[index + 1 : index + 2] == ["-"] and parts[index + 2].isdigit():
                index += 2
            return "".join(parts[: index + 1])
    return stem.partition("_")[0]


def _usable(task: str) -> bool:
    try:
        inputs.check_id(task)
    except LineError:
        return False
    return not placeholder(task)


def _declared_id(path: str) -> str:
    """The id that a file declares; "" when it has none or cannot be read."""
    name = os.path.basename(path)
    try:
        text = inputs.decode(inputs.read_bytes(path, LIMIT), name)
        return READERS[os.path.splitext(name)[1].lower()].declared_id(text, name)
    except LineError:
        return ""


def _relative(root: str, path: str) -> str:
    return terminal.clean(path.removeprefix(root).lstrip(os.sep).replace(os.sep, "/"), 300)


def _not_found(root: str, task: str, folders: tuple[str, ...]) -> str:
    ids = list(known(root, folders))
    searched = ", ".join(folder for folder in folders if os.path.isdir(os.path.join(root, folder)))
    if not searched:
        return f"{task}: none of the task folders exists ({', '.join(folders)}); write {folders[0]}/{task}.yaml"
    close = nearest(task, ids)
    if close and close[0].lower() == task.lower():
        return f"{task}: not found in {searched}; ids are case-sensitive, did you mean {', '.join(close)}?"
    if close:
        return f"{task}: not found in {searched}; the closest ids are {', '.join(close)}"
    return f"{task}: not found in {searched}, and no id there is similar; write {folders[0]}/{task}.yaml"
