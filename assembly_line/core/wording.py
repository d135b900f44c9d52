"""How an event reads in one line, and in which tone, where that takes more than a phrase."""

from typing import Any

from assembly_line.core.run import Run

Data = dict[str, Any]
_FILES = 5  # named in a line
GOOD, BAD, ODD = "good", "bad", "odd"  # tones


def judged(data: Data) -> str:
    return GOOD if data["result"] == "PASS" else BAD


def reported(data: Data) -> str:
    issues = data["report"].get("review", {}).get("issues", ())
    return GOOD if data["report"]["status"] == "done" and all(item["status"] != "open" for item in issues) else ODD


def report(data: Data, run: Run) -> str:
    files = data.get("files", ())
    named = f" (changed {', '.join(files[:_FILES])}{' …' if len(files) > _FILES else ''})" if files else ""
    return f"{data['report']['status']}{named}: {data['report']['summary']}"


def verdict(data: Data, run: Run) -> str:
    gaps = "; ".join(f"{gap[0]} to {gap[3]}" for gap in data["gaps"])
    return f"{data['result']} {len(run.met)}/{len(run.criteria)}{': ' + gaps if gaps else ''}"


def compliance(data: Data, run: Run) -> str:
    items = "; ".join(item["item"] for item in data["violations"])
    return f"{data['result']}{': ' + items if items else ''}"


def completed(data: Data, run: Run) -> str:
    return f"{len(run.met)} of {len(run.criteria)} criteria met, {many(data['iterations'], 'iteration')}"


def agents_ready(data: Data, run: Run) -> str:
    skipped = f"; skipped: {', '.join(data['skipped'])}" if data["skipped"] else ""
    return f"{many(len(data['agents']), 'agent')} assigned{skipped}"


def closed(data: Data, run: Run) -> str:
    return f"files in their final form{': ' + data['report'] if data.get('report') else ''}"


def dispatched(data: Data, run: Run) -> str:
    dropped = f"; left out of the call: {', '.join(data['dropped'])}" if data.get("dropped") else ""
    return f"{data['dispatch']} to {data['agent'].removeprefix('assembly-line:')}{dropped}"


def how(data: Data) -> str:
    status = data.get("status")
    unseen = "failed" if "status" in data else "its end was not seen"  # stopped, or in the background
    how = "ok" if data["ok"] else f"ended with {status}" if status else unseen
    return f"{how}, no test ran" if data.get("empty") else how


def settings(data: Data, run: Run) -> str:
    named = data.get("members", {})
    files = [f"{name} ({', '.join(named[name][:_FILES])})" if named.get(name) else name for name in data["files"]]
    return f"the client's settings of the project changed: {', '.join(files)}"


def message(data: Data, run: Run) -> str:
    return str(data["message"])


def branch_changed(data: Data, run: Run) -> str:
    was, now = (f"branch {name}" if name else "no branch" for name in (data["from"], data["to"]))
    return f"{now} is checked out, before it was {was}"


def bundle_lost(data: Data, run: Run) -> str:
    again = f"; then again: {', '.join(data['stations'])}" if data["stations"] else ""
    return f"the bundle is not here; the bundler makes it anew{again}"


def many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
