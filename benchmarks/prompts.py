"""What each agent's first request holds, by part, and whether anything in it is sent twice."""

import re
from pathlib import Path

from assembly_line.rehearsal import conversation
from benchmarks import session
from benchmarks.report import Table
from benchmarks.session import Session

_PARTS = ("header", "task", "criteria", "gaps", "reports", "other", "report form")
_NAMES = {
    "Criteria": "criteria",
    "Open gaps": "gaps",
    "Review issues": "gaps",
    "Earlier reports": "reports",
    "Report": "report form",
}
_SHORT = 30  # characters up to which a repeated line is no repetition


def split(prompt: str) -> dict[str, str]:
    """A station's prompt by part."""
    head, _, rest = prompt.partition("\n\n")
    found = dict.fromkeys(_PARTS, "") | {"header": head}
    for section in re.split(r"^(?=## )", rest, flags=re.MULTILINE):
        title = section.removeprefix("## ").partition("\n")[0] if section.startswith("## ") else ""
        part = _NAMES.get(title, "other") if title else "task"
        found[part] += section
    return found


def frame(prompt: str) -> int:
    """Bytes of a prompt that are neither task nor what was found: header and report form."""
    parts = split(prompt)
    return len((parts["header"] + parts["report form"]).encode())


def table(ran: Session, plugin: Path) -> tuple[Table, int]:
    """The parts of every different kind of prompt in a run, and the bytes sent twice in all of them."""
    rows: list[tuple[object, ...]] = []
    seen, twice_in_all = set(), 0
    agents = _agents(ran)
    for name in session.dispatches(ran):
        first = session.of(ran, name)[0]
        prompt = session.prompt(first)
        fields = conversation.fields(prompt)
        kind = (fields["station"], fields["iteration"] == "1")
        if kind in seen:
            continue
        seen.add(kind)
        body = _body(plugin, agents[name])
        parts = split(prompt)
        twice = _twice(f"{body}\n{prompt}", [line.partition(": ")[2] for line in parts["criteria"].splitlines()])
        twice_in_all += twice
        sizes = [len(parts[part].encode()) for part in _PARTS]
        cells = [len(body.encode()), *sizes, len(prompt.encode()), first["bytes"], twice]
        rows.append((f"{fields['station']}, iteration {fields['iteration']}", *(f"{cell:,}" for cell in cells)))
    head = ("bytes an agent is given", "agent file", *_PARTS, "whole prompt", "its first request", "sent twice")
    return Table(head, rows), twice_in_all


def _agents(ran: Session) -> dict[str, str]:
    """The agent of each dispatch, by the calls of the main session."""
    calls = [block["input"] for _, block in conversation.calls(session.of(ran, "relay")[-1]["body"])]
    return {call["prompt"]: call["subagent_type"] for call in calls}


def _body(plugin: Path, agent: str) -> str:
    """An agent file without its frontmatter."""
    path = plugin / "agents" / (agent.partition(":")[2].replace(":", "/") + ".md")
    return path.read_text(encoding="utf-8").split("---\n", 2)[2]


def _twice(text: str, sentences: list[str]) -> int:
    """Bytes of longer lines, and of criteria, that occur more than once."""
    lines = [line.strip() for line in text.splitlines() if len(line.strip()) >= _SHORT]
    again = sum(len(line.encode()) * (lines.count(line) - 1) for line in set(lines))
    return again + sum(len(item.encode()) * (text.count(item) - 1) for item in sentences if len(item) >= _SHORT)
