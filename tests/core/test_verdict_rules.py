"""When a verdict counts."""

import pytest

from assembly_line.core.run import Dispatch
from assembly_line.core.verdict import faults, masks_status, normal
from tests.support.walk import COMMAND, Line, verdict

CLEAR = [
    "pytest -q",
    "cd api && pytest -q",
    "a && b && c",
    "pytest -q 2>&1",
    "pytest -q >out.txt 2>&1",
    "pytest -q &>out.txt",
    "pytest -q &>> out.txt",
    "pytest -q >| out.txt",
    "grep -E 'a|b' file.py",
    'grep "a|b; c" file.py',
    "grep a\\|b file.py",
    'echo "a & b"',
    "python3 -c 'print(1); print(2)'",
    "python3 -c \"print('a;b')\"",
    "  pytest -q  ",
    "X=1 pytest -q",
    "make test",
    "curl -s 'http://127.0.0.1/x?a=1&b=2'",
]
MASKING = [
    "pytest | tail -1",
    "pytest |tail",
    "pytest |& tail",
    "pytest || true",
    "pytest; true",
    "pytest ; echo done",
    "pytest & wait",
    "pytest &",
    "pytest\ntrue",
    "pytest -q 2>&1 | tee log",
    "a && b || c",
    "echo 'x' | pytest",
    "bash -c 'pytest; true'",
    'sh -c "pytest | tail"',
    "bash -lc 'pytest || true'",
    "eval 'pytest; true'",
]


@pytest.mark.parametrize("command", CLEAR)
def test_a_plain_command_line_shows_its_exit_status(command):
    assert not masks_status(command)


@pytest.mark.parametrize("command", MASKING)
def test_a_command_line_that_can_hide_a_failure_is_told_apart(command):
    assert masks_status(command)


def test_command_lines_are_compared_with_their_blanks_folded():
    assert normal("  a   b\t c\n") == "a b c"


def at_validation():
    line = Line().begin().until("validation")
    line.call()
    line.bind()
    return line


def opened(*commands: tuple[str, bool]) -> Dispatch:
    line = at_validation()
    assert line.run.open is not None
    return line.run.open._replace(commands=commands)


RUN = at_validation().run
RAN = (COMMAND, True)


def with_commands(*commands, status="PASS"):
    listed = [{"command": command, "exit_code": code} for command, code in commands]
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
        [(COMMAND, False)],
    ),
    "the last time the command ran counts": (verdict(), [(COMMAND, False), RAN]),
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
    "a command that failed": (verdict(), [(COMMAND, False)], "failed"),
    "a command that failed the last time": (verdict(), [RAN, (COMMAND, False)], "failed"),
    "a command said to have failed": (with_commands((COMMAND, 1)), [RAN], "failed"),
    "a pipe": (with_commands(("pytest | tail", 0)), [("pytest | tail", True)], "plainly"),
    "two lines told as one": (with_commands(("false true", 0)), [("false\ntrue", True)], "plainly"),
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
