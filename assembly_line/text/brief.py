"""What a station is told of the run so far: what it must mend, what became of earlier dispatches, what was changed."""

import textwrap
from collections.abc import Iterable

from assembly_line.core import routing
from assembly_line.core.kinds import KINDS
from assembly_line.core.run import Issue, Past, Run, Station
from assembly_line.project import bundle
from assembly_line.untrusted.terminal import joined_lines

_MAKES = {"design": "design", "development": "code", "test": "tests", "documentation": "documentation"}
_PAST = 3  # earlier dispatches of a station that are told
_SAID = 600  # characters of what each of them said
_FILES = 20  # files that are named one by one
_REMEDY = "Keep what your commands write out of the tree: run them on a copy in the temporary folder."


def followers(run: Run, station: Station) -> str:
    """Who works after this station, and on what, so that nobody does it twice."""
    later = [run.station(name) for name in run.plan if name != station.name] if KINDS[station.kind].works else []
    names = ", ".join(f"{item.name} ({_MAKES[item.kind]})" for item in later if item.kind in _MAKES)
    return f"## After you\n{names}" if names else ""


def to_mend(run: Run, station: Station) -> str:
    """What is mended at once: findings for the one who mends them, and what was mended for the one who found them."""
    if station.name not in run.mending or not run.mended:
        return ""
    finder = run.mended[-1]
    if station.name == finder:
        return ""
    found = [item for item in routing.issues_for(run, station) if (item.status, item.station) == ("open", finder)]
    lines = [_issue(item) for item in sorted(found, key=lambda item: item.severity != "blocking")]
    if finder in run.failing:
        report = bundle.report_path(run.task, run.report_of(finder), finder)
        lines.append(f"failing tests of {finder}, in {report}")
        lines += [text for name, text in run.concerns if name == finder]
    return f"## To mend now\n{bullets(lines)}"


def since(run: Run, station: Station) -> str:
    """What was changed since a reviewer's or tester's own last report, so that it looks at that first."""
    last = max((number for number, item in enumerate(run.past) if item.station == station.name), default=-1)
    if last < 0 or not KINDS[station.kind].form:
        return ""
    later = [item for item in run.past[last + 1 :] if item.files]
    lines = (f"{item.dispatch} {item.station} ({_some(item.files)}): {_short(item.said)}" for item in later)
    return f"## Changed since your last report, to be looked at again\n{bullets(lines)}" if later else ""


def gaps(run: Run, station: Station) -> str:
    """The open gaps that a station must close, or look at."""
    kind = KINDS[station.kind]
    mine = [gap for gap in run.gaps if kind.all_gaps or gap.station == station.name]
    if not mine or _is_fresh(run) or _mends(run, station):
        return ""
    back = {name for item in run.history[-1:] for name in item.regressions}
    lines = (f"{gap.criterion}{' (was met before)' if gap.criterion in back else ''}: {gap.gap}" for gap in mine)
    return f"## Open gaps\n{bullets(lines)}"


def issues(run: Run, station: Station) -> str:
    """The review issues that a station is given; before the first verdict, who makes something is given none."""
    kind = KINDS[station.kind]
    if _mends(run, station) or (_is_fresh(run) and kind.works and kind.form != "review"):
        return ""
    mine = routing.issues_for(run, station)
    return f"## Review issues\n{bullets(_issue(item) for item in mine)}" if mine else ""


def violations(run: Run, station: Station) -> str:
    """The violations that a station must mend; the validator sees all."""
    kind = KINDS[station.kind]
    if not run.fix_round or not (kind.works or kind.all_gaps) or _mends(run, station):
        return ""
    lines = [
        f"{item['category']}: {item['item']}; {item['action']}"
        for item in run.violations
        if not routing.is_about_papers(run, item) and (not kind.works or station.name in routing.mending(run, [item]))
    ]
    return f"## Found by the compliance check, to be mended\n{bullets(lines)}" if lines else ""


