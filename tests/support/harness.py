"""A scene for acceptance tests: a scratch project, the scripted model and the real client, run, killed or typed at."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from assembly_line.client import program
from assembly_line.client.process import kill
from assembly_line.rehearsal import conversation, sandbox, stage
from assembly_line.rehearsal.artefacts import Ground, survey
from assembly_line.rehearsal.cast import script
from assembly_line.rehearsal.plan import Plan
from assembly_line.rehearsal.sandbox import Sandbox
from assembly_line.rehearsal.server import Script, Server, serve
from assembly_line.rehearsal.wire import Json, Reply

ROWS = 160  # of the screen, which keeps no scrollback

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples"
DATA = Path("plugins", "data", "assembly-line-inline")  # CLAUDE_PLUGIN_DATA under the configuration folder


class Ran(NamedTuple):
    """A finished or killed run in print mode."""

    code: int
    text: str  # of the last result line
    session: str
    requests: list[Json]  # those of this run
    hooks: list[Json]  # the client's hook_started and hook_response lines
    lines: tuple[Json, ...]
    errors: str

    def whose(self) -> list[str]:
        """Who asked the model, in order: relay, side, or `d-0003 api-developer`."""
        return [str(item["whose"]) for item in self.requests if str(item["path"]).startswith("/v1/messages?")]


class Scene:
    """One project, one client home and one server; as many runs as a test wants."""

    def __init__(self, project: Path, home: Path, server: Server, plugins: Sequence[Path]) -> None:
        self.project = project
        self.server = server
        self.home = home
        self.plugins = tuple(plugins)
        self.ground: Ground = survey(project)
        self.script: Script = script(Plan(), self.ground)
        self.variables: dict[str, str] = {}

    def plan(self, plan: Plan) -> None:
        """Set the plan of the following runs; its counts of faults and judgements start at zero."""
        self.script = script(plan, self.ground)

    @property
    def requests(self) -> list[Json]:
        return self.server.requests

    @property
    def data(self) -> Path:
        """The plugin's data folder."""
        return sandbox.config(self.box()) / DATA

    def box(self) -> Sandbox:
        return Sandbox(_binary(), self.home, self.project, self.server.url, self.plugins, self.variables)

    def run(self, prompt: str, *options: str, seconds: float = 120, resume: str = "") -> Ran:
        """Run a prompt in print mode to its end; options replace the unattended permissions, `resume` is a session."""
        return self._run(prompt, options, seconds, resume, None)

    def run_until(self, when: Callable[[Path], bool], prompt: str, seconds: float = 120, resume: str = "") -> Ran:
        """Run a prompt and kill the client's process group with SIGKILL as soon as `when(project)` holds."""
        return self._run(prompt, (), seconds, resume, when)

    def _run(
        self, prompt: str, options: Sequence[str], seconds: float, resume: str, when: Callable[[Path], bool] | None
    ) -> Ran:
        box, before = self.box(), len(self.requests)
        given = (*(options or sandbox.UNATTENDED), *(("--resume", resume) if resume else ()))
        process = sandbox.start(box, prompt, *given)
        ended = threading.Event()
        watcher = threading.Thread(target=_kill_when, args=(process, when, self.project, ended), daemon=True)
        if when is not None:
            watcher.start()
        try:
            done = sandbox.finish(box, process, seconds)
        finally:
            ended.set()
        if self.server.faults:
            raise AssertionError(f"the script failed: {self.server.faults}")
        hooks = [line for line in done.lines if str(line.get("subtype", "")).startswith("hook_")]
        return Ran(done.code, done.result, done.session, self.requests[before:], hooks, done.lines, done.errors)

    @contextmanager
    def terminal(self, *options: str) -> Iterator["Terminal"]:
        """An interactive client in tmux; accept-edits mode with Bash allowed unless options say otherwise."""
        assert shutil.which("tmux"), "the tests of the interactive client need tmux on PATH"
        box = self.box()
        sandbox.prepare(box)
        words = sandbox.command(box, *(options or sandbox.UNATTENDED))
        variables = {**sandbox.environment(box), "TERM": "xterm-256color"}
        start = self.home / "terminal.sh"
        start.write_text(
            "exec env -i "
            + " ".join(shlex.quote(f"{name}={value}") for name, value in variables.items())
            + " "
            + " ".join(shlex.quote(word) for word in words)
            + "\n",
            encoding="utf-8",
        )
        socket = f"scene-{os.getpid()}-{abs(hash(str(self.home))) % 10**8}"
        terminal = Terminal(socket)
        terminal.tmux(
            "-f", os.devnull, "new-session", "-d", "-x", "160", "-y", str(ROWS), "-c", str(self.project), f"sh {start}"
        )
        try:
            terminal.wait_for("^\u276f", seconds=40)
            yield terminal
        finally:
            terminal.tmux("kill-server", check=False)


