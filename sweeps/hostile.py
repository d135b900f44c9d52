"""Hostile projects, ids, payloads and environments, through the real entry: one clear line each, and nothing else happens."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from assembly_line import store
from sweeps.crash import works
from sweeps.desk import BLUEPRINT, PLUGIN, TASK, Desk, Said
from sweeps.tally import Figure, Tally

FILE = f"docs/planning/tasks/{TASK}.yaml"
GOOD = BLUEPRINT.format(task=TASK, type="generic").encode()
LIMIT = 1.0  # seconds for one answer
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
    "..", "../../etc/passwd", "a/b", "a\\b", "C:\\x", "~root", "x;touch PWNED", "$(touch${IFS}PWNED)", "`touch PWNED`", "x|y",
    "TASK-031.", ".TASK", "-TASK", "CON", "nul.txt", "a" * 65, "TASK-031\u202e", "TASK\u2028031", "TASK-031\x1b[31m", "%00",
    "TASK-031\x00", "", "TASK-031 TASK-032", "TASK-031 --state", "TASK-031 --state ../x", "TASK-031 --state .ssh",
    "TASK-031 --state /etc/.project-state.yaml", "TASK-031 --unknown", "\u0662", "task-031",
)  # fmt: skip


def cases() -> Iterator[Case]:
    """Every hostile project."""
    for name, (data, expected) in _yaml().items():
        yield Case(f"definition: {name}", _put(FILE, data), expected)
        other = data.removeprefix(GOOD) if data.startswith(GOOD) else data
        if expected == REFUSED:
            size = EITHER if name == "10 MB" else REFUSED  # a state file of 20,000 tasks is as long
            yield Case(f"state file: {name}", _put(store.STATE_FILE, b"tasks: {}\ntitle: x\n" + other), size)
            yield Case(f"configuration: {name}", _put("assembly-line.yaml", b"title: x\n" + other))
    bidi = GOOD.replace(b"Count the words", "Count \u202ethe\u202c words".encode())
    yield Case("definition: bidi in the title", _put(FILE, bidi), EITHER)
    yield Case("state file: a list of tasks", _put(store.STATE_FILE, b"tasks: [a, b]\n"))
    yield Case("state file: a list", _put(store.STATE_FILE, b"- a\n"))
    yield Case("state file: conflict markers", _put(store.STATE_FILE, b"<<<<<<< ours\na: b\n=======\na: c\n>>>>>>> theirs\n"))
    yield Case("configuration: unknown member", _put("assembly-line.yaml", b"command: rm -rf /\n"))
    yield Case("configuration: a task folder outside", _put("assembly-line.yaml", b"task_folders: ['../../..']\n"))
    yield Case("configuration: a state file outside", _put("assembly-line.yaml", b"state_file: ../../.project-state.yaml\n"))
    yield Case("journal: garbage", _put(store.journal_path(TASK), b"\xff\xfe\0\n{}\n[]\n"))
    yield Case("journal: 200,000 open brackets", _put(store.journal_path(TASK), b"[" * 200_000 + b"\n{}\n"))
    for relative in (FILE, store.STATE_FILE, store.journal_path(TASK), "assembly-line.yaml", store.LOCK):
        yield Case(f"{relative} is a link to the outside", _linked(relative))
        # A FIFO serves as a lock like any other file: nobody reads or writes it.
        yield Case(f"{relative} is a FIFO", _fifo(relative), EITHER if relative == store.LOCK else REFUSED)
        yield Case(f"{relative} is a folder", _folder(relative))
    for relative in ("docs/planning", "docs/planning/tasks", store.JOURNALS, ".task_bundles", f".task_bundles/{TASK}"):
        # A link in the place of a bundle is set aside by its name; nothing is written through it.
        way = TAKEN if relative.endswith(TASK) else REFUSED
        yield Case(f"{relative} is a link to the outside", _linked(relative, folder=True), way)
    for word in IDS:
        yield Case(f"id {word!r:.40}", lambda desk: None, REFUSED, word)


def tried(desk: Desk, case: Case, deliver: Callable[[dict[str, Any]], Said]) -> list[str]:
    """Type /task-run in a hostile project; what is wrong with the answer, or was done besides."""
    case.prepare(desk)
    before, away = _tree(desk.root), _tree(desk.folder / "outside")
    said = deliver(desk.command("run", case.arguments))
    found = clear(said, refused=case.expected == REFUSED, limit=LIMIT if case.expected != EITHER else 5 * LIMIT)
    if case.expected == TAKEN and "```directive" not in said.text:
        found.append(f"not taken: {said.text:.200}")
    if said.decision == "block":
        changed = {name for name, mark in _tree(desk.root).items() if before.get(name) != mark}
        changed |= before.keys() - _tree(desk.root).keys()
        found += [f"written: {', '.join(sorted(changed))}"] if changed - _ALLOWED else []
    found += ["something outside was written"] if _tree(desk.folder / "outside") != away else []
    found += [f"{path} was made" for path in (desk.root / "PWNED", desk.folder / "PWNED") if path.exists()]
    return found


_ALLOWED = {".task_bundles", ".task_bundles/.lock", ".task_bundles/.gitignore"}  # the lock is no word about a task


def _tree(top: Path) -> dict[str, tuple[int, int, bytes]]:
    """What lies below a folder: kind, size and content, links not followed."""
    found = {}
    for folder, folders, files in os.walk(top):
        folders[:] = [name for name in folders if name != ".git"]
        for name in (*folders, *files):
            path = Path(folder) / name
            seen = path.lstat()
            data = path.read_bytes() if path.is_file() and not path.is_symlink() and seen.st_size < 1 << 16 else b""
            found[path.relative_to(top).as_posix()] = (seen.st_mode, 0 if path.is_dir() else seen.st_size, data)
    return found


def clear(said: Said, *, refused: bool, limit: float = LIMIT) -> list[str]:
    """What is wrong with an answer: it must be one clear line if it refuses, and come in time."""
    found = []
    if said.status not in (0, 2):
        found.append(f"status {said.status}")
    if "Traceback" in said.err or "escaped: " in said.err:
        found.append(f"a traceback: {said.err[-200:]}")
    if said.status == 2:
        line = said.err.strip("\n")
    else:
        line = said.text if said.decision in ("block", "deny") else ""
    if refused and not line:
        found.append(f"not refused: {said.out:.150}")
    if line and ("\n" in line.partition("\n```directive")[0] and "```directive" not in line):
        found.append(f"more than one line: {line!r:.200}")
    if re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", said.err + said.text):
        found.append(f"control characters: {said.text!r:.200}")
    if re.search(r"\b[A-Z]\w+(Error|Exception|Interrupt): ", line):
        found.append(f"an internal error: {line:.200}")
    if said.seconds > limit:
        found.append(f"{said.seconds:.1f} s")
    return found


# Payloads.


def payloads() -> dict[str, bytes]:
    """What may arrive on stdin instead of an event."""
    event = b'{"hook_event_name":"PreToolUse","session_id":"s-1","tool_name":"Bash","tool_input":{}}'
    return {
        "nothing": b"",
        "a blank line": b"\n",
        "no JSON": b"hello\n",
        "half an event": event[:40],
        "a list": b"[]\n",
        "a number": b"1e999\n",
        "200,000 open brackets": b"[" * 200_000 + b"\n",
        "200,000 open objects": b'{"a":' * 200_000 + b"\n",
        "over 4 MB": b'{"a":"' + b"x" * (4 * 1024 * 1024) + b'"}\n',
        "10 MB without an end": b"x" * 10_000_000,
        "UTF-16": event.decode().encode("utf-16"),
        "not UTF-8": event.replace(b"Bash", b"B\xff\xfe"),
        "two events": event + event,
        "a number of 5,000 digits": b'{"a":' + b"9" * 5000 + b"}\n",
    }


def accepted() -> dict[str, bytes]:
    """What is odd but an event: it concerns no run, so that nothing happens."""
    event = b'{"hook_event_name":"PreToolUse","session_id":"none","tool_name":"Bash","tool_input":{}}'
    return {
        "NaN": event[:-1] + b',"x":NaN,"y":Infinity}\n',
        "members twice": event[:-1] + b',"tool_name":"Write","tool_name":[1]}\n',
        "other types": b'{"hook_event_name":1,"session_id":["s-1"],"tool_name":{},"tool_input":"x"}\n',
        "a session id that is a path": event.replace(b'"none"', b'"../../../etc/passwd"'),
        "a NUL in the session id": event.replace(b'"none"', b'"a\\u0000b"'),
        "an endless session id": event.replace(b"none", b"x" * 100_000),
        "half a surrogate pair": event.replace(b'"none"', b'"\\ud800"'),
        "no members": b"{}\n",
    }


def refused(event: str, name: str, said: Said, limit: float = LIMIT) -> list[str]:
    """What is wrong with the answer to something that is no event."""
    found = clear(said, refused=False, limit=limit)
    if event != "Stop" and said.status != 2:
        found.append(f"a gate let {name} through: {said.out:.100}")
    if event == "Stop" and not said.answer.get("systemMessage", "").startswith("assembly-line: "):
        found.append("says nothing")
    return found


def stdin(tally: Tally, deliver: Callable[[bytes, str], Said]) -> None:
    """Every odd payload to two gates and to a hook that is none."""
    for event in ("PreToolUse", "UserPromptExpansion", "Stop"):
        for name, data in payloads().items():
            tally.add(f"stdin of {event}: {name}", refused(event, name, deliver(data, event)))
        for name, data in accepted().items():
            said = deliver(data, event)
            tally.add(f"stdin of {event}: {name}", [*clear(said, refused=False), *([said.out[:100]] if said.out else [])])


def held_open(desk: Desk) -> list[str]:
    """Standard input that never ends: the hook gives up by its own deadline."""
    command = [sys.executable, "-I", "-S", str(PLUGIN / "hooks" / "pre_tool_use.py")]
    began = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=desk.environment()
    )
    assert process.stdin and process.stderr and process.stdout
    process.stdin.write(b'{"hook_event_name":')
    process.stdin.flush()
    try:
        status = process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        return ["it waits for ever"]
    finally:
        process.stdin.close()
    took, err = time.perf_counter() - began, process.stderr.read().decode()
    process.stdout.close()
    process.stderr.close()
    return [*([f"status {status}"] if status != 2 else []), *([f"{took:.1f} s"] if took > 7 else []), *clear(Said(2, "", err), refused=True)]


# Environments.


def equip(desk: Desk) -> bool:
    """Give the data folder an environment, as the first session start would: this Python's own."""
    place = desk.data / "venv"
    if not (Path(sys.prefix) / "pyvenv.cfg").exists():
        return False
    place.mkdir()
    for name in ("bin", "lib"):
        (place / name).symlink_to(Path(sys.prefix) / name)
    shutil.copy(Path(sys.prefix) / "pyvenv.cfg", place)
    shutil.copy(PLUGIN / "requirements.txt", place)
    return True


