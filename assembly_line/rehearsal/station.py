"""The scripted agents: each role's tool calls, turn by turn, then its report."""

from collections.abc import Callable

from assembly_line.rehearsal import artefacts, conversation, reports
from assembly_line.rehearsal.artefacts import Ground
from assembly_line.rehearsal.brief import Brief
from assembly_line.rehearsal.conversation import Result
from assembly_line.rehearsal.plan import Plan, gaps, issues, violations
from assembly_line.rehearsal.wire import Json, Reply, ToolCall

Turns = list[list[Result]]  # the results of the turns so far, oldest first

_REVIEWERS = ("code-reviewer", "security-auditor")


def answer(body: Json, prompt: conversation.Text, brief: Brief, plan: Plan, ground: Ground, judgement: int) -> Reply:
    """The station's next turn; `judgement` counts the compliance dispatches of the task, from 1."""
    turns = conversation.results(body, prompt.turn)
    calls = _STEPS.get(brief.role, _develop)(brief, ground, turns)
    if calls:
        text = f"{brief.station}, iteration {brief.iteration}: {brief.title}." if not turns else ""
        return Reply(text, tuple(calls))
    return Reply(_report(brief, plan, ground, turns, judgement))


def _report(brief: Brief, plan: Plan, ground: Ground, turns: Turns, judgement: int) -> str:
    ids = ", ".join(item.id for item in artefacts.open_items(brief))
    if brief.role == "requirements-validator":
        ran = tuple(zip(brief.checks or _commands(brief, ground), (turn[0] for turn in turns), strict=False))
        return reports.verdict(brief, ground, gaps(plan, brief.iteration), ran)
    if brief.role == "workflow-compliance":
        return reports.compliance(violations(plan, judgement))
    if brief.role in _REVIEWERS:
        return reports.review(brief, issues(plan, brief.iteration, brief.station))
    if brief.role == "test-writer":
        last = len(turns) - 2  # the first turn wrote the file
        return reports.testing(brief, _commands(brief, ground)[last], turns[-1][0])
    if brief.role == "bundler":
        return reports.work(f"Gathered the context of {brief.task} into four files.")
    if brief.role == "documentation-writer":
        return reports.work(f"Described {brief.title} in {artefacts.docs_path(ground, brief)}.")
    if brief.role.endswith("-designer"):
        return reports.work(f"Designed one operation for each of the {len(brief.criteria)} criteria.")
    path = artefacts.module_path(ground, brief)
    return reports.work(f"Mended {ids} in {path}." if ids else f"Built {path} for {len(brief.criteria)} criteria.")


def _bundle(brief: Brief, ground: Ground, turns: Turns) -> list[ToolCall]:
    if turns:
        return []
    return [
        _write(f"{brief.bundle}/bundle_{name}.md", artefacts.bundle_file(name, ground, brief))
        for name in artefacts.BUNDLE
    ]


def _design(brief: Brief, ground: Ground, turns: Turns) -> list[ToolCall]:
    layer = brief.role.removesuffix("-designer")
    return [] if turns else [_write(f"{brief.bundle}/design/{layer}.md", artefacts.design(brief))]


def _develop(brief: Brief, ground: Ground, turns: Turns) -> list[ToolCall]:
    path, items = artefacts.module_path(ground, brief), artefacts.open_items(brief)
    if not turns:
        return [_read(path)] if items else [_write(path, artefacts.module(brief))]
    if len(turns) > 1 or not items:
        return []
    if turns[0][0].is_error:  # not written yet: the station was not in an earlier iteration
        return [_write(path, artefacts.module(brief))]
    new = artefacts.MENDED + artefacts.mended(brief)
    return [ToolCall("Edit", {"file_path": path, "old_string": artefacts.MENDED, "new_string": new})]


def _test(brief: Brief, ground: Ground, turns: Turns) -> list[ToolCall]:
    if not turns:
        return [_write(artefacts.test_path(ground, brief), artefacts.tests(ground, brief))]
    return _run_tests(brief, ground, turns[1:])


def _validate(brief: Brief, ground: Ground, turns: Turns) -> list[ToolCall]:
    if len(turns) < len(brief.checks):
        return [_bash(brief.checks[len(turns)])]
    return [] if brief.checks else _run_tests(brief, ground, turns)


def _review(brief: Brief, ground: Ground, turns: Turns) -> list[ToolCall]:
    return [] if turns else [_read(f"{brief.bundle}/bundle_security.md"), _read(artefacts.test_path(ground, brief))]


def _document(brief: Brief, ground: Ground, turns: Turns) -> list[ToolCall]:
    path = artefacts.docs_path(ground, brief)
    if not turns and artefacts.open_items(brief):  # the client lets nobody write a file over that it has not read
        return [_read(path)]
    return [] if len(turns) > bool(artefacts.open_items(brief)) else [_write(path, artefacts.page(brief))]


def _comply(brief: Brief, ground: Ground, turns: Turns) -> list[ToolCall]:
    return [] if turns else [_read(path) for path in brief.records]


def _run_tests(brief: Brief, ground: Ground, runs: Turns) -> list[ToolCall]:
    commands = _commands(brief, ground)
    if len(runs) == len(commands) or (runs and not runs[-1][0].is_error):
        return []
    return [_bash(commands[len(runs)])]


def _commands(brief: Brief, ground: Ground) -> tuple[str, str]:
    return artefacts.suite(ground), artefacts.own_tests(ground, brief)


def _bash(command: str) -> ToolCall:
    return ToolCall("Bash", {"command": command, "description": "Run the tests"})


def _write(path: str, content: str) -> ToolCall:
    return ToolCall("Write", {"file_path": path, "content": content})


def _read(path: str) -> ToolCall:
    return ToolCall("Read", {"file_path": path})


_STEPS: dict[str, Callable[[Brief, Ground, Turns], list[ToolCall]]] = {
    "bundler": _bundle,
    "database-designer": _design,
    "api-designer": _design,
    "frontend-designer": _design,
    "test-writer": _test,
    "code-reviewer": _review,
    "security-auditor": _review,
    "documentation-writer": _document,
    "requirements-validator": _validate,
    "workflow-compliance": _comply,
}  # any other role develops
