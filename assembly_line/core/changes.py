"""What each kind of event changes in the run besides its stage, one function per kind."""

from collections.abc import Iterable
from typing import Any

from assembly_line.core.blueprint import Criterion
from assembly_line.core.kinds import BUNDLING, KINDS
from assembly_line.core.run import Command, Dispatch, Failure, Gap, Issue, Past, Round, Run, Station, settings_of
from assembly_line.errors import LineError

Data = dict[str, Any]
_SAID = 1000  # characters of an agent's words that are kept for later agents
_FILES = 1000  # files whose owners are known
_BLAMELESS = ("interrupted", "permission")  # ends of a dispatch that the agent is not to blame for
NOBODY = "nobody could allow it"  # of the reasons for which the client denies a call, the one that concerns a run
NEEDED = ("Write", "Edit", "MultiEdit", "NotebookEdit", "Bash")  # tools without which no station does its work


def run_started(run: Run, data: Data, ts: str) -> Run:
    stations = tuple(Station(*item)._replace(needs=tuple(item[5])) for item in data["stations"])
    if unknown := {station.kind for station in stations} - set(KINDS):
        raise LineError(f"kind of station {', '.join(sorted(unknown))!r} is unknown to this release")
    return Run(
        task=data["task"],
        number=run.number + 1,
        title=data["title"],
        type=data["type"],
        workflow=data["workflow"],
        track=data["track"],
        description=data["description"],
        blueprint=data["blueprint"],
        blueprint_sha=data["blueprint_sha"],
        state_file=data["state_file"],
        baseline=data["baseline"],
        tree=data["baseline"],
        head=data.get("head", ""),
        counts_work="head" in data,
        branch=data.get("branch", ""),
        dirty=tuple(data.get("dirty", ())),
        constraints=data.get("constraints", ""),
        wanted_branch=data.get("wanted_branch", ""),
        criteria=tuple(Criterion(*item) for item in data["criteria"]),
        stations=stations,
        skipped=tuple(data["skipped"]),
        settings=settings_of(data["settings"]),
        started_at=ts,
        dispatches=run.dispatches,
        stopped=run.stopped,
    )


def lease_taken(run: Run, data: Data, ts: str) -> Run:
    return run._replace(session=data["session"], relay=data.get("relay", ""), driven_since=ts, blocks=0)


def lease_released(run: Run, data: Data, ts: str) -> Run:
    return run._replace(session="", relay="")


def iteration_started(run: Run, data: Data, ts: str) -> Run:
    plan = tuple(data["stations"])
    return run._replace(
        iteration=data["iteration"],
        plan=plan,
        planned=plan,
        mended=(),
        mending=(),
        verdict="",
        verdict_tree="",
        deaths=0,
        blocks=0,
    )


def dispatched(run: Run, data: Data, ts: str) -> Run:
    names = ("station", "agent", "iteration", "tier", "model", "call", "tree")
    dispatch = Dispatch(data["dispatch"], *(data[name] for name in names))
    outside = tuple(dict.fromkeys((*run.outside, *data.get("outside", ()))))[:_FILES]
    return run._replace(dispatches=run.dispatches + 1, open=dispatch, blocks=0, outside=outside)


def wrote(run: Run, data: Data, ts: str) -> Run:
    """Note a file that the station at work wrote; a by-product that a station writes is a source again."""
    path = data["path"]
    known = tuple(dict.fromkeys((*run.wrote, path)))[-_FILES:]
    station = run.open.station if run.open is not None else ""
    left = tuple(item for item in run.left if item != path)
    return run._replace(wrote=known, left=left, owners=_owned(run, [path], station))


def _owned(run: Run, paths: Iterable[str], station: str) -> tuple[tuple[str, str], ...]:
    return tuple({**dict(run.owners), **dict.fromkeys(paths, station)}.items())[-_FILES:]


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
    command = Command(data["command"], data["ok"], data.get("status"), data.get("empty", False))
    return _update_open(run, commands=(*run.open.commands, command))


