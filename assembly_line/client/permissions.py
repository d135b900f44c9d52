"""Whether a session can run a task: anybody can allow Write and Bash, and the client keeps its transcripts."""

import glob
import json
import os
import re
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from assembly_line.client import process

# What a run needs, and the rules that give it, at least in part.
NEEDED = {"Write": ("Write", "Edit", "MultiEdit"), "Bash": ("Bash",)}
MAX_BYTES = 4 * 1024 * 1024
_ALLOW = ("--allowedTools", "--allowed-tools")
_DENY = ("--disallowedTools", "--disallowed-tools")
# Options after which something that cannot be read here may allow a call.
_OPEN = ("--dangerously-skip-permissions", "--permission-prompt-tool", "--settings")
_FORGETS = ("--no-session-persistence", "CLAUDE_CODE_SKIP_PROMPT_HISTORY")
_PRINTS = re.compile("--print|-[A-Za-z]*p[A-Za-z]*")
_MANAGED = {"darwin": "/Library/Application Support/ClaudeCode", "win32": r"C:\Program Files\ClaudeCode"}


class Known(NamedTuple):
    """What a hook can find out about its session's permissions."""

    attended: bool | None = None  # whether a person can be asked; None when another program may answer
    allowed: frozenset[str] = frozenset()  # of NEEDED, by a rule
    barred: frozenset[str] = frozenset()  # of NEEDED, by a rule that names the whole tool
    unsure: bool = False  # something else may allow a call
    unkept: str = ""  # what makes the client keep no transcripts


def refusal(mode: str, words: str, known: Known) -> str:
    """Why a run cannot get what it needs in this session, and what to type; "" unless that is certain."""
    task = words.split()[0]
    if known.unkept:
        return (
            f"{task} was not run: with {known.unkept} the client keeps no transcripts, and without them nobody can "
            "tell who did the work; start it without that"
        )
    start = f'claude -p "/task-run {words}" --permission-mode acceptEdits --allowedTools Bash'
    if mode == "plan":
        way = f"leave it with shift+tab, then type /task-run {words}" if known.attended else f"type: {start}"
        return f"{task} was not run: in plan mode no agent can write files or run commands; {way}"
    if known.barred:
        names = " and ".join(sorted(known.barred))
        return (
            f"{task} was not run: {names} may not be used in this session, and every run needs Write and Bash; take it"
            " out of permissions.deny in the settings, or out of --disallowedTools, and start the client again"
        )
    if known.unsure or not (mode == "dontAsk" or (mode in ("default", "acceptEdits") and known.attended is False)):
        return ""
    given = known.allowed | ({"Write"} if mode == "acceptEdits" else set())
    missing = " and ".join(sorted(set(NEEDED) - given))
    if not missing:
        return ""
    start = start.replace(' -p "/task-run', ' "/task-run') if known.attended else start
    return (
        f"{task} was not run: nobody can allow {missing} in this session (permission mode {mode}), and every run needs"
        f" Write and Bash; type: {start}"
    )


def known(root: str, environment: Mapping[str, str] = os.environ) -> Known:
    """What the environment, the client's command line and its settings files say."""
    entry = environment.get("CLAUDE_CODE_ENTRYPOINT", "")
    is_attended = entry == "cli" or environment.get("CLAUDE_CODE_SESSION_ATTENDED") == "1"
    attended = True if is_attended else False if entry == "sdk-cli" else None
    words = process.command_line(environment.get("CLAUDE_PID", ""))
    allowed, barred = _named(_values(words, _ALLOW)), _barred(_values(words, _DENY))
    unsure = not _is_whole(words, attended) or any(word.partition("=")[0] in _OPEN for word in words)
    chosen = any(word.partition("=")[0] == "--setting-sources" for word in words)  # then some files do not count
    for path, counts in _files(root, environment):
        settings, is_readable = _read(path)
        rules, hooks, sandbox = (settings.get(name) for name in ("permissions", "hooks", "sandbox"))
        if isinstance(rules, dict):
            allowed |= _named(_texts(rules.get("allow")))
            barred |= _barred(_texts(rules.get("deny"))) if counts and not chosen else frozenset()
        others = isinstance(hooks, dict) and bool(hooks.keys() & {"PreToolUse", "PermissionRequest"})
        boxed = isinstance(sandbox, dict) and bool(sandbox.get("enabled"))
        unsure = unsure or not is_readable or others or boxed
    return Known(attended, allowed, barred, unsure, _unkept(words, environment))


def _unkept(words: list[str], environment: Mapping[str, str]) -> str:
    """The option or variable by which the client keeps no transcripts, or ""."""
    if environment.get(_FORGETS[1], "").lower() in ("1", "true", "yes", "on"):
        return _FORGETS[1]
    return _FORGETS[0] if _FORGETS[0] in words else ""


def _files(root: str, environment: Mapping[str, str]) -> list[tuple[str, bool]]:
    """The settings files that may hold rules, and whether each surely counts."""
    config = environment.get("CLAUDE_CONFIG_DIR") or os.path.join(os.path.expanduser("~"), ".claude")
    managed = _MANAGED.get(sys.platform, "/etc/claude-code")
    found = [(os.path.join(config, name), True) for name in ("settings.json", "remote-settings.json")]
    more = sorted(glob.glob(os.path.join(glob.escape(managed), "managed-settings.d", "*.json")))
    found += [(path, True) for path in (os.path.join(managed, "managed-settings.json"), *more)]
    folder = os.path.abspath(root)
    while True:
        own = (os.path.join(folder, ".claude", name) for name in ("settings.json", "settings.local.json"))
        found += [(path, folder == os.path.abspath(root)) for path in own]
        if folder == os.path.dirname(folder):
            return found
        folder = os.path.dirname(folder)


def _read(path: str) -> tuple[dict[str, Any], bool]:
    """The settings in a file, and whether they could be read; a missing file has none."""
    try:
        with open(path, "rb") as file:
            value = json.loads(file.read(MAX_BYTES).decode("utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        return {}, True
    except (OSError, ValueError, RecursionError):
        return {}, False
    return (value, True) if isinstance(value, dict) else ({}, False)


def _is_whole(words: list[str], attended: bool | None) -> bool:
    """Whether a command line is what was typed; a program may replace its own by a title, and nobody can tell more."""
    return len(words) > 1 and (attended is not False or any(_PRINTS.fullmatch(word) for word in words))


def _values(words: list[str], options: tuple[str, ...]) -> list[str]:
    """The values of an option that takes several, up to the next option."""
    values: list[str] = []
    taking = False
    for word in words:
        name, equals, value = word.partition("=")
        if name in options:
            values += [value] if equals else []
            taking = not equals
        elif word.startswith("-"):
            taking = False
        elif taking:
            values.append(word)
    return values


def _named(values: list[str]) -> frozenset[str]:
    """What NEEDED has in rules that allow, in part or whole; a list may be separated by commas or blanks."""
    names = {part.partition("(")[0] for value in values for part in value.replace(",", " ").split()}
    return frozenset(need for need, rules in NEEDED.items() if names.intersection(rules))


def _barred(values: list[str]) -> frozenset[str]:
    names = {part.removesuffix("(*)") for value in values for part in value.replace(",", " ").split()}
    return frozenset(names.intersection(NEEDED))


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
