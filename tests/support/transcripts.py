"""What the client writes into its transcripts, as far as hooks read it: calls, their results, answers of the model."""

import json
from pathlib import Path
from typing import Any

MODEL = "claude-haiku-5-5"
USAGE = {"input_tokens": 10, "output_tokens": 1}


def of_agent(session: Path, agent: str) -> Path:
    """Where the transcript of an agent of the session with this transcript is."""
    return session.with_suffix("") / "subagents" / f"agent-{agent}.jsonl"


def started(session: Path, agent: str, kind: str, call: str) -> None:
    """Note beside an agent's transcript what it is and which call started it."""
    path = of_agent(session, agent)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".meta.json").write_text(json.dumps({"agentType": kind, "toolUseId": call}), "utf-8")


def called(path: Path, tool: str, given: dict[str, Any], call: str, cwd: str = "") -> None:
    """The model calls a tool."""
    _answered(path, {"type": "tool_use", "id": call, "name": tool, "input": given}, cwd)


def returned(path: Path, call: str, result: str = "", **more: Any) -> None:
    """A tool call has its result."""
    part = {"type": "tool_result", "tool_use_id": call, "content": result, "is_error": False, **more}
    _add(path, {"type": "user", "message": {"role": "user", "content": [part]}})


def said(path: Path, text: str) -> None:
    """The model says something and calls nothing."""
    _answered(path, {"type": "text", "text": text}, "")


def _answered(path: Path, part: dict[str, Any], cwd: str) -> None:
    number = path.stat().st_size if path.exists() else 0
    message = {"id": f"msg_{number}", "role": "assistant", "model": MODEL, "content": [part], "usage": USAGE}
    _add(path, {"type": "assistant", "cwd": cwd, "message": message})


def _add(path: Path, entry: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry, separators=(",", ":")) + "\n")