_MODULE = "open({mark!r}, 'a').write(__name__)\n"


def _planted(desk: Desk, mark: str) -> None:
    """Modules and programs in the project that nobody may run."""
    for name in ("json", "yaml", "os", "sitecustomize", "usercustomize", "jsonschema", "assembly_line"):
        desk.write(f"{name}.py", _MODULE.format(mark=mark))
    for name in ("git", "sh", "python3", "python", "cmp", "env"):
        path = desk.root / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\necho {name} >> '{mark}'\nexit 1\n", "utf-8")
        path.chmod(0o755)
    desk.write(".claude/settings.json", '{"hooks": {}}')
    desk.write("conftest.py", _MODULE.format(mark=mark))
    hooks = desk.root / ".git" / "hooks"
    hooks.mkdir(parents=True, exist_ok=True)
    for name in ("post-index-change", "fsmonitor-watchman", "reference-transaction"):
        (hooks / name).write_text(f"#!/bin/sh\necho {name} >> '{mark}'\n", "utf-8")
        (hooks / name).chmod(0o755)
    desk.git("config", "core.fsmonitor", f"echo fsmonitor >> '{mark}'")
    desk.git("config", "core.pager", f"echo pager >> '{mark}'")
    desk.git("config", "diff.external", f"echo external >> '{mark}'")


