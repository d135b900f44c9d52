"""What must be true of a verdict beyond its schema."""

import difflib
from collections.abc import Iterable
from typing import Any

from assembly_line.core import checks, evidence
from assembly_line.core.hiding import hides
from assembly_line.core.run import Command, Dispatch, Run

_SHOWN = 300  # characters of a command in a message
# What to do instead, by the beginning of the sign that hides a failure.
_REMEDIES = {
    "||": "leave it out",
    "|": "put `set -o pipefail` before it as a line of its own, or drop the pipe",
    ";": "join the commands with &&",
    "&": "let the last command be what is tested",
    "!": "leave the ! out, and give the status that the criterion demands as `expected`",
    "$(": "run what is in $( ), ` ` or <( ) by itself, or keep its status: `x=$(…) && test …`",
    "make -i": "leave the -i out",
    "find -exec": "end it with + in place of ;, or list the files for one run",
}
_STOPPING = ("; kill", "; wait", "; pkill", "& kill", "& wait", "& pkill", "& exit")
_ASKING = ("; test", "; [", "|| test", "|| [")
_PLAINLY = "run it plainly"
ALONE = "run it again on the sources as they are, without a command that writes or puts aside any of them"


def faults(run: Run, dispatch: Dispatch, verdict: dict[str, Any]) -> tuple[str, ...]:
    """Why a schema-valid verdict is not accepted, one line each."""
    reasons = [*_criteria_faults(run, verdict["criteria"])]
    unmet = [item["id"] for item in verdict["criteria"] if item["result"] != "PASS"]
    runtime = verdict["runtime_verification"]
    if verdict["result"] == "PASS":
        if unmet:
            reasons.append(f"result is PASS although {', '.join(unmet)} did not pass")
        if runtime["status"] == "FAIL":
            reasons.append("result is PASS although runtime_verification.status is FAIL")
        reasons += _command_faults(dispatch, runtime)
        if run.has_checks:  # earlier releases knew no checks
            reasons += _check_faults(run, dispatch, runtime)
    elif not unmet and runtime["status"] != "FAIL":
        reasons.append("result is FAIL but no criterion and no runtime verification failed; say what is missing")
    for item in verdict["criteria"]:
        if item["result"] != "PASS" and not item.get("gap", "").strip():
            reasons.append(f"{item['id']} failed without a gap; say what is missing")
        if item["result"] == "PASS" and not item["evidence"].strip():
            reasons.append(f"{item['id']} passed without evidence; name file and line, or a command you ran")
    return tuple(reasons)


def _criteria_faults(run: Run, criteria: Iterable[dict[str, Any]]) -> Iterable[str]:
    expected = [item.id for item in run.criteria]
    reported = [item["id"] for item in criteria]
    for name in expected:
        if reported.count(name) != 1:
            yield f"{name} is {'listed more than once' if name in reported else 'missing'}; list every criterion once"
    for name in dict.fromkeys(reported):
        if name not in expected:
            yield f"{name} is not a criterion of {run.task}"


def _command_faults(dispatch: Dispatch, runtime: dict[str, Any]) -> Iterable[str]:
    """What is wrong with the commands that the verdict lists."""
    listed = runtime.get("commands", ())
    if runtime["status"] == "PASS" and not listed:
        yield "runtime_verification.status is PASS without a command; list what you ran"
    if runtime["status"] == "NOT_APPLICABLE" and not runtime.get("reason", "").strip():
        yield "runtime_verification is NOT_APPLICABLE without a reason"
    for item in listed:
        shown = _shown(item["command"])
        ran = recorded(dispatch, item["command"])
        if ran is None:
            yield f"you did not run this command in this dispatch: {shown}{_nearest(dispatch, item['command'])}"
        elif ran.on:
            yield f"{ran.on}; {ALONE}: {shown}"
        elif sign := hides(ran.text):
            yield f"command can hide a failure by `{_shown(sign)}`; {_remedy(sign)}, and run it again: {shown}"
        elif fault := _status_fault(ran, item["exit_code"], item.get("expected", 0)):
            yield f"{fault}: {shown}"


def _status_fault(ran: Command, told: int, expected: int) -> str:
    status = 0 if ran.ok else ran.status
    if status is None:
        return "command's end was not seen, as it was stopped or ran in the background; list what you asked it instead"
    if status == told == expected:
        return ""
    if status == expected:
        return f"exit_code is told as {told}, but command ended with {status}"
    demanded = f", expected was {expected}" if expected else ""
    return f"command failed and cannot support a PASS: it ended with {status}{demanded}"


def _check_faults(run: Run, dispatch: Dispatch, runtime: dict[str, Any]) -> Iterable[str]:
    """What is missing of the checks: a PASS needs something that was run and could have failed."""
    needed, seen = checks.checks(run), checks.seen(run, dispatch)
    for check in needed:
        if check not in seen:
            yield f"a PASS needs this check to be run by you and to end with 0, hiding nothing: {_shown(check)}"
    if needed and runtime["status"] == "NOT_APPLICABLE":
        yield "runtime_verification is NOT_APPLICABLE although there is a check; run it and list it"
    listed = runtime.get("commands", ())
    if needed or runtime["status"] != "PASS" or not listed:
        return
    ran = [recorded(dispatch, item["command"]) for item in listed if not item.get("expected", 0)]
    if not any(item is not None and checks.is_sound(item) and evidence.could_fail(item.text) for item in ran):
        yield (
            "none of the commands could have failed, or none ran a test; "
            "list one that runs what was built, with the expected status 0"
        )


def recorded(dispatch: Dispatch, told: str) -> Command | None:
    """The last recorded run of a command as an agent tells it: quotes and blanks may differ."""
    for same in (evidence.normal, lambda text: " ".join(text.split())):
        for form in dict.fromkeys((same(told), same(evidence.at_home(told)))):
            for command in reversed(dispatch.commands):
                if same(command.text) == form:
                    return command
    return None


def _nearest(dispatch: Dispatch, told: str) -> str:
    forms = {" ".join(command.text.split())[:_SHOWN]: command for command in dispatch.commands[-50:]}
    found = difflib.get_close_matches(" ".join(told.split())[:_SHOWN], forms, 1, 0.5)
    return f"; nearest to it is: {_shown(found[0])}" if found else ""


def _remedy(sign: str) -> str:
    if sign.startswith(_STOPPING):
        return "stop the server by `trap 'kill $!' EXIT` at the beginning instead"
    if sign.startswith(_ASKING):
        return "run what is tested alone and list it with the status that it must end with as `expected`"
    return next((remedy for start, remedy in _REMEDIES.items() if sign.startswith(start)), _PLAINLY)


def _shown(command: str) -> str:
    line = " ".join(command.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
