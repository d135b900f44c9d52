"""The hostile projects: definitions, state files, configurations, journals, links, FIFOs and ids."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from assembly_line import paths
from tests.support.project import BLUEPRINT
from tests.sweeps.desk import TASK, Desk

FILE = f"docs/planning/tasks/{TASK}.yaml"
GOOD = BLUEPRINT.format(task=TASK, type="generic").encode()
REFUSED, TAKEN, EITHER = "refused", "taken", "either"


class Case(NamedTuple):
    """One hostile thing: what it does to a project, and whether a run may then begin."""

    name: str
    prepare: Callable[[Desk], Any]
    expected: str = REFUSED
    arguments: str = TASK


def _yaml() -> dict[str, tuple[bytes, str]]:
    """Hostile text for any YAML file; the good blueprint's lines come first, so that only the rest can be at fault."""
    bomb = b"\n".join(b"k%d: &a%d [%s]" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 10))
    return {
        "100,000 open brackets": (GOOD + b"x: " + b"[" * 100_000, REFUSED),
        "a million open brackets": (b"[" * 1_000_000, REFUSED),
        "17 levels of lists": (GOOD + b"x: " + b"[" * 17 + b"]" * 17 + b"\n", REFUSED),
        "a bomb of aliases": (GOOD + b"k0: &a0 x\n" + bomb + b"\n", REFUSED),
        "an alias to itself": (GOOD + b"x: &a [*a]\n", REFUSED),
        "a merge key": (GOOD + b"x: {<<: {a: 1}}\n", REFUSED),
        "a Python object": (GOOD + b"x: !!python/object/apply:os.system ['touch PWNED']\n", REFUSED),
        "an unknown tag": (GOOD + b"x: !thing y\n", REFUSED),
        "a key twice": (GOOD + b"title: another\n", REFUSED),
        "two documents": (GOOD + b"---\na: b\n", REFUSED),
        "indented by a tab": (GOOD + b"x:\n\ty: z\n", REFUSED),
        "a NUL": (GOOD + b"x: a\0b\n", REFUSED),
        "an escape character": (GOOD + b"x: a\x1b]52;c;eA==\x07b\n", REFUSED),
        "a C1 control character": (GOOD + "x: a\x9bb\n".encode(), REFUSED),
        "a list as a key": (GOOD + b"? [a, b]\n: c\n", REFUSED),
        "U+2028": (GOOD + "x: a\u2028b: c\n".encode(), REFUSED),
        "U+0085": (GOOD + "x: a\x85b: c\n".encode(), REFUSED),
        "Latin-1": (GOOD + b"x: caf\xe9\n", REFUSED),
        "UTF-16": (GOOD.decode().encode("utf-16"), REFUSED),
        "UTF-32": (GOOD.decode().encode("utf-32"), REFUSED),
        "half a surrogate pair": (GOOD + b'x: "\\ud83d"\n', REFUSED),
        "10 MB": (GOOD + b"# " + b"x" * 10_000_000 + b"\n", REFUSED),
        "an open quote": (GOOD + b'x: "abc\n', REFUSED),
        "a number of 5,000 digits": (GOOD + b"x: " + b"9" * 5000 + b"\n", EITHER),
        "a date, a NaN, a no": (GOOD + b"x: [2026-01-01, .nan, no, 010, 12:30:45]\n", EITHER),
        "a byte order mark": (b"\xef\xbb\xbf" + GOOD, TAKEN),
        "CRLF": (GOOD.replace(b"\n", b"\r\n"), TAKEN),
    }


def _put(relative: str, data: bytes) -> Callable[[Desk], Any]:
    def prepare(desk: Desk) -> None:
        path = desk.root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    return prepare


def _linked(relative: str, *, folder: bool = False, inside: bytes = b"x: y\n") -> Callable[[Desk], Any]:
    """A link that leads to a file or folder outside the project."""

    def prepare(desk: Desk) -> None:
        path, target = desk.root / relative, desk.folder / "outside"
        if path.is_dir():
            shutil.move(path, target)
        elif folder:
            target.mkdir()
        else:
            target.write_bytes(path.read_bytes() if path.exists() else inside)
            path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)

    return prepare


