"""What the command line says that is not a status: journal lines, outcomes, and the files that init writes."""

from typing import Any

from assembly_line import printable
from assembly_line.journal import Record

LOG_WIDTH = 300  # characters of what a record says


def record(item: Record) -> str:
    """A record as one line: number, time, stage, event, what."""
    return f"{item.seq:>4}  {item.ts}  {item.stage:<18} {item.kind:<18} {what(item)}".rstrip()


def what(item: Record) -> str:
    """What a record says, in one line; its members come from agents and are cleaned."""
    data = item.data
    said = _SAID[item.kind].format_map(_Shown(data)) if item.kind in _SAID else ""
    return printable.clean(" ".join(said.split()), LOG_WIDTH)


class _Shown(dict[str, Any]):
    """The members of a record as text; what is missing is empty."""

    def __getitem__(self, name: str) -> str:
        found = self.get(name, "")
        if isinstance(found, dict):
            return str(found.get("summary") or found.get("status") or "")
        if isinstance(found, bool):
            return "succeeded" if found else "failed"
        return ", ".join(str(part) for part in found) if isinstance(found, list | tuple) else str(found)


_SAID = {
    "run_started": "{title} ({workflow}, {blueprint})",
    "bundle_created": "{path}",
    "agents_ready": "skipped: {skipped}",
    "dispatched": "{dispatch} {station}, iteration {iteration}, {tier} ({model})",
    "agent_started": "{dispatch} is agent {agent_id}",
    "report_rejected": "{dispatch}: {errors}",
    "reported": "{dispatch} {station}: {report}",
    "agent_failed": "{dispatch} {station}: {message}",
    "command_ran": "{dispatch} {ok}: {command}",
    "iteration_started": "iteration {iteration}, {tier}: {stations}",
    "stations_done": "iteration {iteration}",
    "verdict_given": "{dispatch} {station}: {result}",
    "passed": "{met} criteria met",
    "summary_written": "{path}",
    "revalidation": "{why}",
    "compliance_judged": "{dispatch} {station}: {result}",
    "fix_started": "fix round {round}: {stations}",
    "completed": "{iterations} iteration(s), {tier}",
    "failed": "{reason}: {message}",
    "aborted": "{message}",
    "paused": "{message}",
    "stalled": "{message}",
    "resumed": "by session {by}",
    "lease_taken": "session {session}",
    "lease_released": "session {session}: {why}",
    "refused": "{what}: {why}",
    "stop_blocked": "end of turn blocked, {count} in a row",
    "tampered": "{files}: {action}",
    "repaired": "{what}",
    "unwatched": "agents called while no hook watched: {agents}",
    "served": "{dispatch} by {model}",
    "closed": "{report}",
}


def outcome(result: dict[str, Any]) -> str:
    """The result of an unattended run, for a person."""
    criteria, tier = result["criteria"], f", {result['tier']}" if result["tier"] else ""
    lines = [
        f"{result['task']}: {result['status']}, {criteria['met']} of {criteria['total']} criteria met, "
        f"{result['iterations']} iteration(s){tier}, client started {result['attempts']} time(s)"
    ]
    if result["reason"]:
        lines.append(f"Reason: {result['reason']}")
    return "\n".join([*lines, *(f"  {file}" for file in result["files"])])


CONFIG = """\
# Configuration of assembly-line. Every member may be left out; the values below are the defaults.

# Folders in which /task-run looks for TASK-XXX.yaml, .yml, .json, .md and TASK-XXX_title.md.
# task_folders: [docs/planning/tasks, docs/tasks, tasks, .tasks]

# The state file in docs/planning: .project-state.yaml, .feature-NAME-state.yaml or .issue-NAME-state.yaml.
# state_file: .project-state.yaml

# Models of the two tiers, as the client names them: T1 for the first iterations, T2 for the rest.
# tiers:
#   T1: haiku
#   T2: sonnet

# A fixed model for a role, whatever the tier.
# models:
#   security-auditor: sonnet

# limits:
#   iterations: 5        # validations before the task fails, at most 5
#   cheap_iterations: 2  # of these, at T1
#   fix_rounds: 2        # compliance failures that are mended, at most 2
#   retries: 2           # agents that may die at one station

# Another workflow for a type, or another agent for a role.
# workflows:
#   backend: api-development
# agents:
#   code-reviewer: my-plugin:reviewer

# Keep the bundle of a completed task.
# keep_bundle: false

# Pause when the agents have used this many tokens, or one session has driven the run for so many minutes.
# budget:
#   tokens: 2000000
#   minutes: 120
"""

SAMPLE_TASK = """\
id: {task}
title: Say hello from the command line
type: generic    # fullstack, backend, frontend, database, python-generic, infrastructure or generic
description: |
  A sample task; put your own in its place. Say what is wanted and why, and where in the project it belongs.
acceptance_criteria:
  - "`hello Ada` prints `Hello, Ada.` and exits with status 0"
  - "`hello` without a name prints a line that says what is missing, and exits with status 2"
dependencies: []
"""
