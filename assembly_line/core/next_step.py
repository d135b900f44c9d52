"""What happens next: the steps that need no agent, and the one dispatch that is due."""

from typing import NamedTuple

from assembly_line.core import kinds, machine, routing
from assembly_line.core.kinds import KINDS
from assembly_line.core.run import Event, Run, Station

# Outside steps: the engine takes them and records the resulting event.
CREATE_BUNDLE = "create_bundle"
PREPARE_AGENTS = "prepare_agents"
WRITE_SUMMARY = "write_summary"
AUDIT = "audit"
CLOSE = "close"


class Due(NamedTuple):
    """The dispatch that is due."""

    id: str  # d-0007
    station: str
    agent: str
    iteration: int
    tier: str
    model: str
    why: str  # first, gaps, review, fix, again


def advance(run: Run) -> Event | str | None:
    """The next step that needs no agent: an event, the name of an outside step, or None."""
    match run.stage:
        case machine.BUNDLE_CREATION:
            return CREATE_BUNDLE
        case machine.AGENT_PREPARATION:
            return PREPARE_AGENTS
        case machine.BUNDLING if run.bundled:
            if run.iteration:  # made anew
                return _iteration(run, run.iteration, run.plan)
            return _iteration(run, 1, tuple(item.name for item in routing.work_stations(run)))
        case machine.IMPLEMENTATION if run.open is None:
            return _between_stations(run)
        case machine.VALIDATION if run.verdict:
            return _after_verdict(run)
        case machine.SUMMARY:
            return WRITE_SUMMARY
        case machine.COMPLIANCE if run.compliance:
            return AUDIT
        case machine.COMPLETED | machine.FAILED | machine.ABORTED if not run.closed:
            return CLOSE
    return None


def _between_stations(run: Run) -> Event | None:
    mend = routing.to_mend(run)
    if mend is not None:
        what = "failing tests" if mend.finder in run.failing else "a blocking issue"
        why = f"{mend.finder} found {what}"
        stations = [*mend.menders, mend.finder]
        return Event(
            "mending_started", {"iteration": run.iteration, "station": mend.finder, "stations": stations, "why": why}
        )
    if run.plan:
        return None
    if _stands(run):
        return Event("unchanged", {"iteration": run.iteration, "tree": run.tree})
    return Event("stations_done", {"iteration": run.iteration})


def _stands(run: Run) -> bool:
    """Whether a fix round left the tree as it passed, so that its verdict holds."""
    if not (run.fix_round and run.planned and run.passed_tree and run.tree == run.passed_tree):
        return False
    asked = any(item["category"] == "missing_validation" for item in run.violations)
    return not asked and not routing.blocking_issues(run)


def _after_verdict(run: Run) -> Event:
    if run.verdict == "PASS":
        return Event("passed", {"iteration": run.iteration, "met": len(run.met)})
    if run.iteration >= run.settings.max_iterations:
        unmet = ", ".join(gap.criterion for gap in run.gaps)
        message = f"not met after {run.iteration} iterations: {unmet}"
        return Event("failed", {"reason": "validation", "message": message})
    return _iteration(run, run.iteration + 1, routing.responsible(run, run.gaps))


def _iteration(run: Run, number: int, stations: tuple[str, ...]) -> Event:
    tier = run.settings.tier(number)
    return Event("iteration_started", {"iteration": number, "tier": tier, "stations": list(stations)})


