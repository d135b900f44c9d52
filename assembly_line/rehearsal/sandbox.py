"""An isolated client: its own home, configuration and process group, a dummy key, and the loopback server."""

import json
import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from assembly_line.client.process import kill, stream
from assembly_line.client.program import PINNED
from assembly_line.rehearsal.wire import Json

KEY = "sk-rehearsal-no-key-000000000000000000000000"  # never leaves 127.0.0.1
UNATTENDED = ("--permission-mode", "acceptEdits", "--allowedTools", "Bash,Write,Edit")

_NOT_INHERITED = ("CLAUDE", "ANTHROPIC", "AI_AGENT", "OTEL_", "MCP_", "TMUX", "NODE_OPTIONS")
_SWITCHES = {
    "DISABLE_TELEMETRY": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_BUG_COMMAND": "1",
    "DISABLE_COST_WARNINGS": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "CLAUDE_CODE_DISABLE_TERMINAL_TITLE": "1",
    "CLAUDE_CODE_MAX_RETRIES": "1",  # scripted faults are deliberate, so retries would only waste time
}


class Sandbox(NamedTuple):
    """One client's environment; the home keeps sessions and plugin data across runs."""

    binary: Path
    home: Path
    project: Path
    url: str  # of the loopback server
    plugins: tuple[Path, ...] = ()
    variables: Mapping[str, str] = {}


class Outcome(NamedTuple):
    """How a run in print mode ended."""

    code: int  # exit status; negative for a signal
    result: str  # text of the last result line, or ""
    session: str
    lines: tuple[Json, ...]  # all lines of the stream
    errors: str  # standard error


def config(box: Sandbox) -> Path:
    """The client's configuration folder inside the sandbox."""
    return box.home / "config"


def prepare(box: Sandbox) -> None:
    """Create a home and configuration that skip the first-start and trust dialogs."""
    file = config(box) / ".claude.json"
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    trusted = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True, "allowedTools": []}
    seed = {
        "hasCompletedOnboarding": True,
        "lastOnboardingVersion": PINNED,
        "theme": "dark",
        "numStartups": 3,
        "customApiKeyResponses": {"approved": [KEY[-20:]], "rejected": []},
        "projects": {str(box.project.resolve()): trusted},
    }
    file.write_text(json.dumps(seed), encoding="utf-8")


def environment(box: Sandbox) -> dict[str, str]:
    """The client's environment: the loopback server, no proxy, and nothing from the user's client."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(_NOT_INHERITED) and not name.upper().endswith("_PROXY")
    }
    own = {
        "HOME": str(box.home),
        "CLAUDE_CONFIG_DIR": str(config(box)),
        "ANTHROPIC_BASE_URL": box.url,
        "ANTHROPIC_API_KEY": KEY,
        "NO_PROXY": "127.0.0.1",
    }
    return {**inherited, **_pip(), **_SWITCHES, **own, **box.variables}


def command(box: Sandbox, *arguments: str) -> list[str]:
    """The client's command line with the sandbox's plugins."""
    plugins = [part for folder in box.plugins for part in ("--plugin-dir", str(folder))]
    return [str(box.binary), *arguments, *plugins]


def start(box: Sandbox, prompt: str, *options: str) -> "subprocess.Popen[str]":
    """Start a run in print mode as its own process group; read its output with `stream`."""
    prepare(box)
    printing = ("-p", prompt, "--output-format", "stream-json", "--verbose", "--include-hook-events")
    with (box.home / "stderr.txt").open("w", encoding="utf-8") as errors:
        return subprocess.Popen(
            command(box, *printing, *(options or UNATTENDED)),
            cwd=box.project,
            env=environment(box),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=os.name != "nt",
        )


def finish(
    box: Sandbox,
    process: "subprocess.Popen[str]",
    seconds: float,
    on_line: Callable[[Json], None] = lambda line: None,
) -> Outcome:
    """Read a run to its end, or kill it after `seconds`; `on_line` gets each line as it comes."""
    timer = threading.Timer(seconds, kill, [process])
    timer.daemon = True
    timer.start()
    lines: list[Json] = []
    try:
        for line in stream(process):
            lines.append(line)
            on_line(line)
        code = process.wait(timeout=30)
    finally:
        timer.cancel()
        kill(process)
        if process.stdout:
            process.stdout.close()
    ends = [line for line in lines if line.get("type") == "result"]
    session = next((str(line["session_id"]) for line in lines if line.get("session_id")), "")
    errors = (box.home / "stderr.txt").read_text(encoding="utf-8", errors="replace")
    return Outcome(code, str(ends[-1].get("result", "")) if ends else "", session, tuple(lines), errors)


def _pip() -> dict[str, str]:
    """The user's pip configuration, which the changed HOME would hide from the plugin's setup."""
    files = [Path.home() / ".config" / "pip" / "pip.conf", Path.home() / ".pip" / "pip.conf"]
    file = next((path for path in files if path.is_file()), None)
    return {"PIP_CONFIG_FILE": str(file)} if file and "PIP_CONFIG_FILE" not in os.environ else {}