def answers(run: Run, station: Station) -> str:
    """What a person answered to this station; who looks at the work of others is told every answer."""
    kind = KINDS[station.kind]
    looks = kind.judges or kind.form == "review"
    told = [(name, words) for name, words in run.answers if looks or name == station.name][-_PAST:]
    lines = [words if name == station.name else f"to {name}: {words}" for name, words in told]
    return "## Answer of a person\n" + "\n".join(map(quoted, lines)) if lines else ""


def past(run: Run, station: Station) -> str:
    """What became of earlier dispatches of the same station; a judge is told only why there is no verdict of theirs."""
    mine = [item for item in run.past if item.station == station.name]
    if KINDS[station.kind].judges:
        mine = [item for item in mine if item.end in ("lost", "void", "blocked")]
    if not mine:
        return ""
    lines = [bullets(_past(run, item) for item in mine[-_PAST:])]
    if mine[-1].end in ("lost", "blocked"):
        lines.append("What that dispatch did stands in the tree: look at it, and go on from there.")
    if mine[-1].end == "void":
        lines.append(f"Changed, so that the verdict is void: {_some(run.voided)}. {_REMEDY}")
    return "## Dispatches of your station before\n" + "\n".join(lines)


def changed(run: Run, text: str) -> str:
    """What this task changed so far, and what of the differences is not its own."""
    if not text:
        return ""
    lines = [f"The whole diff: {bundle.changes_path(run.task)}", "\n".join(f"> {line}" for line in text.splitlines())]
    if run.outside:
        lines.append(f"Changed by others meanwhile, or by an agent that was only to look: {_some(run.outside)}")
    if theirs := tuple(path for path in run.dirty if path not in run.wrote):
        lines.append(f"Not the task's, not committed when it began: {_some(theirs)}")
    if both := tuple(path for path in run.dirty if path in run.wrote):
        lines.append(f"Not committed when it began, of which only what is shown here is the task's: {_some(both)}")
    return "## Changed by this task\n" + "\n".join(lines)


def left(run: Run, station: Station) -> str:
    """By-products that are known, for those whose commands leave them."""
    if not run.left or not (KINDS[station.kind].judges and KINDS[station.kind].runs):
        return ""
    text = f"## Left by earlier commands, no part of the judged tree\n- {_some(run.left)}"
    theirs = tuple(path for path in run.left if path in run.dirty)
    return f"{text}\n- there before the run: {_some(theirs)}" if theirs else text


def judged_before(run: Run) -> str:
    """What the compliance judge before this one found, and what the engine answered."""
    lines = [f"{item['category']} ({item['severity']}): {item['item']}; {item['action']}" for item in run.violations]
    lines += [f"answered by the engine: {item['item']}: {item['answer']}" for item in run.objections]
    return f"## Found before you\n{bullets(lines)}" if lines else ""


def bullets(items: Iterable[str]) -> str:
    """A list whose items cannot pass for another line of the prompt."""
    return "\n".join(f"- {joined_lines(item)}" for item in items)


def quoted(text: str) -> str:
    """A text of others, quoted line by line, so that no line can pass for a section of the prompt."""
    return "\n".join(f"> {line}" for line in text.splitlines() if line.strip())


def _is_fresh(run: Run) -> bool:
    """Whether no verdict and no judgement has sent anything back yet."""
    return run.iteration < 2 and not run.fix_round


def _mends(run: Run, station: Station) -> bool:
    """Whether the station is called for what is mended at once, and for nothing else."""
    return station.name in run.mending and station.name not in run.mended[-1:]


def _issue(item: Issue) -> str:
    title = item.title.rstrip(" .")
    return f"{item.id} ({item.severity}, {item.status}, {item.station}) {title}{item.place and f', {item.place}'}"


def _short(text: str) -> str:
    return textwrap.shorten(text, _SAID, placeholder=" …")


def _past(run: Run, item: Past) -> str:
    newest = run.report_of(item.station) == item.dispatch
    place = f", {bundle.report_path(run.task, item.dispatch, item.station)}" if newest else ""
    return f"{item.dispatch} (iteration {item.iteration}, {item.end}{place}): {_short(item.said)}"


def _some(files: tuple[str, ...]) -> str:
    more = f" and {len(files) - _FILES} more" if len(files) > _FILES else ""
    return " ".join(", ".join(files[:_FILES]).split()) + more
