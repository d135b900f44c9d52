"""What a hook answers, and the reports that the client's agents give."""

import json
from typing import Any, NamedTuple

from assembly_line.core.run import Run

COMMAND = "python3 -m unittest -q"


class Said(NamedTuple):
    """How a hook ended; the status is negative when a signal ended it."""

    status: int
    out: str
    err: str
    seconds: float = 0.0

    @property
    def answer(self) -> dict[str, Any]:
        """The JSON that it answered; {} without any."""
        found: dict[str, Any] = json.loads(self.out) if self.out.strip() else {}
        return found

    @property
    def text(self) -> str:
        """Everything that the answer tells anybody."""
        told = self.answer
        inner = told.get("hookSpecificOutput", {})
        parts = (told.get("reason"), inner.get("additionalContext"), inner.get("permissionDecisionReason"))
        return "\n".join(part for part in parts if part)

    @property
    def decision(self) -> str:
        """allow, deny, block or "" for none."""
        told = self.answer
        return str(told.get("hookSpecificOutput", {}).get("permissionDecision") or told.get("decision") or "")

    def matter(self) -> dict[str, Any]:
        """What of the answer must not depend on how often it was given: decision, input and directive."""
        inner = self.answer.get("hookSpecificOutput", {})
        _, found, rest = self.text.rpartition("```directive\n")
        directive = json.loads(rest.partition("\n```")[0]) if found else {}
        return {"decision": self.decision, "input": inner.get("updatedInput"), "directive": directive}


def good(run: Run, kind: str) -> dict[str, Any]:
    """The report of a station that did well."""
    if kind == "validation":
        criteria = [{"id": item.id, "result": "PASS", "evidence": "words.py:2"} for item in run.criteria]
        checked = {"status": "PASS", "commands": [{"command": COMMAND, "exit_code": 0}], "reason": ""}
        return {"result": "PASS", "criteria": criteria, "runtime_verification": checked}
    if kind == "compliance":
        return {"result": "PASS", "violations": []}
    return {"status": "done", "summary": "done as asked"}


def failing(run: Run) -> dict[str, Any]:
    """A verdict in which the first criterion fails."""
    body = good(run, "validation")
    first = {"id": run.criteria[0].id, "result": "FAIL", "evidence": "", "gap": "it lacks", "recommended_agent": ""}
    return {**body, "result": "FAIL", "criteria": [first, *body["criteria"][1:]]}
