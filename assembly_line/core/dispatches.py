"""What the events of a dispatch change in the run, from its call to its end."""

from collections.abc import Iterable
from typing import Any

from assembly_line.core.kinds import BUNDLING
from assembly_line.core.run import Command, Dispatch, Failure, Gap, Issue, Past, Round, Run

Data = dict[str, Any]
_SHOWN = 20  # files of an ended dispatch that later agents are told
_SAID = 1000  # characters of an agent's words that are kept for later agents
_FILES = 1000  # files whose owners are known
_BLAMELESS = ("interrupted", "permission", "elsewhere", "transcript")  # ends that the agent is not to blame for
NOBODY = "nobody could allow it"  # of the reasons for which the client denies a call, the one that concerns a run
NEEDED = ("Write", "Edit", "MultiEdit", "NotebookEdit", "Bash")  # tools without which no station does its work


def dispatched(run: Run, data: Data, ts: str) -> Run:
    names = ("station", "agent", "iteration", "tier", "model", "call", "tree")
    dispatch = Dispatch(data["dispatch"], *(data[name] for name in names))._replace(at=ts)
    outside = _joined(run.outside, data.get("outside", ()))
    return run._replace(dispatches=run.dispatches + 1, open=dispatch, blocks=0, outside=outside)


def wrote(run: Run, data: Data, ts: str) -> Run:
    """Note a file that the station at work wrote; a by-product that a station writes is a source again."""
    path = data["path"]
    known = (*(item for item in run.wrote if item != path), path)[-_FILES:]
    station = run.open.station if run.open is not None else ""
    left = tuple(item for item in run.left if item != path)
    if run.open is not None:
        run = _update_open(run, wrote=(*run.open.wrote, path)[-_FILES:])
    return run._replace(wrote=known, left=left, owners=_owned(run, [path], station))


def _owned(run: Run, paths: Iterable[str], station: str) -> tuple[tuple[str, str], ...]:
    changed = dict.fromkeys(paths, station)
    return (*(item for item in run.owners if item[0] not in changed), *changed.items())[-_FILES:]


def agent_started(run: Run, data: Data, ts: str) -> Run:
    return _update_open(run, agent_id=data["agent_id"])


def report_rejected(run: Run, data: Data, ts: str) -> Run:
    if run.open is None:
        return run
    faults = len(data["errors"])
    is_better = 0 < faults < run.open.faults
    return _update_open(
        run,
        rejections=run.open.rejections + (not is_better),
        sent_back=run.open.sent_back + 1,
        faults=faults,
        rejection="; ".join(data["errors"]),
        rejection_key=data["key"],
    )


def command_ran(run: Run, data: Data, ts: str) -> Run:
    if run.open is None:
        return run
    how = (data["ok"], data.get("status"), data.get("empty", False), data.get("on", ""), data.get("call", ""))
    command = Command(data["command"], *how)
    return _update_open(run, commands=(*run.open.commands, command))


def denied(run: Run, data: Data, ts: str) -> Run:
    """Note a call that a station needs for its work, and that nobody could allow."""
    is_needed = data["tool"] in NEEDED and data["why"] == NOBODY
    if run.open is None or run.open.id != data["dispatch"] or not is_needed:
        return run
    return _update_open(run, denied=data["what"])


def forged(run: Run, data: Data, ts: str) -> Run:
    """Note an event that did not come from the client: an end that was not taken, or a command that is no evidence."""
    after = run._replace(forged=run.forged + 1)
    if run.open is None:
        return after
    if data.get("call"):
        return _update_open(after, commands=tuple(item for item in run.open.commands if item.call != data["call"]))
    return _update_open(after, doubt=data["why"]) if data.get("end") == run.open.id else after


def served(run: Run, data: Data, ts: str) -> Run:
    if run.last is not None and run.last.id == data["dispatch"]:
        return run._replace(last=run.last._replace(served=data["model"]))
    return run


def reported(run: Run, data: Data, ts: str) -> Run:
    station, report = data["station"], data["report"]
    after = _passed_on(_end_dispatch(run, data), data, report["status"], words_of(report))
    after = after._replace(
        tree=data.get("tree", ""),
        owners=_owned(run, data.get("files", ()), station),
        outside=_joined(run.outside, data.get("outside", ())),
        left=_joined((path for path in run.left if path not in data.get("files", ())), data.get("left", ())),
    )
    if report["status"] == "blocked":  # the station is still due
        return after
    others = tuple(item for item in run.reports if item[0] != station)
    raised = tuple((station, text) for text in report.get("concerns", ()))
    after = after._replace(
        reports=(*others, (station, data["dispatch"], report["status"])),
        concerns=(*raised, *(item for item in run.concerns if item[0] != station)),
    )
    if run.station(station).kind == BUNDLING:
        return after._replace(bundled=True)
    if "review" in report:
        issues = [item for item in run.issues if item.station != station]
        issues += [_issue(item, station) for item in report["review"].get("issues", ())]
        after = after._replace(issues=tuple(issues))
    if "tests" in report and run.open is not None:
        from assembly_line.core import checks  # late, as few hooks take a report

        check = checks.check_of(run.open.commands, report["tests"]["command"]) or run.check
        after = after._replace(check=check)
        others_failing = {name for name in run.failing if name != station}
        after = after._replace(failing=(*sorted(others_failing), *([station] if report["tests"]["failed"] else [])))
    return after._replace(
        plan=tuple(name for name in run.plan if name != station),
        mending=tuple(name for name in run.mending if name != station),
    )


