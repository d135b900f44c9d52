"""The engine's own audit, on journals of honest runs and on mutated ones."""

import pytest

from assembly_line.core.audit import findings, notes
from assembly_line.core.timeline import tell
from tests.support.walk import WORK, Line, done, issue, review, verdict, violation


def honest() -> Line:
    line = Line().begin().until("validation").work(verdict({"AC-2": "developer"}))
    line.until("compliance").work({"result": "FAIL", "violations": [violation("missing_tests")]})
    return line.until("completed")


LINE = honest()
ENTRIES = LINE.entries()


def found(entries, run=LINE.run):
    return findings(run, tell(entries), tuple(entries))


def changed(entry, **members):
    return entry._replace(data={**entry.data, **members})


def test_an_honest_run_has_no_findings():
    assert found(ENTRIES) == ()


def test_an_interrupted_and_paused_run_has_no_findings():
    line = Line().begin().until("implementation")
    line.call()
    line.die("interrupted")
    line.human("paused")
    line.human("resumed")
    line.until("completed")
    assert found(line.entries(), line.run) == ()


@pytest.mark.parametrize("station", ["bundler", *WORK])
def test_a_required_station_that_never_reported_is_found(station):
    kept = [item for item in ENTRIES if not (item.kind == "reported" and item.data["station"] == station)]
    assert {item["category"] for item in found(kept)} >= {"missing_agent"}
    assert any(station in item["item"] for item in found(kept))


def test_a_skipped_station_is_not_missed():
    kept = [item for item in ENTRIES if item.data.get("station") != "designer"]
    assert found(kept, LINE.run._replace(skipped=("designer",))) == ()


def test_a_lost_agent_does_not_count_as_having_reported():
    lost = [
        item._replace(kind="agent_failed") if item.kind == "reported" and item.data["station"] == "tester" else item
        for item in ENTRIES
    ]
    assert any("tester" in item["item"] for item in found(lost))


def test_work_after_the_last_verdict_is_found():
    last = max(number for number, item in enumerate(ENTRIES) if item.kind == "reported")
    worked = [*ENTRIES, ENTRIES[last]]
    assert [item["category"] for item in found(worked)] == ["missing_validation"]


def test_a_lost_worker_after_the_last_verdict_is_found():
    begun = max(number for number, item in enumerate(ENTRIES) if item.kind == "reported")
    lost = ENTRIES[begun]._replace(kind="agent_failed")
    assert [item["category"] for item in found([*ENTRIES, lost])] == ["missing_validation"]


def test_a_last_verdict_that_is_no_pass_is_found():
    last = max(number for number, item in enumerate(ENTRIES) if item.kind == "verdict_given")
    failed = [changed(item, result="FAIL") if number == last else item for number, item in enumerate(ENTRIES)]
    assert [item["category"] for item in found(failed)] == ["missing_validation"]


def test_no_verdict_at_all_is_found():
    kept = [item for item in ENTRIES if item.kind != "verdict_given"]
    assert {item["category"] for item in found(kept)} == {"missing_agent", "missing_validation"}


def test_an_unmet_criterion_is_found():
    assert found(ENTRIES, LINE.run._replace(met=("AC-1",)))[-1]["category"] == "missing_validation"


@pytest.mark.parametrize("members", [{"tier": "T2"}, {"model": "sonnet"}, {"model": "opus", "tier": "T2"}])
def test_a_dispatch_at_another_tier_is_found(members):
    first = next(number for number, item in enumerate(ENTRIES) if item.kind == "dispatched")
    wrong = [changed(item, **members) if number == first else item for number, item in enumerate(ENTRIES)]
    assert [item["category"] for item in found(wrong)] == ["wrong_tier"]


def test_more_than_five_iterations_are_found():
    assert found(ENTRIES, LINE.run._replace(iteration=6))[-1]["category"] == "other"


def test_an_open_blocking_issue_is_found():
    line = Line().begin()
    while line.run.plan != ("tester", "writer"):
        line.work(review(issue()) if line.run.plan[:1] == ("reviewer",) else None)
    found_now = found(line.entries(), line.run)
    assert any(item["category"] == "missing_review" for item in found_now)


def test_findings_keep_a_judged_run_from_completing():
    line = Line().begin().until("compliance")
    line.found = (violation("missing_tests"),)
    line.work()
    assert (line.run.stage, line.run.fix_round) == ("implementation", 1)


def test_a_run_that_stays_not_compliant_fails_after_two_fixes():
    line = Line().begin().until("compliance")
    line.found = (violation("missing_tests"),)
    for _ in range(30):
        if line.run.stage == "failed":
            break
        line.work()
    assert (line.run.stage, line.run.fix_round, line.run.error.kind) == ("failed", 2, "compliance")


def test_another_model_than_asked_for_and_undone_tampering_are_noted():
    line = Line().begin()
    line.call()
    line.bind()
    line.end(done(), served="claude-opus")
    line.work()
    said = notes(tell(line.entries()))
    assert any("claude-opus" in item for item in said)
