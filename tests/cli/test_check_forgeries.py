"""scripts/check_state.py --base on forged records of TASK-002, which is new in the change."""

import os
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from assembly_line.core.run import Event
from assembly_line.engine import provenance
from assembly_line.project import plugin
from assembly_line.project.config import Config
from tests.cli.conftest import Place
from tests.cli.forging import (
    STATE,
    Change,
    changed,
    codes,
    edited,
    forge,
    lacking,
    only_last,
    rename,
    swap,
    timed,
    told,
    without,
    write,
)
from tests.support.project import commit, git

T = "TASK-002"
BLUEPRINT = f"docs/planning/tasks/{T}.yaml"
ISSUE = "version: '1.0'\ntype: issue\ntasks:\n  TASK-007:\n    status: completed\n"
OTHER = f"git:{'1' * 40}"
WALK = f"walk:{'1' * 64}"
TREES = ("dispatched", "verdict_given", "compliance_judged", "completed")  # kinds that tell a digest
UNCHANGED = Event("unchanged", {"iteration": 1, "tree": OTHER})
HELPER = "assembly-line:requirements-validator"
NO_TESTS = {"framework": "x", "command": "x", "total": 3, "passed": 0, "failed": 3, "skipped": 0}
Forgery = Callable[[Path], None]
Data = dict[str, Any]


def settings(**members: Any) -> Change:
    return changed("run_started", lambda data: {**data, "settings": {**data["settings"], **members}})


def station(name: str, place: int, value: Any) -> Change:
    """Another value in a station's row of the first record."""

    def of(data: Data) -> Data:
        rows = [[*row[:place], value, *row[place + 1 :]] if row[0] == name else row for row in data["stations"]]
        return {**data, "stations": rows}

    return changed("run_started", of)


def criteria(of: Callable[[list[Any]], list[Any]]) -> Change:
    return changed("run_started", lambda data: {**data, "criteria": of(data["criteria"])})


def both(*changes: Change) -> Change:
    def of(events: list[Event]) -> list[Event]:
        for change in changes:
            events = change(events)
        return events

    return of


def of_station(name: str, kind: str, of: Callable[[Data], Data]) -> Change:
    return changed(kind, lambda data: of(data) if data.get("station") == name else data)


def without_station(name: str) -> Change:
    def of(events: list[Event]) -> list[Event]:
        gone = {
            event.data["dispatch"] for event in events if event.data.get("station") == name and "dispatch" in event.data
        }
        return [event for event in events if event.data.get("dispatch") not in gone]

    return of


def inserted(after: str, event: Event) -> Change:
    """Put an event behind the first one of a kind."""

    def of(events: list[Event]) -> list[Event]:
        place = [item.kind for item in events].index(after) + 1
        return [*events[:place], event, *events[place:]]

    return of


def last_of(kind: str, **members: Any) -> Change:
    return only_last(kind, edited(kind, **members))


def in_report(name: str, **members: Any) -> Change:
    return of_station(name, "reported", lambda data: {**data, "report": {**data["report"], **members}})


def in_verdict(of: Callable[[Data], Data]) -> Change:
    return only_last("verdict_given", changed("verdict_given", lambda data: {**data, "verdict": of(data["verdict"])}))


def judged(of: Callable[[list[Data]], list[Data]]) -> Change:
    return in_verdict(lambda verdict: {**verdict, "criteria": of(verdict["criteria"])})


def at_one_time(root: Path) -> None:
    write(root, T, [(event, timed(root, T)[0][1]) for event, _ in timed(root, T)])