def denied(run: Run, data: Data, ts: str) -> Run:
    """Note a call that a station needs for its work, and that nobody could allow."""
    is_needed = data["tool"] in NEEDED and data["why"] == NOBODY
    if run.open is None or run.open.id != data["dispatch"] or not is_needed:
        return run
    return _update_open(run, denied=data["what"])


def served(run: Run, data: Data, ts: str) -> Run:
    if run.last is not None and run.last.id == data["dispatch"]:
        return run._replace(last=run.last._replace(served=data["model"]))
    return run


def reported(run: Run, data: Data, ts: str) -> Run:
    station, report = data["station"], data["report"]
    said = "; ".join([report["summary"], *report.get("concerns", ())])
    after = _passed_on(_end_dispatch(run, data), data, report["status"], said)
    after = after._replace(tree=data.get("tree", ""), owners=_owned(run, data.get("files", ()), station))
    if report["status"] == "blocked":  # the station is still due
        return after
    others = tuple(item for item in run.reports if item[0] != station)
    raised = tuple((station, text) for text in report.get("concerns", ()))
    after = after._replace(
        reports=(*others, (station, data["dispatch"], report["status"])),
        concerns=(*(item for item in run.concerns if item[0] != station), *raised),
    )
    if run.station(station).kind == BUNDLING:
        return after._replace(bundled=True)
    if "review" in report:
        issues = [item for item in run.issues if item.station != station]
        issues += [_issue(item, station) for item in report["review"].get("issues", ())]
        after = after._replace(issues=tuple(issues))
    if "tests" in report and run.open is not None:
        from assembly_line.core import checks  # late, as few hooks take a report

        after = after._replace(check=checks.check_of(run.open.commands, report["tests"]["command"]))
        others_failing = {name for name in run.failing if name != station}
        after = after._replace(failing=(*sorted(others_failing), *([station] if report["tests"]["failed"] else [])))
    return after._replace(
        plan=tuple(name for name in run.plan if name != station),
        mending=tuple(name for name in run.mending if name != station),
    )


def _passed_on(run: Run, data: Data, end: str, said: str) -> Run:
    """The run with what became of a dispatch, for later agents of its station."""
    iteration = run.last.iteration if run.last is not None else run.iteration
    return run._replace(past=(*run.past, Past(data["dispatch"], data["station"], iteration, end, said[:_SAID])))


def _issue(item: Data, station: str) -> Issue:
    place = item.get("file", "") + (f":{item['line']}" if item.get("line") else "")
    return Issue(item["id"], item["severity"], item["title"], place, item["status"], station)


def verdict_given(run: Run, data: Data, ts: str) -> Run:
    met = tuple(item["id"] for item in data["verdict"]["criteria"] if item["result"] == "PASS")
    gaps = tuple(Gap(*item) for item in data["gaps"])
    outcome = Round(
        run.iteration, run.tier, data["result"], len(met), len(run.criteria), gaps, tuple(data["regressions"])
    )
    said = "; ".join(f"{gap.criterion}: {gap.gap}" for gap in gaps)
    return _passed_on(_end_dispatch(run, data), data, data["result"], said)._replace(
        verdict=data["result"],
        verdict_tree=data["tree"],
        passed_tree=data["tree"] if data["result"] == "PASS" else "",
        tree=data["tree"],
        left=tuple(dict.fromkeys((*run.left, *data.get("left", ())))),
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
        left=tuple(dict.fromkeys((*run.left, *data.get("left", ())))),
        violations=tuple(data["violations"]),
    )


def agent_failed(run: Run, data: Data, ts: str) -> Run:
    error = Failure(data["reason"], run.stage, data["message"])
    said = "; ".join(part for part in (data["message"], data.get("said", "")) if part)
    after = _passed_on(_end_dispatch(run, data), data, "lost", said)
    return after._replace(deaths=run.deaths + (data["reason"] not in _BLAMELESS), error=error, tree="")


