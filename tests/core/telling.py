"""Stories for the documents: a run driven in memory, with what newer records hold besides."""

from assembly_line.core import decide
from assembly_line.core.run import Command
from assembly_line.core.timeline import Entry, Story, tell
from assembly_line.text import failure, summary
from tests.support.walk import COMMAND, Line, done

FIGURES = {"framework": "unittest", "command": "make test", "total": 3, "passed": 3, "failed": 0, "skipped": 0}


def figures(command: str = "make test", **changes):
    """A tester's report."""
    return done(tests={**FIGURES, "command": command, **changes})


def walked(reports: dict[str, list[dict]], line: Line | None = None, stop: str = "completed") -> Line:
    """A run in which each station gives the listed reports one after the other, and good ones otherwise."""
    line = line or Line().begin()
    left = {station: list(items) for station, items in reports.items()}
    for _ in range(60):
        if line.run.stage == stop or line.run.stage in ("completed", "failed", "aborted", "paused"):
            return line
        if line.call().refusal:
            return line
        line.bind()
        assert line.run.open is not None
        mine = left.get(line.run.open.station) or []
        if line.kind == "validation":
            line.take(
                decide.command_ran(
                    line.run, line.run.open.agent_id, Command(COMMAND, True, 0), f"bash-{len(line.records)}"
                )
            )
        line.end(mine.pop(0) if mine else line.good())
    raise AssertionError(f"no end, the run is in {line.run.stage}")


def told(line: Line, more: dict[str, dict] | None = None, extra: tuple[Entry, ...] = ()) -> Story:
    """The story of a run; `more` are members of the end of a dispatch, or of its call when they are named so."""
    entries = []
    for entry in line.entries():
        members = (more or {}).get(str(entry.data.get("dispatch")), {})
        called = {"outside": members["outside"]} if "outside" in members else {}
        ends = {name: value for name, value in members.items() if name != "outside"}
        if entry.kind == "dispatched":
            entry = entry._replace(data={**entry.data, **called})
        elif entry.kind in ("reported", "agent_failed", "verdict_given"):
            data = {**entry.data, **ends}
            entry = entry._replace(data={name: value for name, value in data.items() if value is not None})
        entries.append(entry)
    return tell((*entries, *extra))


def paper(line: Line, story: Story, changes=None) -> str:
    """The summary."""
    return summary.render(line.run, story, changes, 60.0)


def report(line: Line, story: Story, changes=None) -> str:
    """The failure report."""
    return failure.render(line.run, story, "journal.jsonl", changes)


def section(text: str, heading: str) -> str:
    """The text under a heading, up to the next one."""
    lines = text.splitlines()
    start = lines.index(heading) + 1
    end = next((number for number, row in enumerate(lines[start:], start) if row.startswith("#")), len(lines))
    return "\n".join(lines[start:end]).strip()
