"""What each kind of event changes in the run besides its stage, one function per kind."""

from typing import Any

from assembly_line.core.blueprint import Criterion
from assembly_line.core.kinds import KINDS
from assembly_line.core.run import Failure, Run, Station
from assembly_line.core.settings import settings_of
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
        tree=data["baseline"],
        head=data.get("head", ""),
        rules=data.get("rules", 1),
        branch=data.get("branch", ""),
        work_tree=data.get("work_tree", ""),
        dirty=tuple(data.get("dirty", ())),
        there=tuple(data.get("lists", {}).get("left", ())),
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


def work_tree_changed(run: Run, data: Data, ts: str) -> Run:
    return run._replace(work_tree=data["to"])


def branch_changed(run: Run, data: Data, ts: str) -> Run:
    return run._replace(branch=data["to"])


def bundle_lost(run: Run, data: Data, ts: str) -> Run:
    plan = tuple(data["stations"])
    return run._replace(open=None, bundled=False, plan=plan, deaths=0, blocks=0)


def iteration_started(run: Run, data: Data, ts: str) -> Run:
    return _sent_out(run, data)._replace(iteration=data["iteration"])


def _sent_out(run: Run, data: Data) -> Run:
    """The run with stations due again, and without the verdict that sent them out."""
    plan = tuple(data["stations"])
    after = run._replace(plan=plan, planned=plan, mended=(), mending=())
    return after._replace(verdict="", verdict_tree="", deaths=0, blocks=0)


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
    asked = run.asked_again + 1
    return run._replace(compliance="", objections=_objections(run, data), asked_again=asked, deaths=0, blocks=0)


def _objections(run: Run, data: Data) -> tuple[dict[str, str], ...]:
    given = ({"item": item["item"], "answer": item["answer"]} for item in data.get("answers", ()))
    return (*run.objections, *given)


def answered(run: Run, data: Data, ts: str) -> Run:
    return run._replace(answers=(*run.answers, (data["station"], data["words"])))


def summary_written(run: Run, data: Data, ts: str) -> Run:
    return run._replace(summary=data["path"], summary_sha=data["sha256"], compliance="", compliance_tree="")


def fix_started(run: Run, data: Data, ts: str) -> Run:
    objections = _objections(run, data)
    return _sent_out(run, data)._replace(fix_round=data["round"], objections=objections, compliance="")


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
        return after._replace(compliance="", fix_round=0, asked_again=0, objections=())
    return after


def stop_blocked(run: Run, data: Data, ts: str) -> Run:
    return run._replace(blocks=run.blocks + 1)


def completed(run: Run, data: Data, ts: str) -> Run:
    return run._replace(error=Failure())


def closed(run: Run, data: Data, ts: str) -> Run:
    return run._replace(closed=True, summary_sha=data.get("summary_sha256") or run.summary_sha)
