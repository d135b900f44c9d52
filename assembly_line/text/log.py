"""Journal records and outcomes as lines for a person."""

from typing import Any

from assembly_line.storage.journal import Record
from assembly_line.untrusted import terminal

LOG_WIDTH = 300  # characters of what a record says


def line(item: Record) -> str:
    """A record as one line: number, time, stage, event, what."""
    return f"{item.seq:>4}  {item.ts}  {item.stage:<18} {item.kind:<18} {what(item)}".rstrip()


def what(item: Record) -> str:
    """What a record says, in one line; its members come from agents and are cleaned."""
    data = item.data
    said = _SAID[item.kind].format_map(_Shown(data)) if item.kind in _SAID else ""
    return terminal.clean(" ".join(said.split()), LOG_WIDTH)


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