def _fifo(relative: str) -> Callable[[Desk], Any]:
    def prepare(desk: Desk) -> None:
        path = desk.root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        os.mkfifo(path)

    return prepare


def _folder(relative: str) -> Callable[[Desk], Any]:
    def prepare(desk: Desk) -> None:
        path = desk.root / relative
        path.unlink(missing_ok=True)
        path.mkdir(parents=True)

    return prepare


IDS = (
    "..", "../../etc/passwd", "a/b", "a\\b", "C:\\x", "~root", "x;touch PWNED", "$(touch${IFS}PWNED)", "`touch PWNED`",
    "x|y", "TASK-031.", ".TASK", "-TASK", "CON", "nul.txt", "a" * 65, "TASK-031\u202e", "TASK\u2028031",
    "TASK-031\x1b[31m", "%00", "TASK-031\x00", "", "TASK-031 TASK-032", "TASK-031 --state", "TASK-031 --state ../x",
    "TASK-031 --state .ssh", "TASK-031 --state /etc/.project-state.yaml", "TASK-031 --unknown", "\u0662", "task-031",
)  # fmt: skip


def cases() -> Iterator[Case]:
    """Every hostile project."""
    for name, (data, expected) in _yaml().items():
        yield Case(f"definition: {name}", _put(FILE, data), expected)
        other = data.removeprefix(GOOD) if data.startswith(GOOD) else data
        if expected == REFUSED:
            size = EITHER if name == "10 MB" else REFUSED  # a state file of 20,000 tasks is as long
            yield Case(f"state file: {name}", _put(paths.STATE_FILE, b"tasks: {}\ntitle: x\n" + other), size)
            yield Case(f"configuration: {name}", _put("assembly-line.yaml", b"title: x\n" + other))
    bidi = GOOD.replace(b"Keep loans", "Keep \u202eloans\u202c".encode())
    yield Case("definition: bidi in the title", _put(FILE, bidi), EITHER)
    yield Case("state file: a list of tasks", _put(paths.STATE_FILE, b"tasks: [a, b]\n"))
    yield Case("state file: a list", _put(paths.STATE_FILE, b"- a\n"))
    marked = b"<<<<<<< ours\na: b\n=======\na: c\n>>>>>>> theirs\n"
    yield Case("state file: conflict markers", _put(paths.STATE_FILE, marked), EITHER)  # both sides are united
    yield Case("configuration: unknown member", _put("assembly-line.yaml", b"command: rm -rf /\n"))
    yield Case("configuration: a task folder outside", _put("assembly-line.yaml", b"task_folders: ['../../..']\n"))
    yield Case(
        "configuration: a state file outside", _put("assembly-line.yaml", b"state_file: ../../.project-state.yaml\n")
    )
    yield Case("journal: garbage", _put(paths.journal(TASK), b"\xff\xfe\0\n{}\n[]\n"))
    yield Case("journal: 200,000 open brackets", _put(paths.journal(TASK), b"[" * 200_000 + b"\n{}\n"))
    for relative in (FILE, paths.STATE_FILE, paths.journal(TASK), "assembly-line.yaml", paths.LOCK):
        yield Case(f"{relative} is a link to the outside", _linked(relative))
        # A FIFO serves as a lock like any other file: nobody reads or writes it.
        yield Case(f"{relative} is a FIFO", _fifo(relative), EITHER if relative == paths.LOCK else REFUSED)
        yield Case(f"{relative} is a folder", _folder(relative))
    for relative in ("docs/planning", "docs/planning/tasks", paths.JOURNALS, ".task_bundles", f".task_bundles/{TASK}"):
        # A link in the place of a bundle is set aside by its name; nothing is written through it.
        way = TAKEN if relative.endswith(TASK) else REFUSED
        yield Case(f"{relative} is a link to the outside", _linked(relative, folder=True), way)
    for word in IDS:
        yield Case(f"id {word!r:.40}", lambda desk: None, REFUSED, word)
