"""What must be true of a verdict beyond its schema."""

import re
from collections.abc import Iterable
from typing import Any

from assembly_line.core.run import Dispatch, Run

_QUOTED = re.compile(r"'[^']*'|\"(?:\\.|[^\"\\])*\"|\\.")
_REDIRECTED = re.compile(r"\d?>&\d|&>>?|>\|")
_MASKS = re.compile(r"\|\||\||;|\n|&(?!&)")
_INNER = re.compile(r"\b(?:ba|da|k|z)?sh\s+(?:-\w+\s+)*-\w*c\b|\beval\b")  # they run what is in quotes


def normal(command: str) -> str:
    """A command line with whitespace collapsed, for comparison."""
    return " ".join(command.split())


def masks_status(command: str) -> bool:
    """Whether a command line's exit status can hide a failure: pipe, `||`, `;`, `&`, several lines, `sh -c`."""
    bare = _REDIRECTED.sub(" ", _QUOTED.sub("q", command.strip()))
    return bool(_MASKS.search(bare.replace("&&", " ")) or _INNER.search(bare))


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
    listed = runtime.get("commands", ())
    if runtime["status"] == "PASS" and not listed:
        yield "runtime_verification.status is PASS without a command; list what you ran"
    if runtime["status"] == "NOT_APPLICABLE" and not runtime.get("reason", "").strip():
        yield "runtime_verification is NOT_APPLICABLE without a reason"
    ran = {normal(command): (command, ok) for command, ok in dispatch.commands}
    for item in listed:
        command = normal(item["command"])
        if command not in ran:
            yield f"you did not run this command in this dispatch: {command}"
        elif not ran[command][1] or item["exit_code"] != 0:
            yield f"command failed and cannot support a PASS: {command}"
        elif masks_status(ran[command][0]):
            yield f"command hides its exit status behind a pipe, `||`, `;`, `&` or `sh -c`; run it plainly: {command}"
