"""Modules and programs planted in a project, and what a shell may have set: nothing of it is run."""

import os
import re
import shutil
import sys
from pathlib import Path

from tests.support.delivery import ROOT, launched
from tests.sweeps.crash import works
from tests.sweeps.desk import TASK, Desk
from tests.sweeps.tally import Tally


def equip(desk: Desk) -> bool:
    """Give the data folder an environment, as the first session start would: this Python's own."""
    place = desk.data / "venv"
    if not (Path(sys.prefix) / "pyvenv.cfg").exists():
        return False
    place.mkdir()
    for name in ("bin", "lib"):
        (place / name).symlink_to(Path(sys.prefix) / name)
    shutil.copy(Path(sys.prefix) / "pyvenv.cfg", place)
    shutil.copy(ROOT / "requirements.txt", place)
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


def planted(folder: Path, only: tuple[str, ...] = ()) -> Tally | None:
    """A whole start of a run by the launcher among planted modules and programs; None without an environment."""
    tally = Tally("hostile (environment)")
    names = only or tuple(environments(_made(folder / "names")))
    for number, name in enumerate(names):
        desk = _made(folder / f"environment{number}")
        mark = str(desk.folder / "RUN")
        _planted(desk, mark)
        if not equip(desk):
            return None
        trace = desk.folder / "trace"
        wrapper = ["strace", "-f", "-qq", "-o", str(trace), "-e", "trace=execve"] if works() else []
        command = desk.delivery(desk.typed("run", TASK), **environments(desk)[name])
        said = launched(command, "always", wrapper)()
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


def _made(folder: Path) -> Desk:
    return Desk(folder, git=True)