def after_audit(
    run: Run, findings: tuple[dict[str, str], ...], tree: str, changed: tuple[str, ...] = (), beside: str = ""
) -> Event:
    """The event after the compliance judgement, given the engine's own findings and the present tree."""
    if tree != run.verdict_tree:
        return revalidation(run, changed, beside)
    violations = _grave((*run.violations, *findings) if run.compliance == "FAIL" else findings)
    if not violations and run.compliance == "PASS":
        return Event("completed", {"iterations": run.iteration, "tier": run.tier, "tree": tree})
    papers = tuple(item for item in violations if routing.is_about_papers(run, item))
    others = tuple(item for item in violations if item not in papers)
    if papers and not others and run.asked_again <= run.fix_round:
        return Event("papers_again", {"violations": list(papers), "answers": _answers(papers, findings)})
    if run.fix_round >= run.settings.fix_rounds or not others:
        items = "; ".join(item["item"] for item in violations) or "no violation named"
        message = f"not compliant after {run.fix_round} fix rounds: {items}"
        return Event("failed", {"reason": "compliance", "message": message})
    stations = routing.mending(run, others)
    data = {"round": run.fix_round + 1, "stations": list(stations), "violations": list(others)}
    answers = _answers(papers, findings)
    return Event("fix_started", {**data, "answers": answers} if answers else data)


def _grave(violations: tuple[dict[str, str], ...]) -> tuple[dict[str, str], ...]:
    """The violations without the minor ones, for which nobody is called, unless there are no others."""
    return tuple(item for item in violations if item["severity"] != "minor") or violations


def _answers(papers: tuple[dict[str, str], ...], findings: tuple[dict[str, str], ...]) -> list[dict[str, str]]:
    """What the engine's own audit says to each violation about its papers, which it renders again."""
    found = "; ".join(item["item"] for item in findings)
    answer = (
        f"The engine found it too, and wrote the paper again: {found}"
        if found
        else (
            "The engine rendered the paper again from the journal and from git, and its own audit of it finds nothing"
        )
    )
    return [{"item": item["item"], "answer": answer} for item in papers]


def revalidation(run: Run, files: tuple[str, ...] = (), beside: str = "") -> Event:
    """Validate again, as the sources are not the ones that passed; fail a run whose tree keeps changing.

    `beside`: who else is at work in this work tree, as a person is told.
    """
    named = f": {', '.join(files[:5])}" if files else ""
    named += f"; {beside}, which may have changed them" if beside else ""
    if run.revalidations >= run.settings.revalidations:
        message = f"the sources changed {run.revalidations + 1} times after a PASS{named}"
        return Event("failed", {"reason": "tree_changed", "message": message})
    return Event("revalidation", {"why": f"the sources changed after the verdict{named}"})


def expected(run: Run) -> Due | None:
    """The dispatch that is due, or None when an agent is at work or none is needed."""
    station = _due_station(run)
    if station is None or run.open is not None:
        return None
    iteration = max(run.iteration, 1)
    tier = run.settings.tier(iteration)
    model = run.settings.model(tier) if station.model == "tiered" else station.model
    return Due(f"d-{run.dispatches + 1:04d}", station.name, station.agent, iteration, tier, model, _why(run, station))


def _due_station(run: Run) -> Station | None:
    match run.stage:
        case machine.READY_FOR_BUNDLER:
            return run.of_kind(kinds.BUNDLING)
        case machine.BUNDLING if not run.bundled:
            return run.of_kind(kinds.BUNDLING)
        case machine.IMPLEMENTATION if run.plan:
            return run.station(run.plan[0])
        case machine.VALIDATION if not run.verdict:
            return run.of_kind(kinds.VALIDATION)
        case machine.COMPLIANCE if not run.compliance:
            return run.of_kind(kinds.COMPLIANCE)
    return None


def is_again(run: Run, station: str) -> bool:
    """Whether the last agent of the station did not finish its work."""
    return bool(run.past) and run.past[-1].station == station and run.past[-1].end in ("lost", "void", "blocked")


def _why(run: Run, station: Station) -> str:
    if is_again(run, station.name):
        return "again"
    if station.name in run.mending:
        return "mend"
    if not KINDS[station.kind].works or (run.iteration == 1 and not run.fix_round):
        return "first"
    if run.fix_round and run.violations:
        return "fix"
    return "gaps" if any(gap.station == station.name for gap in run.gaps) else "review"
