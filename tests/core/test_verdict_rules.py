"""When a verdict counts."""

import pytest

from assembly_line.core.checks import checks, seen
from assembly_line.core.run import Command, Dispatch
from assembly_line.core.verdict import faults
from tests.support.walk import COMMAND, RAN, Line, done, verdict


def at_validation():
    line = Line().begin().until("validation")
    line.call()
    line.bind()
    return line


def opened(*commands: Command) -> Dispatch:
    line = at_validation()
    assert line.run.open is not None
    return line.run.open._replace(commands=commands)


RUN = at_validation().run
FAILED = Command(COMMAND, False, 1)


def ran(text, status: int | None = 0, **members):
    return Command(text, status == 0, status, **members)


def with_commands(*commands, status="PASS"):
    names = ("command", "exit_code", "expected")
    listed = [dict(zip(names, command, strict=False)) for command in commands]
    return verdict(runtime_verification={"status": status, "commands": listed})


def without(criterion):
    given = verdict()
    return {**given, "criteria": [item for item in given["criteria"] if item["id"] != criterion]}


def changed(number, **members):
    given = verdict()
    given["criteria"][number] = {**given["criteria"][number], **members}
    return given


GOOD = {
    "pass with the command it ran": (verdict(), [RAN]),
    "pass with other blanks in the command": (with_commands(("python3  -m unittest   -q", 0)), [RAN]),
    "pass with nothing to run": (verdict({}, "NOT_APPLICABLE"), []),
    "fail with a gap": (verdict({"AC-1": "developer"}), [RAN]),
    "fail of the run alone": (verdict({}, "FAIL"), []),
    "fail with a command that failed": (
        {**with_commands((COMMAND, 1), status="FAIL"), "result": "FAIL"},
        [FAILED],
    ),
    "the last time the command ran counts": (verdict(), [FAILED, RAN]),
    "a status that the criterion demands": (
        with_commands((COMMAND, 0), ("./p --bad", 2, 2)),
        [RAN, ran("./p --bad", 2)],
    ),
    "a status that an old journal does not hold": (verdict(), [Command(COMMAND, True)]),
    "a command told with other quotes": (with_commands(("./p 'a'", 0)), [ran('./p "a"')]),
    "a command told with its change to the project": (with_commands((f"cd /any/project && {COMMAND}", 0)), [RAN]),
    "a heredoc told on one line": (with_commands(("python - <<X print(1) X", 0)), [ran("python - <<X\nprint(1)\nX")]),
    "backslashes and lines": (with_commands(("printf 'a\\nb' | ./p", 0)), [ran("printf 'a\\nb' | ./p")]),
}
BAD = {
    "pass although a criterion failed": ({**verdict({"AC-2": ""}), "result": "PASS"}, [RAN], "AC-2"),
    "pass although the run failed": ({**verdict({}, "FAIL"), "result": "PASS"}, [], "runtime_verification"),
    "a criterion is missing": (without("AC-3"), [RAN], "AC-3"),
    "a criterion twice": ({**verdict(), "criteria": [*verdict()["criteria"], verdict()["criteria"][0]]}, [RAN], "AC-1"),
    "a criterion of another task": (changed(0, id="AC-9"), [RAN], "AC-9"),
    "no evidence": (changed(1, evidence="  "), [RAN], "AC-2"),
    "a gap without words": (changed(1, result="FAIL", gap=" "), [RAN], "AC-2"),
    "a gap that is missing": (changed(1, result="FAIL"), [RAN], "AC-2"),
    "fail without anything that failed": ({**verdict(), "result": "FAIL"}, [RAN], "FAIL"),
    "pass without a command": (with_commands(), [RAN], "command"),
    "not applicable without a reason": (
        verdict(runtime_verification={"status": "NOT_APPLICABLE"}),
        [],
        "reason",
    ),
    "a command that nobody ran": (verdict(), [], "not run"),
    "a command that failed": (verdict(), [FAILED], "failed"),
    "a command that failed the last time": (verdict(), [RAN, FAILED], "failed"),
    "a command said to have failed": (with_commands((COMMAND, 1)), [RAN], "told as 1"),
    "a command of which nobody knows how it ended": (verdict(), [ran(COMMAND, None)], "failed"),
    "a command that ran no test": (verdict(), [ran(COMMAND, empty=True)], "ran a test"),
    "nothing that could have failed": (with_commands(("echo ok", 0)), [ran("echo ok")], "could have failed"),
    "a failure that is called expected": (with_commands((COMMAND, 1, 1)), [FAILED], "could have failed"),
    "another status than the one expected": (
        with_commands((COMMAND, 0), ("./p", 1, 2)),
        [RAN, ran("./p", 1)],
        "with 1",
    ),
    "a status that was not demanded": (with_commands((COMMAND, 0), ("./p", 2)), [RAN, ran("./p", 2)], "with 2"),
    "the nearest command is named": (with_commands(("npm tests", 0)), [ran("npm test")], "nearest to it is: npm test"),
    "a server that is killed at the end": (
        with_commands(("./s & curl x; kill $!", 0)),
        [ran("./s & curl x; kill $!")],
        "trap 'kill $!' EXIT",
    ),
    "a pipe": (with_commands(("pytest | tail", 0)), [ran("pytest | tail")], "pipefail"),
    "two lines told as one": (with_commands(("false true", 0)), [ran("false\ntrue")], "&&"),
    "one command of two was not run": (with_commands((COMMAND, 0), ("make lint", 0)), [RAN], "make lint"),
}


