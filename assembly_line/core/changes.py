"""What each kind of event changes in the run besides its stage, one function per kind."""

from typing import Any

from assembly_line.core.blueprint import Criterion
from assembly_line.core.kinds import BUNDLING, KINDS
from assembly_line.core.run import Dispatch, Failure, Gap, Issue, Round, Run, Settings, Station
from assembly_line.errors import LineError

Data = dict[str, Any]


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
        wanted_branch=data.get("wanted_branch", ""),
        criteria=tuple(Criterion(*item) for item in data["criteria"]),
        stations=stations,
        skipped=tuple(data["skipped"]),
        settings=Settings(**data["settings"]),
        started_at=ts,
        dispatches=run.dispatches,
    )


def lease_taken(run: Run, data: Data, ts: str) -> Run:
    return run._replace(session=data["session"], relay=data.get("relay", ""), driven_since=ts, blocks=0)


def lease_released(run: Run, data: Data, ts: str) -> Run:
    return run._replace(session="", relay="")


def iteration_started(run: Run, data: Data, ts: str) -> Run:
    plan = tuple(data["stations"])
    return run._replace(
        iteration=data["iteration"], plan=plan, planned=plan, verdict="", verdict_tree="", deaths=0, blocks=0
    )


def dispatched(run: Run, data: Data, ts: str) -> Run:
    names = ("station", "agent", "iteration", "tier", "model", "call", "tree")
    dispatch = Dispatch(data["dispatch"], *(data[name] for name in names))
    return run._replace(dispatches=run.dispatches + 1, open=dispatch, blocks=0)


def agent_started(run: Run, data: Data, ts: str) -> Run:
    return _update_open(run, agent_id=data["agent_id"])


def report_rejected(run: Run, data: Data, ts: str) -> Run:
    if run.open is None:
        return run
    return _update_open(
        run, rejections=run.open.rejections + 1, rejection="; ".join(data["errors"]), rejection_key=data["key"]
    )


def command_ran(run: Run, data: Data, ts: str) -> Run:
    if run.open is None:
        return run
    return _update_open(run, commands=(*run.open.commands, (data["command"], data["ok"])))


def served(run: Run, data: Data, ts: str) -> Run:
    if run.last is not None and run.last.id == data["dispatch"]:
        return run._replace(last=run.last._replace(served=data["model"]))
    return run


def reported(run: Run, data: Data, ts: str) -> Run:
    station = data["station"]
    others = tuple(item for item in run.reports if item[0] != station)
    after = _end_dispatch(run, data)._replace(reports=(*others, (station, data["dispatch"], data["report"]["status"])))
    if run.station(station).kind == BUNDLING:
        return after._replace(bundled=True)
    review = data["report"].get("review")
    if review is not None:
        issues = [item for item in run.issues if item.station != station]
        issues += [_issue(item, station) for item in review.get("issues", ())]
        after = after._replace(issues=tuple(issues))
    return after._replace(plan=tuple(name for name in run.plan if name != station))


def _issue(item: Data, station: str) -> Issue:
    place = item.get("file", "") + (f":{item['line']}" if item.get("line") else "")
    return Issue(item["id"], item["severity"], item["title"], place, item["status"], station)


def verdict_given(run: Run, data: Data, ts: str) -> Run:
    met = tuple(item["id"] for item in data["verdict"]["criteria"] if item["result"] == "PASS")
    gaps = tuple(Gap(*item) for item in data["gaps"])
    outcome = Round(
        run.iteration, run.tier, data["result"], len(met), len(run.criteria), gaps, tuple(data["regressions"])
    )
    return _end_dispatch(run, data)._replace(
        verdict=data["result"],
        verdict_tree=data["tree"],
        met=met,
        ever_met=tuple(dict.fromkeys((*run.ever_met, *met))),
        gaps=gaps,
        history=(*run.history, outcome),
    )


def compliance_judged(run: Run, data: Data, ts: str) -> Run:
    return _end_dispatch(run, data)._replace(
        compliance=data["result"], compliance_tree=data["tree"], violations=tuple(data["violations"])
    )


def agent_failed(run: Run, data: Data, ts: str) -> Run:
    error = Failure(data["reason"], run.stage, data["message"])
    deaths = run.deaths + (data["reason"] != "interrupted")  # the agent is not to blame for an ended session
    return _end_dispatch(run, data)._replace(deaths=deaths, error=error)


def summary_written(run: Run, data: Data, ts: str) -> Run:
    return run._replace(summary=data["path"], summary_sha=data["sha256"], compliance="", compliance_tree="")


def fix_started(run: Run, data: Data, ts: str) -> Run:
    plan = tuple(data["stations"])
    return run._replace(
        fix_round=data["round"], plan=plan, planned=plan, verdict="", verdict_tree="", compliance="", deaths=0, blocks=0
    )


def revalidation(run: Run, data: Data, ts: str) -> Run:
    return run._replace(verdict="", verdict_tree="", compliance="", revalidations=run.revalidations + 1, blocks=0)


def failed(run: Run, data: Data, ts: str) -> Run:
    return run._replace(open=None, error=Failure(data["reason"], run.stage, data["message"]))


def aborted(run: Run, data: Data, ts: str) -> Run:
    """Abort the run; a later report from an agent still at work belongs to no run."""
    return failed(run, data, ts)._replace(last=run.open or run.last)


def paused(run: Run, data: Data, ts: str) -> Run:
    return run._replace(error=Failure(data["reason"], run.stage, data["message"]))


def resumed(run: Run, data: Data, ts: str) -> Run:
    budget = {name: data[name] for name in ("budget_tokens", "budget_minutes") if name in data}
    settings = run.settings._replace(**budget)
    return run._replace(blocks=0, deaths=0, revalidations=0, error=Failure(), closed=False, settings=settings)


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