def to_come(root: Path) -> None:
    late = (datetime.now(timezone.utc) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    *rest, (event, _) = timed(root, T)
    write(root, T, [*rest, (event, late)])


def issue(root: Path) -> None:
    review = {
        "checks": [{"name": "names", "result": "issue"}],
        "issues": [
            {"id": "R-1", "severity": "blocking", "title": "wrong", "file": "a.py", "line": 1, "status": "open"}
        ],
    }
    forge(root, T, in_report("code-reviewer", review=review))


WHOLE: dict[str, tuple[Change, str]] = {
    # What was demanded.
    "more iterations": (settings(max_iterations=9), "demanded"),
    "cheap iterations only": (settings(cheap_iterations=5), "demanded"),
    "a cheaper second tier": (settings(t2_model="haiku"), "demanded"),
    "another first tier": (settings(t1_model="tiny"), "demanded"),
    "more fix rounds": (settings(fix_rounds=9), "demanded"),
    "more retries": (settings(retries=99), "demanded"),
    "more rejections": (settings(rejections=99), "demanded"),
    "more revalidations": (settings(revalidations=99), "demanded"),
    "more blocked ends of turn": (settings(stop_blocks=99), "demanded"),
    "the bundle kept": (settings(keep_bundle=True), "demanded"),
    "another budget": (settings(budget_tokens=1), "demanded"),
    "a check that proves nothing": (settings(checks=["true"]), "demanded"),
    "a setting nobody knows": (settings(max_iterations=5.5), "demanded"),
    "another workflow": (edited("run_started", workflow="generic"), "demanded"),
    "another type": (edited("run_started", type="backend"), "demanded"),
    "another title": (edited("run_started", title="Something small"), "demanded"),
    "another description": (edited("run_started", description="Do nothing"), "demanded"),
    "other constraints": (edited("run_started", constraints="none"), "demanded"),
    "a reviewer skipped": (
        both(edited("run_started", skipped=["code-reviewer"]), without_station("code-reviewer")),
        "demanded",
    ),
    "an own validator": (station("requirements-validator", 2, "friend"), "demanded"),
    "a cheaper validator": (station("requirements-validator", 4, "haiku"), "demanded"),
    "a reviewer that documents": (station("code-reviewer", 3, "documentation"), "demanded"),
    "a criterion left out": (criteria(lambda items: items[:1]), "demanded"),
    "a weaker criterion": (criteria(lambda items: [[item[0], "It exists", *item[2:]] for item in items]), "demanded"),
    "another definition": (edited("run_started", blueprint="tasks/x.yaml", blueprint_sha="0" * 64), "demanded"),
    "a definition outside": (edited("run_started", blueprint="../../x.yaml", blueprint_sha="0" * 64), "demanded"),
    "rules of the first release": (lacking("run_started", "rules"), "demanded"),
    "rules of the last release": (edited("run_started", rules=2), "demanded"),
    "rules of no release": (edited("run_started", rules=99), "demanded"),
    "a changed plugin": (edited("run_started", plugin={"version": plugin.VERSION, "digest": "0" * 64}), "demanded"),
    "a plugin without a digest": (edited("run_started", plugin={"version": "9.9.9"}), "demanded"),
    "no plugin": (lacking("run_started", "plugin"), "demanded"),
    "changed agents": (
        changed("run_started", lambda data: {**data, "agents": dict.fromkeys(data["agents"], "0" * 64)}),
        "demanded",
    ),
    "no agents": (lacking("run_started", "agents"), "demanded"),
    "a rehearsal": (edited("run_started", rehearsal=True), "rehearsal"),
    # The course of the run.
    "no verdict": (without("verdict_given"), "process"),
    "no compliance": (without("compliance_judged"), "process"),
    "no reviewer": (without_station("code-reviewer"), "process"),
    "no tester": (without_station("test-writer"), "process"),
    "another tier": (edited("dispatched", tier="T2", model="sonnet"), "process"),
    "a cheaper model for the validator": (
        of_station("requirements-validator", "dispatched", lambda data: {**data, "model": "haiku"}),
        "process",
    ),
    "a validator called by another name": (
        of_station("requirements-validator", "dispatched", lambda data: {**data, "agent": "x:y"}),
        "evidence",
    ),
    "a reviewer before the developer": (
        of_station("python-developer", "dispatched", lambda data: {**data, "station": "code-reviewer"}),
        "evidence",
    ),
    "an agent whose start nobody saw": (without("agent_started"), "evidence"),
    "one agent for all": (edited("agent_started", agent_id="agent-1"), "copied"),
    "one call for all": (edited("dispatched", call="call-1"), "copied"),
    "no session": (without("lease_taken"), "evidence"),
    "no command": (without("command_ran"), "evidence"),
    "another command": (edited("command_ran", command="true"), "evidence"),
    "a command that failed": (edited("command_ran", ok=False, status=1), "evidence"),
    "a command that ran no test": (edited("command_ran", empty=True), "evidence"),
    "a PASS over a FAIL": (
        only_last("verdict_given", in_verdict(lambda verdict: {**verdict, "result": "FAIL"})),
        "evidence",
    ),
    "a criterion without evidence": (
        judged(lambda items: [{**item, "evidence": ""} for item in items]),
        "evidence",
    ),
    "a criterion not judged": (judged(lambda items: items[:1]), "evidence"),
    "a verdict with more than its form": (in_verdict(lambda verdict: {**verdict, "mood": "good"}), "evidence"),
    "a report without a word": (in_report("python-developer", summary=5), "journal"),
    "a review without checks": (in_report("code-reviewer", review={"issues": []}), "evidence"),
    "a blocked report that leads on": (in_report("python-developer", status="blocked"), "process"),
    "failing tests that nobody mended": (
        in_report("test-writer", tests=NO_TESTS),
        "evidence",
    ),
    "an iteration of fewer stations": (last_of("iteration_started", stations=[]), "evidence"),
    "more criteria met": (edited("passed", met=99), "evidence"),
    "a verdict about another tree": (last_of("verdict_given", tree=OTHER), "evidence"),
    "a judgement about another tree": (edited("compliance_judged", tree=OTHER), "evidence"),
    "a completion of another tree": (edited("completed", tree=OTHER), "evidence"),
    "judged outside of git": (
        both(*(edited(kind, tree=WALK) for kind in TREES)),
        "sources",
    ),
    "a fix round that stands": (inserted("stations_done", UNCHANGED), "journal"),
    "not closed": (without("closed"), "process"),
    # Who was there.
    "no model": (lacking("verdict_given", "served"), "served"),
    "no tokens": (edited("reported", tokens={}), "served"),
    "tokens of nothing": (edited("reported", tokens={"input": 0, "output": 0}), "served"),
    "agents that no hook saw": (
        inserted("lease_taken", Event("unwatched", {"calls": ["c"], "agents": [HELPER]})),
        "unwatched",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_a_forged_record_under_a_sound_chain_is_red(place: Place, name: str) -> None:
    change, code = WHOLE[name]
    forge(place.root, T, change)
    commit(place.root, "forged")
    assert code in codes(place.root, "--base", place.base)


def clone(root: Path) -> Path:
    """What the CI checks out of the commit."""
    other = root.parent / "checkout"
    git(root.parent, "clone", "-q", "--no-local", str(root), str(other))
    return other


# Forgeries of files, each committed.


def put(path: str, text: str = "answer = 1\n") -> Forgery:
    def of(root: Path) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
        git(root, "add", "-f", "--", path)

    return of


def weaker_definition(root: Path) -> None:
    swap(root / BLUEPRINT, "A loan that was saved is read back with its due date", "It exists")


def second_definition(root: Path) -> None:
    shutil.copy(root / BLUEPRINT, root / "docs/tasks" / f"{T}.yaml")


def no_definition(root: Path) -> None:
    forge(root, T, edited("run_started", blueprint_sha="0" * 64))
    os.unlink(root / BLUEPRINT)


def own_limits(root: Path) -> None:
    put("assembly-line.yaml", "limits: {iterations: 4}\n")(root)
    forge(root, T, settings(max_iterations=4))


def runs_everywhere(root: Path) -> None:
    (root / f"docs/tasks/{T}-summary.md").chmod(0o755)


def linked_summary(root: Path) -> None:
    (root / f"docs/tasks/{T}-summary.md").unlink()
    (root / f"docs/tasks/{T}-summary.md").symlink_to("TASK-001-summary.md")


def folder_of_another(root: Path) -> None:
    git(root, "rm", "-r", "-q", "--cached", "docs/planning/journal")
    shutil.rmtree(root / "docs/planning/journal")
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},docs/planning/journal")


def crlf(root: Path) -> None:
    put(".gitattributes", "*.jsonl text eol=crlf\n")(root)


def another_encoding(root: Path) -> None:
    put(".gitattributes", "*.jsonl working-tree-encoding=UTF-7\n")(root)


def copied(root: Path) -> None:
    forge(root, T, rename("TASK-003"), under="TASK-003")


def moved(root: Path) -> None:
    git(root, "mv", "docs/planning/journal/TASK-001.jsonl", "docs/planning/journal/TASK-005.jsonl")


def claimed(root: Path) -> None:
    swap(root / STATE, "tasks:\n", "tasks:\n  TASK-007:\n    status: completed\n")


def claimed_elsewhere(root: Path) -> None:
    put(
        "docs/planning/.issue-1-state.yaml", "version: '1.0'\ntype: issue\ntasks:\n  TASK-007:\n    status: completed\n"
    )(root)


def rewritten(root: Path) -> None:
    forge(root, "TASK-001", edited("lease_released", why="another word"))


def left_code(root: Path) -> None:
    put("src/evil.py")(root)
    forge(root, T, last_of("verdict_given", left=["src/evil.py"]))


FILES: dict[str, tuple[Forgery, set[str]]] = {
    "a weaker definition after the run": (weaker_definition, {"demanded", "sources"}),
    "a second definition": (second_definition, {"sources"}),
    "a definition that is gone": (no_definition, {"demanded", "sources"}),
    "limits of its own": (own_limits, {"demanded", "sources"}),
    "code beside the journals": (put("docs/planning/journal/x.py"), {"foreign", "sources"}),
    "code in a folder of the journals": (put("docs/planning/journal/x/y.py"), {"foreign", "sources"}),
    "a journal by no id": (put("docs/planning/journal/-x.jsonl", ""), {"journal", "foreign"}),
    "code in the bundles": (put(".task_bundles/x.py"), {"foreign", "sources"}),
    "a text in the bundles": (put(f".task_bundles/{T}/x.md"), {"foreign"}),
    "settings of one person": (put(".claude/settings.local.json", "{}"), {"foreign"}),
    "code in another work tree": (put(".claude/worktrees/a/x.py"), {"foreign"}),
    "code named like a summary": (put("docs/tasks/x-summary.md.py"), {"foreign", "sources"}),
    "a summary of no run": (put("docs/tasks/TASK-077-summary.md"), {"foreign"}),
    "a failure of no run": (put("docs/tasks/TASK-077-failure.md"), {"foreign"}),
    "code named like a state file": (put("docs/planning/.x-state.yaml.py"), {"foreign", "sources"}),
    "a summary that can be run": (runs_everywhere, {"foreign"}),
    "a summary that is a link": (linked_summary, {"foreign", "summary"}),
    "a submodule for the journals": (folder_of_another, {"history"}),
    "line ends of the journals": (crlf, {"journal"}),
    "encoding of the journals": (another_encoding, {"journal"}),
    "a copy under another id": (copied, {"copied"}),
    "a journal moved": (moved, {"history"}),
    "a journal of main rewritten": (rewritten, {"history"}),
    "a task claimed": (claimed, {"unsupported"}),
    "a task claimed in another state file": (claimed_elsewhere, {"unsupported"}),
    "code called a by-product": (left_code, {"sources"}),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_forged_file_is_red_in_a_fresh_checkout(place: Place, name: str) -> None:
    act, wanted = FILES[name]
    act(place.root)
    git(place.root, "add", "-u")
    if (place.root / "docs/planning/journal").is_dir():
        git(place.root, "add", "docs")
    git(place.root, "commit", "-q", "-m", "forged")
    assert set(codes(clone(place.root), "--base", place.base)) & wanted


# What the check cannot know, with the reason for which it is not red.


def written_whole(root: Path) -> None:
    """A journal written whole, with the digests of what is committed, is not told from a real one."""
    put("src/evil.py")(root)
    git(root, "commit", "-q", "-m", "evil")
    from assembly_line.sources.tree import Sources
    from assembly_line.storage.vault import Vault

    tree = Sources(str(root), Vault(str(root))).digest
    forge(root, T, both(*(edited(kind, tree=tree) for kind in TREES)))


def other_words(root: Path) -> None:
    """What agents said is words; every number in the summary stands in the journal."""
    forge(root, T, in_report("python-developer", summary="all of it is well"))


GREEN = [written_whole, other_words]


@pytest.mark.parametrize("act", GREEN, ids=lambda act: act.__name__)
def test_what_only_a_reader_can_tell_is_green_and_named_in_the_documentation(place: Place, act: Forgery) -> None:
    act(place.root)
    commit(place.root, "forged")
    assert codes(place.root, "--base", place.base) == []


def test_a_record_that_the_commit_has_in_other_bytes_is_not_taken_for_uncommitted(place: Place) -> None:
    forge(place.root, T, last_of("lease_released", why="another word"))
    assert "sources" in codes(place.root, "--base", place.base)


def test_without_a_base_only_what_the_records_contradict_is_red(place: Place) -> None:
    forge(place.root, T, settings(max_iterations=4))
    assert codes(place.root) == []
    forge(place.root, T, settings(max_iterations=9))
    assert codes(place.root) == ["process"]


def test_strict_turns_every_note_into_a_finding(place: Place) -> None:
    (place.root / BLUEPRINT).write_text("id: TASK-002\n", encoding="utf-8")
    assert [item["code"] for item in told(place.root)["notes"]] == ["blueprint"]
    assert codes(place.root, "--strict") == ["blueprint"]


def test_times_that_cannot_be_true_are_red(place: Place) -> None:
    for act in (at_one_time, to_come):
        act(place.root)
        assert "times" in codes(place.root)


def test_a_pass_over_a_blocking_issue_is_red(place: Place) -> None:
    issue(place.root)
    assert "evidence" in codes(place.root)


def test_every_finding_about_a_forged_run_names_a_command(place: Place) -> None:
    forge(
        place.root, T, both(settings(max_iterations=4), edited("run_started", plugin={}), lacking("reported", "tokens"))
    )
    commit(place.root, "forged")
    found = told(place.root, "--base", place.base)["findings"]
    assert {item["code"] for item in found} == {"demanded", "served"}
    assert [item["message"] for item in found if f"/task-run {T} --restart" not in item["message"]] == []


@pytest.mark.parametrize(
    ("limit", "most", "code"),
    [
        ("JOURNAL", 1000, "journal"),
        ("RECORDS", 10, "journal"),
        ("CHANGE", 1000, "journal"),
        ("RUNS", 0, "demanded"),
        ("STATES", 1000, "state"),
        ("FOREIGN", 0, "foreign"),
    ],
)
def test_a_change_that_is_too_large_to_be_read_is_red(
    place: Place, monkeypatch: pytest.MonkeyPatch, limit: str, most: int, code: str
) -> None:
    put("docs/tasks/TASK-077-summary.md")(place.root)
    commit(place.root, "more")
    monkeypatch.setattr(f"assembly_line.check.limits.{limit}", most)
    assert code in codes(place.root, "--base", place.base)


def test_a_run_is_marked_where_the_model_is_a_script(monkeypatch: pytest.MonkeyPatch) -> None:
    assert provenance.members("", Config(), (), ())["rehearsal"] is False
    monkeypatch.setenv(provenance.REHEARSAL, "1")
    assert provenance.members("", Config(), (), ())["rehearsal"] is True


def test_what_systems_leave_in_folders_makes_no_other_plugin(tmp_path, monkeypatch):
    monkeypatch.setattr(plugin, "ROOT", str(tmp_path))
    (tmp_path / "agents").mkdir()
    digests = []
    for name in ("a.md", ".DS_Store", "b"):
        (tmp_path / "agents" / name).write_text("x")
        digests.append(plugin.digest.__wrapped__())
    assert (digests[0] == digests[1], digests[1] == digests[2]) == (True, False)