def environments(desk: Desk) -> dict[str, dict[str, str]]:
    """What a shell may have set by accident or by a hostile project."""
    inside, path = str(desk.root), os.environ.get("PATH", "")
    return {
        "modules in the working folder": {},
        "PYTHONPATH": {"PYTHONPATH": inside},
        "PYTHONSTARTUP and PYTHONHOME": {"PYTHONSTARTUP": f"{inside}/json.py", "PYTHONHOME": inside},
        "PYTHONINSPECT and PYTHONUSERBASE": {"PYTHONINSPECT": "1", "PYTHONUSERBASE": inside},
        "PATH begins in the project": {"PATH": f"{inside}/bin:{path}"},
        "PATH begins with a relative folder": {"PATH": f"bin:.:{path}"},
        "GIT_DIR and GIT_EXTERNAL_DIFF": {"GIT_DIR": f"{inside}/bin", "GIT_EXTERNAL_DIFF": f"{inside}/bin/git"},
        "ENV and BASH_ENV": {"ENV": f"{inside}/bin/sh", "BASH_ENV": f"{inside}/bin/sh"},
    }


def planted(folder: Path) -> Tally | None:
    """A whole start of a run by the launcher among planted modules and programs; None without an environment."""
    tally = Tally("hostile (environment)")
    names = list(environments(_made(folder / "names")))
    for number, name in enumerate(names):
        desk = _made(folder / f"environment{number}")
        mark = str(desk.folder / "RUN")
        _planted(desk, mark)
        if not equip(desk):
            return None
        trace = desk.folder / "trace"
        wrapper = ["strace", "-f", "-qq", "-o", str(trace), "-e", "trace=execve"] if works() else []
        said = launch(desk, desk.command("run"), wrapper, environments(desk)[name])
        found = [] if "```directive" in said.text else [f"no run: {said.status} {said.out:.200} {said.err:.200}"]
        if os.path.exists(mark):
            found.append(f"ran from the project: {Path(mark).read_text('utf-8').split()}")
        if wrapper:
            started = re.findall(r'execve\("([^"]+)", .*\) = 0', trace.read_text("utf-8", "replace"))
            odd = [path for path in started if path.startswith(str(desk.root)) or not path.startswith("/")]
            found += [f"started from the project: {odd}"] if odd else []
        tally.add(name, found)
        shutil.rmtree(desk.folder)
    return tally