def words_of(report: Data) -> str:
    """What a report says in words: its summary, then its concerns."""
    parts = [" ".join(part.split()) for part in (report["summary"], *report.get("concerns", ()))]
    return " ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in parts if part)


def _joined(known: Iterable[str], more: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *more)))[-_FILES:]


def _passed_on(run: Run, data: Data, end: str, said: str) -> Run:
    """The run with what became of a dispatch, for later agents of its station."""
    iteration = run.last.iteration if run.last is not None else run.iteration
    files = tuple(data.get("files", ()))[:_SHOWN] if end not in ("void", "lost") else ()
    item = Past(data["dispatch"], data["station"], iteration, end, said[:_SAID], files)
    return run._replace(past=(*run.past, item))


def _issue(item: Data, station: str) -> Issue:
    place = item.get("file", "") + (f":{item['line']}" if item.get("line") else "")
    return Issue(item["id"], item["severity"], item["title"], place, item["status"], station)


def verdict_given(run: Run, data: Data, ts: str) -> Run:
    met = tuple(item["id"] for item in data["verdict"]["criteria"] if item["result"] == "PASS")
    gaps = tuple(Gap(*item) for item in data["gaps"])
    outcome = Round(
        run.iteration, run.tier, data["result"], len(met), len(run.criteria), gaps, tuple(data["regressions"])
    )
    said = "; ".join(f"{gap.criterion}: {gap.gap.rstrip('.')}" for gap in gaps)
    return _passed_on(_end_dispatch(run, data), data, data["result"], said)._replace(
        verdict=data["result"],
        verdict_tree=data["tree"],
        passed_tree=data["tree"] if data["result"] == "PASS" else "",
        tree=data["tree"],
        left=_joined(run.left, data.get("left", ())),
        met=met,
        ever_met=tuple(dict.fromkeys((*run.ever_met, *met))),
        gaps=gaps,
        history=(*run.history, outcome),
    )


def compliance_judged(run: Run, data: Data, ts: str) -> Run:
    said = "; ".join(item["item"] for item in data["violations"])
    return _passed_on(_end_dispatch(run, data), data, data["result"], said)._replace(
        compliance=data["result"],
        compliance_tree=data["tree"],
        tree=data["tree"],
        left=_joined(run.left, data.get("left", ())),
        violations=tuple(data["violations"]),
    )


def agent_failed(run: Run, data: Data, ts: str) -> Run:
    error = Failure(data["reason"], run.stage, data["message"])
    said = "; ".join(part for part in (data["message"], data.get("said", "")) if part)
    after = _passed_on(_end_dispatch(run, data), data, "lost", said)
    if data["reason"] == "elsewhere" and run.open is not None:  # it may still be at work
        after = after._replace(stopped=(*run.stopped, run.open.agent_id))
    return after._replace(deaths=run.deaths + (data["reason"] not in _BLAMELESS), error=error, tree="")


def judgement_void(run: Run, data: Data, ts: str) -> Run:
    error = Failure("tree_changed", run.stage, data["message"])
    voided = tuple(dict.fromkeys((*run.voided, *data["files"])))
    after = _passed_on(_end_dispatch(run, data), data, "void", data["message"])
    return after._replace(deaths=run.deaths + 1, error=error, voided=voided, tree="")


def _update_open(run: Run, **changes: Any) -> Run:
    return run._replace(open=run.open._replace(**changes)) if run.open else run


def _end_dispatch(run: Run, data: Data) -> Run:
    """End the open dispatch and reset the count of deaths, which a failure then sets again."""
    if run.open is None or run.open.id != data["dispatch"]:
        return run
    last = run.open._replace(served=data.get("served", ""))
    tokens = run.tokens + sum(data.get("tokens", {}).values())
    ignored = _joined(run.ignored, data.get("ignored", ()))
    return run._replace(open=None, last=last, tokens=tokens, deaths=0, blocks=0, ignored=ignored)
