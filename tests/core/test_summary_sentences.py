"""The summary says what the records hold, and no sentence of it is false in an odd situation."""

import pytest

from assembly_line.core import summary_form
from assembly_line.core.run import Event
from assembly_line.core.timeline import Entry
from assembly_line.sources.tree import Change
from tests.core.telling import figures, paper, section, told, walked
from tests.support.walk import COMMAND, CRITERIA, Line, done, issue, review, verdict, violation

FAIL = verdict({"AC-1": "developer"})
# The dispatches of a run that passes at once: d-0001 bundler, d-0002 designer, d-0003 api-developer, d-0004 developer,
# d-0005 reviewer, d-0006 tester, d-0007 writer, d-0008 validator, d-0009 compliance.
# One that needs a second iteration: d-0009 developer, d-0010 validator, d-0011 compliance.
KNOWN = {name: {"files": []} for name in ("d-0003", "d-0004", "d-0005", "d-0006", "d-0007", "d-0009")}


def ran(dispatch, command, ok=True, **members):
    return Entry(
        "2026-11-20T01:00:00.000Z", "command_ran", {"dispatch": dispatch, "command": command, "ok": ok} | members
    )


def odd(kind, **data):
    return Entry("2026-11-20T01:00:00.000Z", kind, data)


ISSUE = {**issue(severity="major"), "resolution": "counted from one"}
CLOSED = {**ISSUE, "status": "fixed"}
OTHER = {**issue(status="open", severity="major"), "title": "another thing"}
MINOR = issue("R-2", "minor")
MAJOR = issue("R-3", "major")
# name: (reports by station, members of dispatches, further records, {heading: (said, not said)})
SITUATIONS = {
    "every dispatch is told": (
        {"developer": [done(summary="built the page"), done(summary="mended the page")], "validator": [FAIL]},
        {},
        (),
        {
            "## Summary": (
                ("d-0004 developer: built the page", "d-0009 developer: mended the page", "Iteration 2 (T1):"),
                (),
            ),
            "### Ready for Integration": (("Yes",), ("No:",)),
        },
    ),
    "concerns of all reports": (
        {
            "developer": [done(concerns=["slow", "odd  name."]), done(concerns=["Odd name"])],
            "validator": [FAIL],
        },
        {},
        (),
        {
            "## Summary": (
                ("developer d-0004: slow (not repeated in d-0009)", "developer d-0004: Odd name (repeated in d-0009)"),
                (),
            ),
            "### Ready for Integration": (
                ("Yes, with open points: ", "Concern of developer (d-0009): Odd name"),
                ("slow",),
            ),
        },
    ),
    "an issue that was closed": (
        {"reviewer": [review(ISSUE), review(CLOSED)], "validator": [FAIL]},
        {"d-0009": {"files": ["a.py"]}},
        (),
        {
            "### How Issues Were Addressed": (
                ("R-1 of reviewer, found by d-0005, closed by d-0010 after developer d-0009: counted from one",),
                (),
            ),
            "### Issues Found": (("| fixed |",), ("| open |",)),
            "### Final Review": (("reviewer (d-0010): no open issues",), ()),
            "### Ready for Integration": ((), ("R-1",)),
        },
    ),
    "an issue that was closed though nothing changed": (
        {"reviewer": [review(ISSUE), review(CLOSED)], "validator": [FAIL]},
        KNOWN,
        (),
        {"### How Issues Were Addressed": (("closed by d-0010, though no change is recorded in between",), ())},
    ),
    "an issue that is fixed when it is first named": (
        {"reviewer": [review(CLOSED)]},
        {},
        (),
        {"### How Issues Were Addressed": (("found by d-0005, which called it fixed at once",), ("closed by",))},
    ),
    "an issue that was opened again": (
        {
            "reviewer": [review(ISSUE, MAJOR), review(CLOSED, MAJOR), review(ISSUE, MAJOR)],
            "validator": [FAIL, FAIL],
        },
        {},
        (),
        {
            "### How Issues Were Addressed": (
                ("R-1 of reviewer, found by d-0005, called open again by d-0013, still open",),
                ("closed by",),
            )
        },
    ),
    "an id that is used for another issue": (
        {
            "reviewer": [review(ISSUE, MAJOR), review(CLOSED, MAJOR), review(OTHER, MAJOR)],
            "validator": [FAIL, FAIL],
        },
        {},
        (),
        {
            "### Issues Found": (
                (
                    "| R-1 | major | off by one | `a.py:3` | fixed |",
                    "| R-1 | major | another thing | `a.py:3` | open |",
                ),
                (),
            ),
            "### How Issues Were Addressed": (
                ("R-1 of reviewer, found by d-0013, still open",),
                ("again by d-0013, still",),
            ),
        },
    ),
    "an open major issue": (
        {"reviewer": [review(issue(severity="major"))]},
        KNOWN,
        (),
        {
            "### Ready for Integration": (
                ("Yes, with open points: all 3", "Open major issue R-1 of reviewer: off by one, `a.py:3`"),
                (),
            ),
        },
    ),
    "an open minor issue": (
        {"reviewer": [review(MINOR)]},
        KNOWN,
        (),
        {"### Ready for Integration": (("Yes, with open points: ", "Open minor issue R-2 of reviewer"), ())},
    ),
    "nothing that is open": (
        {"reviewer": [review()], "tester": [figures(COMMAND)]},
        KNOWN,
        (ran("d-0006", COMMAND),),
        {
            "### Ready for Integration": (("Yes: all 3 criteria are met by the validated sources.",), ("- ",)),
            "### Test Results": (
                (
                    f"Command `{COMMAND}`, seen to succeed.",
                    "Run again by validator in d-0008: seen to succeed with status 0.",
                ),
                ("stale",),
            ),
            "### Final Review": ((), ("Not reviewed",)),
        },
    ),
    "changes after the review": (
        {"reviewer": [review()]},
        {**KNOWN, "d-0006": {"files": ["tests/test_a.py"]}, "d-0007": {"files": ["README.md"]}},
        (),
        {
            "### Final Review": (
                ("Changed after the last review: `tests/test_a.py` (tester d-0006), `README.md` (writer d-0007)",),
                (),
            ),
            "### Ready for Integration": (("Changed after the last review",), ()),
        },
    ),
    "a reviewer that gave no review": (
        {},
        KNOWN | {"d-0004": {"files": ["a.py"]}},
        (),
        {
            "### Final Review": (
                ("Not reported.",),
                (),
            ),
            "### Ready for Integration": (("`a.py` (developer d-0004)",), ()),
        },
    ),
    "figures of an older tree": (
        {"tester": [figures(failed=2, passed=1)] * 2, "validator": [FAIL]},
        {"d-0011": {"files": ["a.py"]}},
        (ran("d-0008", "make test", False, status=2),),
        {
            "### Test Results": (
                (
                    "reported by tester in d-0008, iteration 1",
                    "seen to fail with status 2",
                    "These figures are stale: the sources changed after them (developer d-0011).",
                ),
                ("Run again", "succeed"),
            ),
            "### Ready for Integration": (
                (
                    "Yes, with open points",
                    "The test figures are stale: the sources changed after d-0008",
                    "counts 2 failed",
                ),
                (),
            ),
        },
    ),
    "figures of an older tree, run again by the validator": (
        {"tester": [figures(COMMAND)], "validator": [FAIL]},
        {"d-0009": {"files": ["a.py"]}},
        (ran("d-0006", COMMAND, status=0),),
        {
            "### Test Results": (
                (
                    "`, seen to succeed with status 0.",
                    "stale",
                    "Run again by validator in d-0010: seen to succeed with status 0.",
                ),
                ("the sources changed after it",),
            ),
        },
    ),
    "a later developer that changed nothing": (
        {"tester": [figures()], "validator": [FAIL]},
        KNOWN,
        (),
        {"### Test Results": (("not seen by the hooks",), ("stale", "succeed"))},
    ),
    "a later developer of whom nothing is recorded": (
        {"tester": [figures()], "validator": [FAIL]},
        {"d-0009": {"tree": None}},
        (),
        {"### Test Results": (("stale: ", "developer d-0009 (what it changed was not recorded)"), ())},
    ),
    "the same tree after a later developer": (
        {"tester": [figures()], "validator": [FAIL]},
        {"d-0006": {"tree": "git:5"}, "d-0009": {"tree": "git:5"}},
        (),
        {"### Test Results": ((), ("stale",))},
    ),
    "sources that others changed after the tests": (
        {"tester": [figures()]},
        {**KNOWN, "d-0008": {"outside": ["a.py"]}},
        (),
        {"### Test Results": (("stale: ", "others, before d-0008"), ())},
    ),
    "documents that were written after the tests": (
        {"tester": [figures()]},
        {**KNOWN, "d-0007": {"files": ["docs/a.md", "README.rst"]}},
        (),
        {"### Test Results": ((), ("stale",))},
    ),
    "sources that the writer changed after the tests": (
        {"tester": [figures()]},
        {**KNOWN, "d-0007": {"files": ["src/a.py"]}},
        (),
        {"### Test Results": (("stale: ", "writer d-0007"), ())},
    ),
    "figures that contradict themselves": (
        {"tester": [figures(total=156, passed=150, failed=0, breakdown={"unit": 12, "integration": 4, "edge": 6})]},
        KNOWN,
        (ran("d-0006", "make test", False),),
        {
            "### Test Breakdown": (("The parts add up to 22, not to the total of 156.",), ()),
            "### Test Results": (
                (
                    "Passed, failed and skipped add up to 150, not to 156.",
                    "counts no failed test, but the command was seen to fail",
                ),
                (),
            ),
        },
    ),
    "a run that ran no test": (
        {"tester": [figures()]},
        KNOWN,
        (ran("d-0006", "make  test", True, status=0, empty=True),),
        {"### Test Results": (("seen to succeed with status 0, though it ran no test",), ())},
    ),
    "a run behind a filter that shows no failure": (
        {"tester": [figures()]},
        KNOWN,
        (ran("d-0006", "cd /work && make test 2>&1 | tail -5", status=0),),
        {
            "### Test Results": (
                ("seen to end with status 0 in a form that hides a failure (",),
                ("succeed", "not seen"),
            )
        },
    ),
    "a run among others": (
        {"tester": [figures()]},
        KNOWN,
        (ran("d-0006", "make lint && make test", status=0),),
        {"### Test Results": (("seen to succeed with status 0",), ("not seen",))},
    ),
    "a run by another dispatch": (
        {"tester": [figures()]},
        KNOWN,
        (ran("d-0008", "make test"),),
        {"### Test Results": (("`make test`, not seen by the hooks.", "Run again by validator in d-0008"), ())},
    ),
    "a tester that never ran": (
        {},
        KNOWN,
        (),
        {
            "### Test Results": (("Not reported.",), ()),
            "### Test Breakdown": (("Not reported.",), ()),
            "### Ready for Integration": (("No tests were reported",), ()),
        },
    ),
    "nothing that could be run": (
        {"validator": [verdict(runtime="NOT_APPLICABLE")]},
        KNOWN,
        (),
        {"### Ready for Integration": (("Yes, with open points", "No executable check"), ("Yes: ",))},
    ),
    "a check of the configuration": (
        {"validator": [verdict(runtime="NOT_APPLICABLE")]},
        {**KNOWN, "d-0008": {"checks": ["make lint"]}},
        (),
        {
            "## Requirements Validation": (("Check `make lint`: seen to succeed",), ()),
            "### Ready for Integration": ((), ("No executable check",)),
        },
    ),
    "a compliance judgement that fails": (
        {
            "compliance": [
                {"result": "FAIL", "violations": [violation("missing_documentation", "no guide")]},
                {"result": "PASS", "violations": [{**violation(item="a blank"), "severity": "minor"}]},
            ]
        },
        {},
        (),
        {
            "## Summary": (
                (
                    "judgement 1 (d-0009): FAIL: no guide (blocking)",
                    "Fix round 1, writer: no guide",
                    "judgement 2 (d-0011): PASS with what it accepted: a blank (minor)",
                ),
                (),
            )
        },
    ),
    "blocking issues that turn a PASS": (
        {"reviewer": [review(issue())] * 2 + [review(issue(status="fixed"))]},
        {},
        (),
        {
            "## Summary": (
                ("d-0010 validator: FAIL, though it judged PASS: reviewer:R-1: off by one",),
                (),
            )
        },
    ),
    "a report that was sent back": (
        {},
        {},
        (odd("report_rejected", dispatch="d-0006", errors=["no block"], key="k"),) * 2,
        {
            "## Summary": (("2 reports of tester (d-0006) sent back: no block",), ()),
            "### Agents Used": (("| 1 (sent back 2 times) |",), ("once",)),
        },
    ),
    "a denied call": (
        {},
        KNOWN,
        (odd("denied", dispatch="d-0004", station="developer", tool="Bash", what="Bash: make", why="not allowed"),),
        {
            "## Summary": (("developer was denied Bash: make: not allowed",), ()),
            "### Ready for Integration": (("Yes, with open points", "developer (d-0004) was denied Bash: make"), ()),
        },
    ),
    "objections to the engine's papers, mending at once, words of a person": (
        {},
        {},
        (
            odd("papers_again", round=1, violations=[], answers=[{"item": "no date", "answer": "it has one"}]),
            odd("mending_started", iteration=1, station="reviewer", stations=["developer", "reviewer"], why="R-1"),
            odd("paused", reason="blocked", message="which port?"),
            odd("resumed", by="s"),
            odd("answered", station="developer", words="8080"),
        ),
        {
            "## Summary": (
                (
                    "papers: no date; the engine rendered them again and answered: it has one",
                    "Mended at once in iteration 1: developer, reviewer for reviewer: R-1",
                    "2026-11-20 01:00 UTC paused: which port?",
                    "2026-11-20 01:00 UTC resumed",
                    "2026-11-20 01:00 UTC answered to developer: 8080",
                ),
                (),
            )
        },
    ),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_the_summary_is_true_in(name):
    reports, members, more, expected = SITUATIONS[name]
    line = walked(reports)
    assert line.run.stage == "completed"
    text = paper(line, told(line, members, more))
    assert summary_form.faults(text, "TASK-008", CRITERIA) == ()
    for heading, (wanted, unwanted) in expected.items():
        part = whole_summary(text) if heading == "## Summary" else section(text, heading)
        assert [words for words in wanted if words not in part] == []
        assert [words for words in unwanted if words in part] == []


def whole_summary(text):
    return text.partition("\n## Summary\n")[2].partition("\n### Ready")[0]


def test_a_void_verdict_is_told_with_its_files_and_does_not_count():
    line = walked({}, stop="validation")
    line.call()
    line.bind()
    data = {"dispatch": "d-0008", "station": "validator", "served": "", "tokens": {}, "files": ["out/report.json"]}
    void = Entry(
        "2026-11-20T01:00:00.000Z", "judgement_void", {**data, "verdict": verdict(), "gaps": [], "message": "ignore it"}
    )
    story = told(line, extra=(void,))
    text = paper(line, story)
    why = "ignore it (`out/report.json`)"
    assert f"| - | 1 | T1 | PASS, void | 3/3 | {why} |" in section(text, "### Requirements Met")
    assert "1 (void)" in section(text, "### Agents Used")
    assert section(text, "## Requirements Validation") == "Not reported."
    assert section(text, "### Ready for Integration").startswith("No: the last validation did not pass.")
    assert "d-0008 validator: void. its PASS does not count: ignore it (`out/report.json`)" in whole_summary(text)


def test_a_summary_before_the_end_says_that_compliance_is_pending():
    line = walked({}, stop="compliance")
    text = paper(line, told(line))
    assert "**Status:** validated; compliance check pending" in text
    assert "; the compliance check is pending." in section(text, "### Ready for Integration")


@pytest.mark.parametrize(
    ("kind", "words"), [("aborted", "No: the run was aborted in"), ("failed", "No: the run failed in")]
)
def test_a_run_that_ended_without_success_is_not_ready(kind, words):
    line = walked({}, stop="compliance")
    line.record(Event(kind, {"reason": "human", "message": "enough"}))
    assert section(paper(line, told(line)), "### Ready for Integration").startswith(words)


def test_a_criterion_is_shown_with_its_situation():
    line = walked({})
    first = line.run.criteria[0]._replace(context="Given a loan, When it is late")
    line.run = line.run._replace(criteria=(first, *line.run.criteria[1:]))
    text = paper(line, told(line))
    for heading in ("### What Was Needed", "### Final Validation Report"):
        assert "outcome AC-1 (Given a loan, When it is late)" in section(text, heading)


def test_the_head_names_base_branch_task_file_and_both_tiers():
    line = walked({"validator": [FAIL, FAIL]})
    line.run = line.run._replace(head="abc123", branch="main", rules=2)
    head = paper(line, told(line)).split("## Requirements")[0]
    for row in (
        "- **Duration:** 1 min 0 s of work",
        "- **Tier Used:** T2 (sonnet), before that T1 (haiku)",
        "- **Date:** 2026-11-20 00:00 UTC to 2026-11-20 00:00 UTC",
        "- **Base Commit:** `abc123`",
        "- **Branch:** `main`",
        "- **Task File:** `docs/planning/tasks/TASK-008.yaml`",
    ):
        assert row in head


def test_agents_are_shown_with_model_time_and_tokens():
    line = walked({})
    text = section(
        paper(line, told(line, {"d-0004": {"tokens": {"input": 10, "output": 5, "cached": 7}}})), "### Agents Used"
    )
    assert "| developer | 1 | haiku (T1) | 2 s | 15 + 7 cached |" in text
    assert "| reviewer | 1 | opus (fixed) | 2 s | 11 |" in text


def test_only_the_tasks_changes_are_counted_and_the_others_are_listed_apart():
    line = Line().begin()
    run = line.run._replace(
        outside=("notes.txt", "both.py"), dirty=("draft.md",), left=("out.db",), owners=(("both.py", "developer"),)
    )
    line.run = run
    names = ("a|b.py", "notes.txt", "both.py", "out.db")
    text = section(paper(line, told(line), tuple(Change(name, "A", 2, 0) for name in names)), "### Code Changes")
    table = [row.split(" | ")[0].strip("| ") for row in text.splitlines() if row.startswith("| `")]
    assert table == [r"`a\|b.py`", "`both.py`"]
    assert "2 files created, 0 modified, 0 deleted; 4 lines added, 0 removed" in text
    for row in (
        "- Changed by others during the run: `notes.txt`",
        "- Changed by others and by the task, so that the lines above are of both: `both.py`",
        "- Not committed when the run began; of these only what changed since is counted: `draft.md`",
        "- Left behind by commands: `out.db`",
    ):
        assert row in text