def launch(desk: Desk, payload: dict[str, Any], wrapper: list[str], more: dict[str, str]) -> Said:
    """Deliver a command as the client does: a shell, the launcher, Python."""
    began = time.perf_counter()
    done = subprocess.run(
        [*wrapper, "/bin/sh", "-c", f'"{PLUGIN}/hooks/launch" user_prompt_expansion always'],
        input=json.dumps(payload).encode() + b"\n",
        capture_output=True,
        env={**desk.environment(), **more},
        cwd=desk.root,
        check=False,
    )
    return Said(done.returncode, done.stdout.decode(), done.stderr.decode(), time.perf_counter() - began)


def _made(folder: Path) -> Desk:
    return Desk(folder, git=True)


def sweep(folder: Path, quick: bool) -> list[Figure]:
    """All of it, by process."""
    tally = Tally("hostile")
    blank = Desk(folder / "blank", git=False)
    for number, case in enumerate(cases()):
        if quick and number % 5:
            continue
        desk = copied(blank, folder / f"case{number}")
        tally.add(case.name, tried(desk, case, desk.spawn))
        shutil.rmtree(desk.folder)
    stdin(tally, blank.fork if quick else blank.spawn)
    tally.add("stdin left open", held_open(blank))
    found = planted(folder)
    figures = [tally.figure("hostile files, ids and payloads, by process")]
    if found is None:
        return [*figures, Figure("hostile (environment)", 0, 0, skipped="this Python is in no virtual environment")]
    return [*figures, found.figure("" if works() else "", "" if works() else "no strace, so planted programs were only watched by their marks")]


def copied(desk: Desk, folder: Path) -> Desk:
    """The same desk in another folder."""
    other = Desk.__new__(Desk)
    other.__dict__.update(desk.__dict__)
    other.folder, other.top = folder, folder / "here"
    other.root, other.data = other.top / "project", other.top / "data"
    shutil.copytree(desk.top, other.top, symlinks=True)
    (folder / "pycache").symlink_to(desk.folder / "pycache")
    (desk.folder / "pycache").mkdir(exist_ok=True)
    return other