@pytest.mark.parametrize("case", GOOD)
def test_a_verdict_that_is_whole_and_supported_is_taken(case):
    given, commands = GOOD[case]
    assert faults(RUN, opened(*commands), given) == ()


@pytest.mark.parametrize("case", BAD)
def test_a_verdict_that_is_not_supported_is_sent_back_with_what_is_wrong(case):
    given, commands, word = BAD[case]
    found = faults(RUN, opened(*commands), given)
    assert any(word in item for item in found), found
    assert all("\n" not in item for item in found)


@pytest.mark.parametrize("case", BAD)
def test_no_unsupported_verdict_moves_a_run(case):
    given, commands, _ = BAD[case]
    line = at_validation()
    line.run = line.run._replace(open=line.run.open._replace(commands=tuple(commands)))
    decision = line.end(given)
    assert decision.refusal
    assert [event.kind for event in decision.events] == ["report_rejected"]
    assert (line.run.stage, line.run.verdict) == ("validation", "")


def test_everything_that_is_wrong_is_told_at_once():
    given = {**without("AC-3"), "runtime_verification": with_commands(("npm test", 0))["runtime_verification"]}
    found = " ".join(faults(RUN, opened(ran("ls")), given))
    assert all(word in found for word in ("AC-3", "npm test", "could have failed"))


# Checks.

TESTED = {"framework": "x", "total": 1, "passed": 1, "failed": 0}
CHECKED = RUN._replace(check="npm test")
SET = RUN._replace(settings=RUN.settings._replace(checks=("make lint", "make test")))
SEEN = ["npm test", "npm test 2>&1", "CI=1 npm test", "make && npm test", "bash -c 'npm test'", "timeout 60 npm test"]
SEEN += ["set -o pipefail; npm test | tail -3", "set -e; npm test; make", "npm test || exit 1", "(npm test)"]
UNSEEN = [
    "npm test | tail",
    "npm test || true",
    "npm() { true; }; npm test",
    "(npm test; true)",
    "bash -c 'npm test; true'",
]
UNSEEN += [
    "npm test & true",
    "! npm test",
    "cat <<X\nnpm test\nX",
    "printf x | true",
    "npm test --version",
    "echo npm test",
]
UNSEEN += ["command -v npm test", "cd /tmp/x && npm test", "{ cd /tmp/x; } && npm test", "bash -n -c 'npm test'", "npm"]
UNSEEN += [
    "exit 0; npm test",
    "trap 'exit 0' EXIT; npm test",
    "x=$(npm test); true",
    "echo $(npm test)",
    "echo bash -c 'npm test'",
]


@pytest.mark.parametrize("command", SEEN)
def test_a_check_is_seen_in_whatever_really_runs_it(command):
    assert seen(CHECKED, opened(ran(command))) == ("npm test",)
    assert faults(CHECKED, opened(ran(command)), with_commands((command, 0))) == ()


@pytest.mark.parametrize("command", UNSEEN)
def test_a_check_is_not_seen_in_what_only_looks_like_it(command):
    assert seen(CHECKED, opened(ran(command))) == ()
    assert any("npm test" in item for item in faults(CHECKED, opened(ran(command)), with_commands((command, 0))))


@pytest.mark.parametrize(
    "commands",
    [
        [ran("npm test", 1)],
        [ran("npm test", None)],
        [ran("npm test", empty=True)],
        [ran("npm test"), ran("npm test", 1)],
        [ran("npm test"), ran("make && npm test", 1)],
    ],
)
def test_a_check_must_have_succeeded_the_last_time_with_tests_that_ran(commands):
    assert seen(CHECKED, opened(*commands)) == ()
    listed = with_commands(("npm test", 1, 1))
    assert any("needs this check" in item for item in faults(CHECKED, opened(*commands), listed))


def test_each_of_the_configured_checks_is_needed_and_replaces_the_testers_run():
    both = SET._replace(check="npm test")
    assert checks(both) == ("make lint", "make test")
    found = faults(both, opened(ran("make lint")), with_commands(("make lint", 0)))
    assert len(found) == 1
    assert "make test" in found[0]
    assert faults(both, opened(ran("make lint && make test")), with_commands(("make lint && make test", 0))) == ()


def test_with_a_check_nothing_is_not_applicable():
    given = verdict({}, "NOT_APPLICABLE")
    assert faults(RUN, opened(RAN), given) == ()
    assert any("NOT_APPLICABLE" in item for item in faults(CHECKED, opened(ran("npm test")), given))


@pytest.mark.parametrize(
    ("told", "commands", "check"),
    [
        ("npm test", [ran("npm test")], "npm test"),
        ("npm test", [ran("npm test", 1)], "npm test"),
        ("npm test", [ran("npm test 2>&1 | tail -5")], "npm test"),
        ("cd /any/project && CI=1 npm test | tail", [ran("npm test")], "npm test"),
        ("npm test", [ran("npm run test")], ""),
        ("npm test", [], ""),
        ("npm test", [ran("npm test", empty=True)], ""),
        ("true", [ran("true")], ""),
    ],
)
def test_the_testers_last_run_is_the_runs_check_if_the_hooks_saw_it(told, commands, check):
    line = Line().begin()
    while line.run.stage != "validation":
        line.call()
        line.bind()
        if line.kind == "test":
            line.run = line.run._replace(open=line.run.open._replace(commands=tuple(commands)))
            line.end(done(tests={**TESTED, "command": told}))
        else:
            line.end(line.good())
    assert line.run.check == check
