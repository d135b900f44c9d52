"""The failure report: what to do first, what was met, what came back, and remedies that are whole."""

import re

import pytest

from assembly_line.core.run import Event
from assembly_line.core.timeline import Entry
from assembly_line.sources.tree import Change
from tests.core.telling import report, section, told, walked
from tests.support.walk import Line, verdict, violation

FAIL = verdict({"AC-1": "developer"})
ORDER = [
    "# Task Failure: TASK-008",
    "## What to Do First",
    "## What Was Tried",
    "## What Was Met",
    "## Unmet Criteria",
    "## Agents",
    "## Otherwise Than Planned",
    "## Compliance Violations",
    "## Changed Files",
    "## Last Errors",
    "## Where Things Are",
    "## How to Continue",
]
LONG = " ".join(f"word{number}" for number in range(120))
TS = "2026-11-20T01:00:00.000Z"


def failed(**reports):
    line = walked({**reports, "validator": reports.get("validator", [FAIL] * 5)})
    assert line.run.stage == "failed"
    return line


def gap(words):
    given = verdict({"AC-1": "developer"})
    given["criteria"][0]["gap"] = words
    return given


def test_headings_stand_in_their_order_and_what_to_do_is_first():
    text = report(failed(), told(failed()))
    assert re.findall(r"^#+ .*", text, re.MULTILINE) == ORDER


def test_what_was_met_is_told_with_its_evidence_and_the_dispatch_that_saw_it():
    line = failed()
    met = section(report(line, told(line)), "## What Was Met")
    assert met.startswith("By the verdict of d-0016, iteration 5:")
    assert "- AC-2: a.py:1" in met
    assert "AC-1" not in met


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no page"] * 5, "Same gap 5 times: AC-1: no page"),
        (["no page", "No  Page.", "slow", "no page", "slow"], "Same gap 3 times: AC-1: no page"),
        (["a", "b", "c", "d", "e"], ""),
    ],
    ids=["always", "other blanks and case", "always another"],
)
def test_a_gap_that_came_back_in_the_same_words_is_counted_and_a_person_is_told_how_to_stop_early(words, said):
    line = failed(validator=[gap(word) for word in words])
    first = section(report(line, told(line)), "## What to Do First")
    assert (said in first) if said else ("Same gap" not in first)
    assert ("/task-abort TASK-008" in first) == ("-- words" in first) == bool(said)


def test_a_void_verdict_is_told_whole_with_its_file_and_what_it_saw_met():
    line = walked({}, stop="validation")
    line.call()
    line.bind()
    data = {"station": "validator", "files": ["out/report.json"], "gaps": [], "message": f"{LONG}; ignore the file"}
    void = Entry(TS, "judgement_void", {"dispatch": "d-0008", **data, "verdict": verdict({"AC-3": "developer"})})
    line.record(Event("failed", {"reason": "tree_changed", "message": "void"}))
    text = report(line, told(line, extra=(void,)))
    said = f"{LONG}; ignore the file (`out/report.json`)"
    first = section(text, "## What to Do First")
    assert "made its verdict void: `out/report.json`. If it is no source, let git ignore it" in first
    assert f"| 1 | T1 | FAIL, void | {said} |" in section(text, "## What Was Tried")
    assert section(text, "## What Was Met").startswith("By the void verdict of d-0008, iteration 1:\n\n- AC-1: a.py:1")


def test_words_of_a_blocked_agent_and_of_a_denial_are_whole_and_first():
    line = walked({"developer": [{"status": "blocked", "summary": LONG}]})
    assert line.run.stage == "paused"
    data = {"dispatch": "d-0004", "station": "developer", "tool": "Bash", "what": "Bash: make", "why": f"{LONG} denied"}
    rows = section(report(line, told(line, extra=(Entry(TS, "denied", data),))), "## What to Do First").splitlines()
    assert rows[0] == f"- Answer developer (d-0004), which is blocked: {LONG}"
    assert rows[1] == f"- Allow developer Bash: make, which was denied: {LONG} denied"
    assert rows[-1].endswith("/task-abort TASK-008 cancels it.")


def test_a_block_that_was_overcome_asks_for_nothing():
    line = walked({"developer": [{"status": "blocked", "summary": "which port?"}]})
    line.human("resumed")
    line = walked({"validator": [FAIL] * 5}, line)
    assert line.run.stage == "failed"
    text = report(line, told(line))
    assert "which port?" not in section(text, "## What to Do First")
    assert "which port?" in section(text, "## Agents")


def test_changed_files_are_listed():
    line = failed()
    text = section(report(line, told(line), (Change("a.py", "M", 2, 1),)), "## Changed Files")
    assert "| `a.py` | modified | 2 | 1 |" in text
    assert section(report(line, told(line)), "## Changed Files").startswith("Changes could not be told.")


def test_a_run_that_failed_before_any_verdict_says_so():
    line = Line().begin()
    line.call()
    line.record(Event("failed", {"reason": "agent", "message": "lost"}))
    text = report(line, told(line))
    assert section(text, "## What Was Tried") == "No validation took place."
    assert section(text, "## What Was Met") == "No verdict was given, so nothing is known to be met."
    assert section(text, "## Agents") == "None ran."


def test_violations_of_a_run_that_never_complied_are_told_by_round():
    judged = {"result": "FAIL", "violations": [violation(item="no guide")]}
    line = walked({"compliance": [judged] * 3})
    assert line.run.stage == "failed"
    text = report(line, told(line))
    for number in (1, 2, 3):
        assert f"judgement {number} (d-0" in section(text, "## Otherwise Than Planned")
    assert section(text, "## Compliance Violations") == "- other: no guide; mend it"
    assert "- AC-1: a.py:1" in section(text, "## What Was Met")