def judgement_void(run: Run, data: Data, ts: str) -> Run:
    error = Failure("tree_changed", run.stage, data["message"])
    voided = tuple(dict.fromkeys((*run.voided, *data["files"])))
    after = _passed_on(_end_dispatch(run, data), data, "void", data["message"])
    return after._replace(deaths=run.deaths + 1, error=error, voided=voided, tree="")


def mending_started(run: Run, data: Data, ts: str) -> Run:
    stations = tuple(data["stations"])
    return run._replace(
        plan=(*stations, *(name for name in run.plan if name not in stations)),
        planned=(*run.planned, *stations),
        mended=(*run.mended, data["station"]),
        mending=stations,
    )


def unchanged(run: Run, data: Data, ts: str) -> Run:
    return run._replace(verdict="PASS", verdict_tree=data["tree"])


def papers_again(run: Run, data: Data, ts: str) -> Run:
    objections = tuple({"item": item["item"], "answer": item["answer"]} for item in data["answers"])
    return run._replace(compliance="", objections=(*run.objections, *objections), deaths=0, blocks=0)


def answered(run: Run, data: Data, ts: str) -> Run:
    return run._replace(answers=(*run.answers, (data["station"], data["words"])))


def summary_written(run: Run, data: Data, ts: str) -> Run:
    return run._replace(summary=data["path"], summary_sha=data["sha256"], compliance="", compliance_tree="")


def fix_started(run: Run, data: Data, ts: str) -> Run:
    plan = tuple(data["stations"])
    return run._replace(
        fix_round=data["round"],
        plan=plan,
        planned=plan,
        mended=(),
        mending=(),
        verdict="",
        verdict_tree="",
        compliance="",
        deaths=0,
        blocks=0,
    )


def revalidation(run: Run, data: Data, ts: str) -> Run:
    return run._replace(
        verdict="", verdict_tree="", passed_tree="", compliance="", revalidations=run.revalidations + 1, blocks=0
    )


def failed(run: Run, data: Data, ts: str) -> Run:
    return run._replace(open=None, error=Failure(data["reason"], run.stage, data["message"]))


def aborted(run: Run, data: Data, ts: str) -> Run:
    """Abort the run; a later report from an agent still at work belongs to no run, and it may change nothing more."""
    stopped = (*run.stopped, run.open.agent_id) if run.open is not None and run.open.agent_id else run.stopped
    return failed(run, data, ts)._replace(last=run.open or run.last, stopped=stopped)


def paused(run: Run, data: Data, ts: str) -> Run:
    return run._replace(error=Failure(data["reason"], run.stage, data["message"]))


def resumed(run: Run, data: Data, ts: str) -> Run:
    budget = {name: data[name] for name in ("budget_tokens", "budget_minutes") if name in data}
    settings = run.settings._replace(**budget)
    after = run._replace(blocks=0, deaths=0, revalidations=0, error=Failure(), closed=False, settings=settings)
    if run.error.kind == "compliance":  # the judge is asked again, and its findings may be fixed again
        return after._replace(compliance="", fix_round=0, objections=())
    return after


def stop_blocked(run: Run, data: Data, ts: str) -> Run:
    return run._replace(blocks=run.blocks + 1)


def completed(run: Run, data: Data, ts: str) -> Run:
    return run._replace(error=Failure())


def closed(run: Run, data: Data, ts: str) -> Run:
    return run._replace(closed=True, summary_sha=data.get("summary_sha256") or run.summary_sha)


def _update_open(run: Run, **changes: Any) -> Run:
    return run._replace(open=run.open._replace(**changes)) if run.open else run


def _end_dispatch(run: Run, data: Data) -> Run:
    """End the open dispatch and reset the count of deaths, which a failure then sets again."""
    if run.open is None or run.open.id != data["dispatch"]:
        return run
    last = run.open._replace(served=data.get("served", ""))
    tokens = run.tokens + sum(data.get("tokens", {}).values())
    return run._replace(open=None, last=last, tokens=tokens, deaths=0, blocks=0)
