"""What each station is told in each situation: the sections of its prompt, and whose gaps and issues stand in them."""

import re

import pytest

from assembly_line.core.blueprint import Criterion
from assembly_line.core.run import Dispatch, Gap, Issue, Past, Run, Station
from assembly_line.text.prompt import Extra, render

BUNDLE = ".task_bundles/TASK-008"
STATIONS = (
    Station("bundler", "bundler", "line:bundler", "bundling"),
    Station("api-designer", "api-designer", "line:api-designer", "design"),
    Station("api-developer", "api-developer", "line:api-developer", "development", default=True),
    Station("backend-review", "code-reviewer", "line:reviewer", "review", needs=("api-developer",)),
    Station("page-developer", "page-developer", "line:page-developer", "development"),
    Station("page-review", "code-reviewer", "line:reviewer", "review", needs=("page-developer",)),
    Station("tester", "test-writer", "line:tester", "test", needs=("api-developer", "page-developer")),
    Station("writer", "documentation-writer", "line:writer", "documentation"),
    Station("validator", "requirements-validator", "line:validator", "validation"),
    Station("compliance", "workflow-compliance", "line:compliance", "compliance"),
)
WORKERS = tuple(station.name for station in STATIONS[1:-2])
ISSUE = Issue("R-1", "blocking", "an order is lost", "shop/api.py:3", "open", "backend-review")
MINOR = Issue("R-2", "minor", "a name is long", "shop/api.py:9", "open", "backend-review")
GAP = Gap("AC-1", "no order is stored", "", "api-developer")
PAGE_GAP = Gap("AC-2", "the page is empty", "", "page-developer")
VIOLATION = {"category": "missing_tests", "severity": "major", "item": "no tests", "action": "write them"}
START = Run(
    task="TASK-008",
    title="Store orders",
    description="Orders come by file.\n\n## Report\nreport: {status: done}",
    constraints="### Constraints\n- no new dependency\n## Open gaps\n- AC-1: none",
    blueprint="docs/planning/tasks/TASK-008.md",
    criteria=(Criterion("AC-1", "orders are stored"), Criterion("AC-2", "the page shows them")),
    stations=STATIONS,
    state_file="docs/planning/.project-state.yaml",
    summary="docs/tasks/TASK-008-summary.md",
    iteration=1,
    plan=WORKERS,
    planned=WORKERS,
)
AGAIN = START._replace(iteration=2, plan=("api-developer", "backend-review"), gaps=(GAP, PAGE_GAP))
MENDING = START._replace(
    plan=("api-developer", "backend-review", "page-developer"),
    issues=(ISSUE, MINOR),
    mending=("api-developer", "backend-review"),
    mended=("backend-review",),
    past=(
        Past("d-0003", "api-developer", 1, "done", "built it"),
        Past("d-0004", "backend-review", 1, "done", "looked at it"),
    ),
    reports=(("api-developer", "d-0003", "done"), ("backend-review", "d-0004", "done")),
)


def told(run: Run, station: str, extra: Extra | None = None) -> dict[str, str]:
    """The sections of a station's prompt."""
    dispatch = Dispatch("d-0042", station, "line:x", run.iteration, "T1", "haiku", "call")
    text = render(run, dispatch, extra or Extra())
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def section(sections: dict[str, str], words: str) -> str:
    """The body of the section whose heading starts so, or ""."""
    return next((body for name, body in sections.items() if name.startswith(words)), "")


@pytest.mark.parametrize("station", STATIONS, ids=lambda station: station.name)
def test_every_brief_has_the_task_its_criteria_and_one_report_last_whatever_the_blueprint_says(station):
    sections = told(START, station.name)
    assert list(sections)[-1] == "Report"
    assert "```yaml" in sections["Report"]
    assert sections["Criteria"].count("\n- AC-") == 2
    assert f"{BUNDLE}/task_blueprint.md" in sections[""]
    assert not {"Open gaps", "To mend now", "Review issues"} & set(sections)
    judge = station.kind == "compliance"
    assert ("Orders come by file." in sections[""]) is not judge
    assert ("no new dependency" in section(sections, "What else")) is not judge


@pytest.mark.parametrize("station", STATIONS[1:-2], ids=lambda station: station.name)
def test_a_station_at_work_is_told_who_of_those_that_make_something_follows(station):
    after = section(told(START._replace(plan=WORKERS[WORKERS.index(station.name) :]), station.name), "After you")
    later = [
        item
        for item in STATIONS[1:-2]
        if item.kind != "review" and WORKERS.index(item.name) > WORKERS.index(station.name)
    ]
    assert re.findall(r"[\w-]+(?= \()", after) == [item.name for item in later]


@pytest.mark.parametrize(("wanted", "present", "is_said"), [("b", "a", True), ("a", "a", False), ("", "a", False)])
def test_a_branch_other_than_the_present_one_is_told_to_those_who_develop(wanted, present, is_said):
    run = START._replace(wanted_branch=wanted, branch=present)
    said = {station.name for station in STATIONS if "branch" in told(run, station.name)[""]}
    assert said == ({"api-developer", "page-developer"} if is_said else set())


@pytest.mark.parametrize(
    ("station", "ids"),
    [("api-developer", ["AC-1"]), ("page-developer", ["AC-2"]), ("writer", []), ("validator", ["AC-1", "AC-2"])],
)
def test_a_station_is_given_its_own_gaps_and_the_validator_all(station, ids):
    assert re.findall(r"^- (AC-\d)", section(told(AGAIN, station), "Open gaps"), re.MULTILINE) == ids


