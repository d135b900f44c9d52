"""A plugin's hooks as the client starts them: which commands an event calls for, and their environment."""

import fnmatch
import json
import os
import re
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import sample

Json = dict[str, Any]
_TARGETS = {"UserPromptExpansion": "command_name", "SessionStart": "source", "SessionEnd": "reason"}
_AGENT_TYPE = ("SubagentStart", "SubagentStop")
_ARGUMENTS = ("command", "file_path", "notebook_path", "subagent_type", "skill", "url", "pattern")


class Plugin(NamedTuple):
    """A plugin folder with its name and the hooks of each event."""

    folder: Path
    name: str
    hooks: dict[str, list[Json]]  # by event: groups with matcher and hooks


class Fired(NamedTuple):
    """What one event's hooks took and answered."""

    ms: float  # of all hooks together
    cpu: float  # the same, processor time
    processes: int  # that the client started
    answer: Json  # of the last hook that answered
    failed: int  # exit statuses other than 0


def load(folder: Path) -> Plugin:
    """The plugin in a folder, with the hooks of its manifest and of hooks/hooks.json."""
    found = next(
        (path for path in (folder / ".claude-plugin/plugin.json", folder / "plugin.json") if path.exists()), None
    )
    manifest: Json = json.loads(found.read_text(encoding="utf-8")) if found else {}
    named = manifest.get("hooks", "hooks/hooks.json")
    hooks: Json = named if isinstance(named, dict) else {}
    if isinstance(named, str) and (folder / named).exists():
        hooks = json.loads((folder / named).read_text(encoding="utf-8"))
    return Plugin(folder.resolve(), str(manifest.get("name", folder.name)), hooks.get("hooks", hooks))


def environment(plugin: Plugin, data: Path, project: Path, session: str) -> dict[str, str]:
    """What the client sets for a hook, on top of a plain user's environment."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    own = {
        "CLAUDE_PLUGIN_ROOT": str(plugin.folder),
        "CLAUDE_PLUGIN_DATA": str(data),
        "CLAUDE_PROJECT_DIR": str(project),
        "CLAUDE_CODE_SESSION_ID": session,
        "CLAUDE_PID": str(os.getpid()),
        "CLAUDECODE": "1",
    }
    return {**kept, **own}


def commands(plugin: Plugin, payload: Json) -> list[list[str]]:
    """The command lines that the client starts for an event: matcher and `if` hold, asynchronous ones included."""
    event = payload["hook_event_name"]
    subject = payload.get("agent_type" if event in _AGENT_TYPE else _TARGETS.get(event, "tool_name"), "")
    found = []
    for group in plugin.hooks.get(event, ()):
        if _matches(group.get("matcher", ""), subject):
            for hook in group["hooks"]:
                if hook.get("type", "command") == "command" and _holds(hook.get("if", ""), payload):
                    found.append(_words(plugin, hook))
    return found


def fire(plugin: Plugin, payload: Json, variables: dict[str, str]) -> Fired:
    """Start every hook of an event, one after the other, and add up their times."""
    total, cpu, count, failed, answer = 0.0, 0.0, 0, 0, {}
    said = json.dumps(payload, separators=(",", ":")) + "\n"
    for words in commands(plugin, payload):
        try:
            ran = sample.run(words, said, variables, variables["CLAUDE_PROJECT_DIR"])
        except OSError:  # an executable that is not there; the client goes on too
            count, failed = count + 1, failed + 1
            continue
        total, cpu, count, failed = total + ran.ms, cpu + ran.cpu, count + 1, failed + (ran.code != 0)
        if ran.out.lstrip().startswith("{"):
            answer = json.loads(ran.out.strip().splitlines()[-1])
    return Fired(total, cpu, count, answer, failed)


def _words(plugin: Plugin, hook: Json) -> list[str]:
    if "args" in hook:
        return [
            str(word).replace("${CLAUDE_PLUGIN_ROOT}", str(plugin.folder)) for word in (hook["command"], *hook["args"])
        ]
    return ["/bin/sh", "-c", hook["command"]]


def _matches(matcher: str, subject: str) -> bool:
    if matcher in ("", "*"):
        return True
    if re.fullmatch(r"[\w:|, -]+", matcher):
        return subject in re.split(r"[|,]\s*", matcher)
    return re.search(matcher, subject) is not None


def _holds(rule: str, payload: Json) -> bool:
    """Whether an `if` rule such as `Bash(git *)` holds; close to the client's, whose own parser knows shell words."""
    match = re.fullmatch(r"(\w+)(?:\((.*)\))?", rule)
    if not match:
        return not rule
    if match[1] != payload.get("tool_name"):
        return False
    given = payload.get("tool_input") or {}
    subject = next((str(given[name]) for name in _ARGUMENTS if name in given), "")
    pattern = (match[2] or "*").replace(":*", "*")
    return fnmatch.fnmatchcase(subject, pattern) or fnmatch.fnmatchcase(subject, f"*/{pattern.lstrip('/')}")
