"""Reads how a Bash call ended, from the client's PostToolUse and PostToolUseFailure events."""

import re
from typing import Any, NamedTuple

_STATUS = re.compile(r"Exit code (\d{1,3})(?:\n|\Z)")
_TIMED_OUT = re.compile(r"Exit code \d+\nCommand timed out")
# What test programs print when they ran no test, and when they ran some: one of many packages may be without tests.
_NO_TEST = re.compile(
    r"(?i)\bno tests? (?:ran|to run|files|found|were found|collected|were run|executed|is available|suites? found)"
    r"|ran 0 tests|collected 0 items|running 0 tests|\b0 passing\b|\b0 tests? (?:passed|ran|executed)|tests:\s+0 total"
    r"|tests run: 0\b|total tests: 0\b|# tests 0\b|\b0 examples, 0 failures|\b1\.\.0\b|\b0 specs\b"
    r"|\b\d{1,9}(?:/\d{1,9})? tests? collected|executed 0 of 0|\u2139 tests 0\b"
    r"|make(?:\[\d+\])?: (?:nothing to be done for|.{1,80} is up to date)"
)
_TESTS = re.compile(
    r"(?im)\b[1-9]\d{0,8} (?:passed|passing|failed|failing|examples?\b|specs?\b|assertions)"
    r"|\bran [1-9]\d{0,8} tests?|\brunning [1-9]\d{0,8} tests?|tests run: [1-9]|total tests: [1-9]|# tests [1-9]"
    r"|^ok[ \t]+\S+[ \t]+(?:[\d.]+s|\(cached\))(?!.*\[no tests)"
    r"|passed: +[1-9]|[1-9]\d{0,8} tests?, 0 failures|[1-9]\d{0,8} tests? passed"
)
_MAX_CHARS = 200_000


class Outcome(NamedTuple):
    """How a command ended."""

    ok: bool
    status: int | None  # None when the client does not tell it
    empty: bool  # its output says that no test ran


def read(payload: dict[str, Any], command: str) -> Outcome:
    """The outcome of a Bash call; what the command itself says of tests is no sign of a test.

    A status other than 0 arrives as a failure whose error begins with "Exit code N". Where the client knows better
    (`grep` found nothing, `diff` differs, `test` is false: all of them status 1) it is a success with
    `returnCodeInterpretation`. A command in the background has no status yet, one that was stopped has none.
    """
    response, error = payload.get("tool_response"), payload.get("error")
    if payload.get("hook_event_name") == "PostToolUse" and isinstance(response, dict):
        if response.get("interrupted") or response.get("backgroundTaskId"):
            return Outcome(False, None, False)
        status = 1 if response.get("returnCodeInterpretation") else 0
        shown = "\n".join(str(response.get(name) or "") for name in ("stdout", "stderr"))
        return Outcome(status == 0, status, _is_empty(shown, command))
    shown = error if isinstance(error, str) else ""
    match = _STATUS.match(shown)
    if match is None or payload.get("is_interrupt") or _TIMED_OUT.match(shown):
        return Outcome(False, None, False)
    return Outcome(False, int(match[1]), _is_empty(shown, command))


def _is_empty(shown: str, command: str) -> bool:
    half = _MAX_CHARS // 2
    text = shown if len(shown) <= _MAX_CHARS else f"{shown[:half]}\n{shown[-half:]}"
    return bool(_NO_TEST.search(text)) and (not _TESTS.search(text) or bool(_TESTS.search(command)))
