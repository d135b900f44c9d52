"""Who worked on a task, told by its records: agents, dispatches, what went otherwise than planned."""

from collections.abc import Iterable

from assembly_line.core import lives, times
from assembly_line.core.audit import notes
from assembly_line.core.run import Run
from assembly_line.core.timeline import LOST, VOID, Story, Worked
from assembly_line.text.markdown import UNREPORTED, bullets, cell, code, many, table
from assembly_line.text.quality import served, void

_SPEAKING = ("PASS", "FAIL")  # ends that what was said begins with


def agents(run: Run, story: Story) -> str:
    """Each agent with its models, iterations, time and tokens."""
    rows: dict[tuple[str, str, str, str], list[Worked]] = {}
    for item in story.worked:
        fixed = run.station(item.station).model != "tiered"
        model = f"{item.model} (fixed)" if fixed else f"{item.model} ({item.tier})"
        rows.setdefault((item.agent, served(item), item.station, model), []).append(item)
    head = ["Agent", "Served by", "For", "In iterations", "Model", "Time", "Tokens"]
    listed = [
        [code(agent), cell(by), station, _turns(story, items), cell(model), _time(items), _tokens(items)]
        for (agent, by, station, model), items in rows.items()
    ]
    return table(head, listed) if listed else "None ran."


def _turns(story: Story, items: Iterable[Worked]) -> str:
    turns = []
    for item in items:
        count = story.sent_back(item.dispatch)
        back = f"sent back {'once' if count == 1 else f'{count} times'}" if count else ""
        odd = ", ".join(part for part in (item.end if item.end in (LOST, VOID) else "", back) if part)
        turns.append(f"{item.iteration} ({odd})" if odd else str(item.iteration))
    return ", ".join(turns)


def _time(items: Iterable[Worked]) -> str:
    known = [item.seconds for item in items if item.seconds is not None]
    return times.duration(sum(known)) if known else "not known"


def _tokens(items: Iterable[Worked]) -> str:
    known = [item.tokens for item in items if item.tokens]
    if not known:
        return "not reported"
    cached = sum(item.get("cached", 0) for item in known)
    fresh = sum(item.get("input", 0) + item.get("output", 0) for item in known)
    return f"{fresh} + {cached} cached" if cached else str(fresh)


def dispatches(story: Story) -> str:
    """What every dispatch did, by iteration."""
    parts = []
    for number in dict.fromkeys(item.iteration for item in story.worked):
        mine = [item for item in story.worked if item.iteration == number]
        parts.append(f"Iteration {number} ({mine[-1].tier}):\n\n{bullets(map(told, mine))}")
    return "\n\n".join(parts) or UNREPORTED


def told(item: Worked) -> str:
    """A dispatch in one line: who, how it ended, and what it said."""
    end = "" if item.end in ("done", *_SPEAKING) else f"{item.end.replace('_', ' ')}. "
    return f"{item.dispatch} {item.station}: {end}{said(item)}"


def said(item: Worked) -> str:
    """What a dispatch said: its summary, its judgement, or what is known of it when it was lost."""
    if item.end == LOST:
        return cell(item.said) or "without a word"
    if item.end == VOID:
        return f"its {item.report.get('result', 'judgement')} does not count: {void(item.said, item.files or ())}"
    if "violations" in item.report:
        return f"{item.end}{_listed(violation['item'] for violation in item.report['violations'])}"
    if "criteria" in item.report:
        given = item.report["result"]
        though = f", though it judged {given}" if given != item.end else ""
        return f"{item.end}{though}{f': {cell(item.said)}' if item.said else ''}"
    return cell(item.report.get("summary", "")) or UNREPORTED


def _listed(items: Iterable[str]) -> str:
    text = "; ".join(cell(item) for item in items)
    return f": {text}" if text else ""


def concerns(story: Story) -> list[str]:
    """Every concern that was raised, and whether a later report of its station repeats it."""
    lines = []
    for item in lives.concerns(story):
        later = f"repeated in {item.last}" if item.last != item.first else ""
        silent = f"not repeated in {item.silent}" if item.silent else ""
        fate = " and ".join(part for part in (later, silent) if part)
        lines.append(f"{item.station} {item.first}: {cell(item.text)}{f' ({fate})' if fate else ''}")
    return lines


def otherwise(story: Story) -> list[str]:
    """What went otherwise than planned, besides lost agents and void verdicts: send-backs, extra rounds, refusals."""
    lines = []
    for item in story.worked:
        errors = [text for sent in story.rejections if sent["dispatch"] == item.dispatch for text in sent["errors"]]
        if count := story.sent_back(item.dispatch):
            what = f"{many(count, 'report')} of {item.station} ({item.dispatch}) sent back"
            lines.append(f"{what}: {cell('; '.join(dict.fromkeys(errors)))}")
    lines += [
        f"Mended at once in iteration {item['iteration']}: {', '.join(item['stations'])} for {item['station']}: "
        f"{cell(item['why'])}"
        for item in story.mending
    ]
    lines += [f"{item['station']} was denied {cell(item['what'])}: {cell(item['why'])}" for item in story.denied]
    for entry in story.incidents:
        if entry.kind == "revalidation":
            lines.append(f"Validated again: {cell(entry.data['why'])}")
        if entry.kind == "refused":
            lines.append(f"Refused {cell(entry.data['what'])}: {cell(entry.data['why'])}")
    return [*dict.fromkeys(lines), *_compliance(story), *map(cell, notes(story))]


def _compliance(story: Story) -> Iterable[str]:
    judged = [item for item in story.worked if "violations" in item.report and item.ok]
    for number, item in enumerate(judged, 1):
        found = [f"{violation['item']} ({violation['severity']})" for violation in item.report["violations"]]
        if item.end == "PASS" and found:
            yield f"Compliance, judgement {number} ({item.dispatch}): PASS with what it accepted{_listed(found)}"
        elif item.end != "PASS":
            yield f"Compliance, judgement {number} ({item.dispatch}): FAIL{_listed(found)}"
    for data in story.objections:
        for answer in data["answers"]:
            objection = f"The judge objected to the engine's papers: {cell(answer['item'])}"
            yield f"{objection}; the engine rendered them again and answered: {cell(answer['answer'])}"
    for fix in story.fixes:
        what = _listed(violation["item"] for violation in fix["violations"])
        yield f"Fix round {fix['round']}, {', '.join(fix['stations']) or 'validation only'}{what}"
    for _ in story.unchanged:
        yield "A fix round left the sources as they passed; the PASS stands, without another validation"


def holds(story: Story) -> list[str]:
    """When the run stood still, and what a person said to it."""
    lines = []
    for entry in story.holds:
        what = entry.data.get("message") or entry.data.get("words", "")
        to = f" to {entry.data['station']}" if entry.kind == "answered" else ""
        lines.append(f"{times.day(entry.ts)} {entry.kind}{to}{f': {cell(what)}' if what else ''}")
    return lines
