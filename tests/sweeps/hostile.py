"""Hostile projects, ids and payloads, through the real entry: one clear line each, and nothing else happens."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.delivery import ROOT, Said
from tests.sweeps.crash import works
from tests.sweeps.desk import Desk
from tests.sweeps.environments import planted
from tests.sweeps.hostile_cases import EITHER, REFUSED, TAKEN, Case, cases
from tests.sweeps.tally import Figure, Tally

LIMIT = 1.0  # seconds for one answer


def tried(desk: Desk, case: Case, deliver: Callable[[dict[str, Any]], Said]) -> list[str]:
    """Type /task-run in a hostile project; what is wrong with the answer, or was done besides."""
    case.prepare(desk)
    before, away = _tree(desk.root), _tree(desk.folder / "outside")
    said = deliver(desk.typed("run", case.arguments))
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


# The lock and the work tree's id are no word about a task.
_ALLOWED = {".task_bundles", ".task_bundles/.lock", ".task_bundles/.gitignore", ".task_bundles/.tree"}


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
    told = said.text if said.decision in ("block", "deny") else ""
    line = said.err.strip("\n") if said.status == 2 else told
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
            tally.add(
                f"stdin of {event}: {name}", [*clear(said, refused=False), *([said.out[:100]] if said.out else [])]
            )


def held_open(desk: Desk) -> list[str]:
    """Standard input that never ends: the hook gives up by its own deadline."""
    command = [sys.executable, "-I", str(ROOT / "hooks" / "pre_tool_use.py")]
    began = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=desk.environment()
    )
    assert process.stdin
    assert process.stderr
    assert process.stdout
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
    return [
        *([f"status {status}"] if status != 2 else []),
        *([f"{took:.1f} s"] if took > 7 else []),
        *clear(Said(2, "", err), refused=True),
    ]


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
    return [
        *figures,
        found.figure("" if works() else "without strace: programs are watched by their marks only"),
    ]


def copied(desk: Desk, folder: Path) -> Desk:
    """The same desk in another folder."""
    other = Desk.__new__(Desk)
    other.__dict__.update(desk.__dict__)
    other.folder, other.top = folder, folder / "here"
    other.root, other.data = other.top / "project", other.top / "data"
    shutil.copytree(desk.top, other.top, symlinks=True)
    return other