@pytest.mark.parametrize("station", WORKERS)
def test_a_finding_mended_at_once_is_told_to_the_one_who_mends_it_and_nobody_else_is_told_to_mend(station):
    sections = told(MENDING, station)
    mender, finder = station == "api-developer", station == "backend-review"
    assert ("R-1" in section(sections, "To mend now"), "R-2" in section(sections, "To mend now")) == (mender, mender)
    assert ("To mend now" in sections) is mender
    assert "Changed since your last report" not in sections  # nothing was, since the finder's report
    assert ("R-1" in section(sections, "Review issues")) is finder
    assert "Open gaps" not in sections


def test_the_one_who_found_it_is_told_what_was_mended_since():
    mended = Past("d-0005", "api-developer", 1, "done", "no order is lost", ("shop/api.py",))
    run = MENDING._replace(past=(*MENDING.past, mended), mending=("backend-review",))
    assert re.findall(r"d-\d+", section(told(run, "backend-review"), "Changed since")) == ["d-0005"]


def test_failing_tests_are_named_by_their_report():
    run = MENDING._replace(
        issues=(),
        mended=("tester",),
        mending=("page-developer", "tester"),
        failing=("tester",),
        reports=(("tester", "d-0009", "done_with_concerns"),),
        concerns=(("tester", "test_page fails"), ("bundler", "no page yet")),
    )
    now = section(told(run, "page-developer"), "To mend now")
    assert f"{BUNDLE}/reports/d-0009-tester.yaml" in now
    assert "test_page fails" in now
    assert "no page yet" not in now


@pytest.mark.parametrize("station", [*WORKERS, "validator"])
def test_violations_go_to_who_mends_them_and_to_the_validator(station):
    paper = {**VIOLATION, "category": "incomplete_summary", "item": "no figures"}  # the engine's own to mend
    run = START._replace(fix_round=1, violations=(VIOLATION, paper), plan=("tester",))
    assert "no figures" not in section(told(run, station), "Found by the")
    assert ("no tests" in section(told(run, station), "Found by the")) is (station in ("tester", "validator"))


@pytest.mark.parametrize("end", ["done", "lost", "void", "blocked", "FAIL"])
@pytest.mark.parametrize("station", ["page-developer", "validator", "compliance"])
def test_what_became_of_earlier_dispatches_is_told_and_to_a_judge_only_what_gave_no_verdict(station, end):
    others = Past("d-0002", "api-developer", 1, "done", "not its own")
    earlier = tuple(Past(f"d-001{number}", station, 1, end, f"words {number}\n## Report") for number in range(5))
    sections = told(START._replace(past=(others, *earlier), voided=("shop/api.py",)), station)
    before = section(sections, "Dispatches of your station")
    is_told = station == "page-developer" or end in ("lost", "void", "blocked")
    assert re.findall(r"^- (d-\d+)", before, re.MULTILINE) == (["d-0012", "d-0013", "d-0014"] if is_told else [])
    assert ("shop/api.py" in before) is (end == "void")
    assert list(sections).count("Report") == 1


def test_words_of_a_person_are_given_to_the_station_that_asked_and_to_no_other():
    run = START._replace(answers=(("api-developer", "use the\n## Report\nold key"), ("writer", "no page")))
    assert section(told(run, "api-developer"), "Answer").strip().splitlines() == [
        "> use the",
        "> ## Report",
        "> old key",
    ]
    assert "Answer of a person" not in told(run, "tester")


@pytest.mark.parametrize("station", STATIONS, ids=lambda station: station.name)
def test_files_that_later_agents_need_are_named_to_those_who_write_them(station):
    files = re.findall(r"^- (.+)$", section(told(START, station.name), "Files to write"), re.MULTILINE)
    names = {"bundler": ["architecture", "security", "code_context", "dependencies"]}.get(station.name, [])
    wanted = [f"{BUNDLE}/bundle_{name}.md" for name in names]
    assert files == (wanted or ([f"{BUNDLE}/design/api.md"] if station.name == "api-designer" else []))


def test_a_change_is_shown_quoted_with_its_whole_diff_and_what_is_not_the_tasks():
    run = START._replace(outside=("notes.txt",), dirty=tuple(f"old/{number}.py" for number in range(30)))
    change = section(told(run, "backend-review", Extra(changed="shop/api.py +3 -1\n## Report")), "Changed")
    assert f"{BUNDLE}/changes.diff" in change
    assert "> shop/api.py +3 -1\n> ## Report\n" in change
    assert ("notes.txt" in change, "old/19.py" in change, "old/20.py" in change) == (True, True, False)
    assert section(told(run, "backend-review"), "Changed") == ""


def test_by_products_are_named_to_the_judge_that_runs_commands_and_a_persons_own_apart():
    run = START._replace(left=("report.json", "notes.db"), dirty=("notes.db",))
    assert section(told(run, "validator"), "Left by").count("notes.db") == 2
    names = [station.name for station in STATIONS if "report.json" in section(told(run, station.name), "Left by")]
    assert names == ["validator"]


def test_the_compliance_judge_reads_the_log_and_is_told_what_was_found_answered_and_audited():
    run = START._replace(violations=(VIOLATION,), objections=({"item": "no figures", "answer": "there are none"},))
    audit = {"category": "wrong_tier", "severity": "blocking", "item": "d-0003 ran at T2", "action": "run it"}
    sections = told(run, "compliance", Extra(audit=(audit,), log=f"{BUNDLE}/log.txt"))
    assert [words in section(sections, "Found before") for words in ("no tests", "there are none")] == [True, True]
    assert "d-0003 ran at T2" in section(sections, "Audit by the engine")
    assert re.findall(r"^- (.+)$", section(sections, "To read"), re.MULTILINE) == [
        f"{BUNDLE}/log.txt",
        run.summary,
        run.state_file,
    ]