class Terminal(NamedTuple):
    """The screen and keyboard of an interactive client."""

    socket: str

    def tmux(self, *words: str, check: bool = True) -> str:
        command = ("tmux", "-L", self.socket, *words)
        return subprocess.run(command, capture_output=True, text=True, check=check, timeout=20).stdout

    def send(self, text: str, enter: bool = True) -> None:
        """Type a text, and after a moment Enter, as a person would."""
        self.tmux("send-keys", "-l", text)
        if enter:
            time.sleep(0.4)
            self.tmux("send-keys", "Enter")

    def keys(self, *names: str) -> None:
        """Press keys by their tmux names, such as Escape or C-c."""
        self.tmux("send-keys", *names)

    def capture(self) -> str:
        """The text of the screen, with its history."""
        return self.tmux("capture-pane", "-p", "-S", "-2000").rstrip()

    def wait_for(self, pattern: str, seconds: float = 60) -> str:
        """Wait until the screen matches; the AssertionError of a timeout shows the screen."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            screen = self.capture()
            if re.search(pattern, screen, re.MULTILINE):
                return screen
            time.sleep(0.2)
        raise AssertionError(f"{pattern!r} did not appear within {seconds} s:\n{self.capture()}")


@contextmanager
def open_scene(
    folder: Path,
    project: Path | None = None,
    plan: Plan | None = None,
    plugins: Sequence[Path] = (ROOT,),
    data: Path | None = None,
    git: bool = True,
) -> Iterator[Scene]:
    """A scene under `folder`: the project is copied (None: empty), `data` is a plugin data folder to start from."""
    target = folder / "project"
    if project is None:
        target.mkdir(parents=True)
    else:
        stage.copy(project, target)
    if git:
        stage.commit(target)
    current: list[Scene] = []
    with serve(lambda body: current[0].script(body), folder / "requests.jsonl") as server:
        scene = Scene(target, folder / "home", server, plugins)
        current.append(scene)
        if data is not None:
            shutil.copytree(data, scene.data, symlinks=True)
        if plan is not None:
            scene.plan(plan)
        yield scene


def built_data(folder: Path) -> Path:
    """A plugin data folder as the plugin's first command leaves it, to be copied into scenes."""
    words = [sys.executable, "-I", str(ROOT / "hooks" / "environment.py"), str(folder), "300"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=320, check=True)
    assert done.stdout == ""
    return folder


def late(acting: Script, when: Callable[[str, Reply], bool], seconds: float = 30.0) -> Script:
    """The script with late answers: `when` gets whose answer it is, such as `d-0003 developer`, and the answer."""

    def answer(body: Json) -> Reply:
        reply = acting(body)
        waits = when(conversation.label(body), reply)
        return reply._replace(delay=reply.delay + seconds) if waits else reply

    return answer


_FOUND: list[Path] = []


def _binary() -> Path:
    if not _FOUND:
        _FOUND.append(program.find(ROOT / program.CACHE, fetch=False))
    return _FOUND[0]


def _kill_when(
    process: "subprocess.Popen[str]",
    when: Callable[[Path], bool],
    project: Path,
    ended: threading.Event,
) -> None:
    while not ended.wait(0.005):
        if when(project):
            kill(process)
            return
