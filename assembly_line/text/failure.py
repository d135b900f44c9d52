"""The failure report: what to do first, what was tried and met, what is still missing, and how to continue."""

from assembly_line import paths
from assembly_line.core import lives
from assembly_line.core.recovery import remedy
from assembly_line.core.run import Run
from assembly_line.core.timeline import VOID, Data, Story, Worked
from assembly_line.sources.tree import Change
from assembly_line.text import crew, quality, tree_changes
from assembly_line.text.markdown import bullets, cell, code, table


def render(run: Run, story: Story, journal: str, changes: tuple[Change, ...] | None) -> str:
    """The whole document; `changes` is None outside a git repository."""
    parts = {
        "## What to Do First": bullets(_first(run, story)),
        "## What Was Tried": _tried(story),
        "## What Was Met": _met(run, story),
        "## Unmet Criteria": bullets(_unmet(run)) or "None.",
        "## Agents": _agents(story),
        "## Otherwise Than Planned": bullets(crew.otherwise(story)) or "Nothing.",
        "## Compliance Violations": bullets(_violations(run)) or "None.",
        "## Changed Files": tree_changes.told(run, changes),
        "## Last Errors": bullets(_errors(story)) or "None.",
        "## Where Things Are": f"- Bundle: {code(paths.bundle(run.task))}\n- Journal: {code(journal)}\n"
        f"- State: {code(run.state_file)}",
        "## How to Continue": f"{_sentence(remedy(run))} The work tree is as the agents left it.",
    }
    head = {
        "Task": f"{run.task}: {cell(run.title)}",
        "Failed in": f"{run.error.stage}, iteration {run.iteration}",
        "Kind": run.error.kind,
        "Reason": cell(run.error.message),
    }
    title = f"# Task Failure: {run.task}\n\n" + bullets(f"**{name}:** {value}" for name, value in head.items())
    return "\n\n".join([title, *(f"{heading}\n\n{text}" for heading, text in parts.items())]) + "\n"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _first(run: Run, story: Story) -> list[str]:
    """What a person does first, the most certain first."""
    lines = []
    for item in _last_reports(story):
        if item.end == "blocked":
            lines.append(f"Answer {item.station} ({item.dispatch}), which is blocked: {cell(item.report['summary'])}")
    for data in story.denied:
        lines.append(f"Allow {data['station']} {cell(data['what'])}, which was denied: {cell(data['why'])}")
    if files := dict.fromkeys(file for item in story.voids for file in item.get("files", ())):
        named = ", ".join(map(code, files))
        lines.append(
            f"Look at what a judge's own commands changed, which made its verdict void: {named}. If it is no source, "
            "let git ignore it, or make the command write elsewhere."
        )
    same = lives.returned(run.history)
    lines += [f"Same gap {gap.times} times: {cell(gap.criterion)}: {cell(gap.gap)}" for gap in same]
    if same:
        lines.append(
            f"Say in the task file how what came back is to be closed. Another time stop early with /task-abort "
            f"{run.task}, or with /task-pause {run.task} and answer with `/task-run {run.task} -- words for the agent`."
        )
    return [*lines, _sentence(remedy(run))]


def _last_reports(story: Story) -> tuple[Worked, ...]:
    return tuple({item.station: item for item in story.worked if item.ok}.values())


def _tried(story: Story) -> str:
    """Every validation with its gaps, and the fix rounds between."""
    rounds = {item["dispatch"]: item for item in story.rounds}
    rows = []
    for item in story.worked:
        if item.dispatch in rounds:
            data = rounds[item.dispatch]
            rows.append([item.iteration, item.tier, data["result"], _gaps(data)])
        elif item.end == VOID:
            result = f"{item.report.get('result', 'no result')}, void"
            rows.append([item.iteration, item.tier, result, quality.void(item.said, item.files or ())])
    return table(["Iteration", "Tier", "Result", "Gaps"], rows) if rows else "No validation took place."


def _gaps(data: Data) -> str:
    return "; ".join(f"{cell(gap[0])}: {cell(gap[1])}" for gap in data["gaps"]) or "-"


def _met(run: Run, story: Story) -> str:
    """The criteria that the last verdict, and the last void one after it, saw met, with their evidence."""
    judged = [item for item in story.worked if "criteria" in item.report]
    if not judged:
        return "No verdict was given, so nothing is known to be met."
    counted = [item for item in judged if item.ok][-1:]
    void = [judged[-1]] if judged[-1].end == VOID else []
    return "\n\n".join(_evidence(item) for item in (*counted, *void))


def _evidence(item: Worked) -> str:
    passed = [entry for entry in item.report["criteria"] if entry["result"] == "PASS"]
    kind = "void verdict" if item.end == VOID else "verdict"
    said = f"By the {kind} of {item.dispatch}, iteration {item.iteration}:"
    lines = [f"{cell(entry['id'])}: {cell(entry['evidence']) or 'no evidence given'}" for entry in passed]
    return f"{said}\n\n{bullets(lines)}" if lines else f"{said} none."


def _unmet(run: Run) -> list[str]:
    last = {gap.criterion: gap.gap for gap in run.gaps}
    return [
        f"{item.id}: {quality.criterion(item.text, item.context)} (last gap: {cell(last.get(item.id, 'none named'))})"
        for item in run.criteria
        if item.id not in run.met
    ]


def _agents(story: Story) -> str:
    rows = [
        [item.dispatch, item.station, item.iteration, cell(quality.served(item)), item.end, crew.said(item)]
        for item in story.worked
    ]
    head = ["Dispatch", "Station", "Iteration", "Served by", "End", "Reported"]
    return table(head, rows) if rows else "None ran."


def _violations(run: Run) -> list[str]:
    return [f"{item['category']}: {cell(item['item'])}; {cell(item['action'])}" for item in run.violations]


def _errors(story: Story) -> list[str]:
    return [f"{entry.ts} {entry.kind}: {cell(_reason(entry.data))}" for entry in story.incidents][-20:]


def _reason(data: Data) -> str:
    for name in ("message", "why", "errors", "files"):
        if data.get(name):
            value = data[name]
            return "; ".join(str(item) for item in value) if isinstance(value, list | tuple) else str(value)
    return ""
