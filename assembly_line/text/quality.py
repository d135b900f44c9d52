"""The summary's section on requirements and their validation, rendered from what was recorded."""

import textwrap
from collections.abc import Iterable
from typing import Any

from assembly_line.core import runs_of_tests
from assembly_line.core.run import Run
from assembly_line.core.timeline import VOID, Story, Worked
from assembly_line.text.markdown import UNREPORTED, bullets, cell, code, table

_SHORT = 800  # characters of the description


def served(item: Worked) -> str:
    """The model that answered, or, if none was reported, the one that was asked for."""
    return item.served or f"not reported (asked for {item.model})"


def needed(run: Run) -> str:
    """The task's description and its criteria, each with the situation that it begins in."""
    short = textwrap.shorten(run.description, _SHORT, placeholder=" …")
    lines = [f"In short: {cell(short)}", ""] if short else []
    more = textwrap.shorten(run.constraints, _SHORT, placeholder=" …")
    lines += [f"What else the task says: {cell(more)}", ""] if more else []
    return "\n".join([*lines, bullets(f"{item.id}: {criterion(item.text, item.context)}" for item in run.criteria)])


def criterion(text: str, context: str) -> str:
    """A criterion with its Given and When."""
    return f"{cell(text)} ({cell(context)})" if context else cell(text)


def met(story: Story) -> str:
    """Every verdict in the order of the run, with the void ones."""
    rows = []
    number = 0
    rounds = {item["dispatch"]: item for item in story.rounds}
    for item in story.worked:
        given = rounds.get(item.dispatch)
        if given is not None:
            number += 1
            rows.append([number, *_row(item, given["result"]), _gaps(given["gaps"]) or "nothing"])
        elif item.end == VOID and "criteria" in item.report:
            rows.append(["-", *_row(item, f"{item.report['result']}, void"), void(item.said, item.files or ())])
    head = ["Validation", "Iteration", "Tier", "Result", "Met", "What was missing"]
    return table(head, rows) if rows else "No validation took place."


def _row(item: Worked, result: str) -> list[object]:
    criteria = item.report["criteria"]
    count = f"{sum(entry['result'] == 'PASS' for entry in criteria)}/{len(criteria)}"
    return [item.iteration, item.tier, result, count]


def _gaps(gaps: Iterable[Any]) -> str:
    return "; ".join(f"{cell(gap[0])}: {cell(gap[1])}" for gap in gaps)


def void(message: str, files: Iterable[str]) -> str:
    """Why a verdict does not count, with the changed files that the message does not name."""
    unnamed = ", ".join(code(file) for file in files if file not in message)
    return f"{cell(message)}{f' ({unnamed})' if unnamed else ''}"


def validator(story: Story) -> str:
    """Who validated, and the commands that support the verdict."""
    verdicts = story.reports("runtime_verification")
    if not verdicts:
        return UNREPORTED
    last, runtime = verdicts[-1]
    lines = []
    for item in runtime.get("commands", ()):
        expected = f" (expected: {item['expected']})" if item.get("expected") else ""
        ran = runs_of_tests.words(runs_of_tests.seen(story, last.dispatch, item["command"]))
        lines.append(f"{code(item['command'])} ended with {item['exit_code']}{expected}, {ran}")
    data = story.rounds[-1]
    lines += [f"Check {code(item)}: seen to succeed" for item in data.get("checks", ())]
    reason = f" ({cell(runtime['reason'])})" if runtime.get("reason") else ""
    text = f"Validator: {code(last.agent)} in {last.dispatch}, served by {cell(served(last))}."
    text += f" Runtime verification: {runtime['status']}{reason}."
    return text + (f"\n\n{bullets(lines)}" if lines else "")


def final(run: Run, story: Story) -> str:
    """Every criterion with its result and evidence in the last verdict."""
    if not story.rounds:
        return UNREPORTED
    last = story.rounds[-1]
    texts = {item.id: criterion(item.text, item.context) for item in run.criteria}
    rows = [
        [cell(item["id"]), texts.get(item["id"], ""), item["result"], cell(item["evidence"]) or "none given"]
        for item in last["verdict"]["criteria"]
    ]
    return f"{table(['Id', 'Criterion', 'Result', 'Evidence'], rows)}\n\nOverall: **{last['result']}**."
