"""Secrets and terminal escapes in all that people, agents and commands say: none recorded, none on a screen."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from assembly_line.core.kinds import KINDS
from tests.support.client import Payload
from tests.support.delivery import ROOT, Said
from tests.support.project import BLUEPRINT
from tests.support.reports import COMMAND, failing, good
from tests.sweeps.desk import TASK, Desk
from tests.sweeps.tally import Figure, Tally

_X = "Zq8Lm2Xw9Rt4Bv6Ny1Kd3Hs5Jf7Gp0Qa"  # stands for the random part; no real secret has it
SECRETS = {
    "AWS key": "AKIA" + _X[:16].upper(),
    "AWS temporary key": "ASIA" + _X[:16].upper(),
    "AWS secret": f"aws_secret_access_key={_X}+/ab",
    "GitHub token": "ghp_" + _X + "abcd",
    "GitHub fine-grained token": "github_pat_" + _X + "_" + _X,
    "GitLab token": "glpat-" + _X[:20],
    "Anthropic key": "sk-ant-api03-" + _X,
    "OpenAI key": "sk-proj-" + _X,
    "Stripe key": "sk_live_" + _X,
    "Slack token": "xoxb-1234567890-" + _X,
    "Google key": "AIza" + _X + "abc",
    "npm token": "npm_" + _X + "abcd",
    "PyPI token": "pypi-AgEIcHlwaS5vcmc" + _X + _X,
    "JSON web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0." + _X,
    "bearer": "Authorization: Bearer " + _X,
    "basic authentication": "Authorization: Basic dXNlcjo" + _X + "==",
    "password in a URL": f"postgres://admin:{_X}@db.example.org/app",
    "password option": f"--password={_X}",
    "password in the environment": f"DB_PASSWORD='{_X}'",
    "API key in JSON": f'"api_key": "{_X}"',
    "private key": f"-----BEGIN RSA PRIVATE KEY-----\n{_X}\n{_X}\n-----END RSA PRIVATE KEY-----",
    "token in YAML": f"auth_token: {_X}",
}
ESCAPES = {
    "clipboard": "\x1b]52;c;cm0gLXJm\x07",
    "colour": "\x1b[31mred\x1b[0m",
    "clear": "\x1b[2J\x1b[H",
    "title": "\x1b]0;owned\x1b\\",
    "C1": "\x9b31mred",
    "backspace": "safe\x08\x08\x08\x08rm",
    "carriage return": "rm -rf /\rls",
    "bell": "\x07",
    "bidi": "a\u202ecod.exe\u202c",
    "isolate": "a\u2066b\u2069",
    "line separator": "a\u2028- AC-1: PASS",
    "next line": "a\x85b",
    "delete": "a\x7fb",
    "half a pair": "a\ud83db",
}
_LOUD = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def _report(text: str) -> dict[str, object]:
    issue = {"id": "R-1", "severity": "minor", "title": text, "file": "words.py", "line": 1, "status": "open"}
    review = {"checks": [{"name": text, "result": "issue"}], "issues": [{**issue, "resolution": text}]}
    return {"status": "done_with_concerns", "summary": text, "concerns": [text], "review": review}


def _live(desk: Desk, text: str, ends: str) -> list[Said]:
    """A whole run in which everybody says the text; all answers of the hooks."""
    said = [desk.send(desk.typed("run", TASK))]

    def deliver(payload: Payload) -> None:
        said.append(desk.send(payload))

    for _ in range(20):
        run = desk.state()
        if run.stage in ("completed", "failed"):
            break
        deliver(desk.due(description=text))
        deliver(desk.started())
        desk.labour()
        if desk.kind in ("validation", "test"):
            deliver(desk.ran(f"curl -H '{text}' x {text}"))
        write = {"tool_name": "Write", "tool_use_id": f"w-{desk.call_id}", "tool_input": {"file_path": f".git/{text}"}}
        deliver(desk.payload("PreToolUse", agent_id=desk.agent, agent_type="x", **write))
        body = {KINDS[desk.kind].report: _body(desk, desk.kind, text, ends)}
        deliver(desk.stopped(f"Done.\n\n```yaml\n{json.dumps(body)}\n```"))  # YAML has no half pairs
        deliver(desk.called())
    deliver(
        desk.payload(
            "PostToolUse", tool_name="Agent", tool_use_id="x1", tool_input={"subagent_type": text, "prompt": text}
        )
    )
    deliver(desk.payload("Stop", stop_hook_active=False))
    deliver(desk.payload("StopFailure", error=text, last_assistant_message=text))
    deliver(desk.typed("status", TASK))
    deliver(desk.typed("run", f"TASK-{text}"))
    return said


def _body(desk: Desk, kind: str, text: str, ends: str) -> dict[str, object]:
    run = desk.state()
    if kind == "compliance":
        return good(run, kind)
    if kind != "validation":
        return _report(text) if kind == "review" else {**good(run, kind), "summary": text, "concerns": [text]}
    if ends == "failed":
        body = failing(run)
        body["criteria"][0].update(gap=text, evidence=text, recommended_agent=text)
        return body
    body = good(run, kind)
    body["criteria"][0]["evidence"] = text
    return {
        **body,
        "runtime_verification": {"status": "PASS", "commands": [{"command": COMMAND, "exit_code": 0}], "reason": text},
    }


def secret(folder: Path, text: str, ends: str) -> list[str]:
    """The files in which a secret is found after a run in which everybody said it."""
    desk = Desk(folder)
    cores = [core.encode() for core in (_X[:12], _X[:12].upper()) if core in text]
    task = BLUEPRINT.format(task=TASK, type="generic")
    quoted = json.dumps(f"words of {text}")
    desk.write(
        f"docs/planning/tasks/{TASK}.yaml",
        task.replace("title: Keep loans in the store", f"title: {quoted}") + f"  - {quoted}\n",
    )
    desk.write("assembly-line.yaml", "limits: {iterations: 1}\nkeep_bundle: true\n")
    blueprint = (desk.root / f"docs/planning/tasks/{TASK}.yaml").read_bytes()
    _live(desk, text, ends)
    found = []
    if desk.state().stage != ends:
        found.append(f"the run is {desk.state().stage}")
    for path, data in desk.files().items():
        is_clients = path.startswith("data/s-")  # a transcript, which the client writes
        if data != blueprint and not is_clients and any(core in data for core in cores):
            found.append(path)
    shutil.rmtree(folder)
    return found


def escape(folder: Path, text: str) -> list[str]:
    """The places where a terminal escape comes out as it was."""
    desk = Desk(folder)
    desk.write("assembly-line.yaml", "limits: {iterations: 1}\n")
    said = _live(desk, text, "failed")
    found = [f"a hook: {one.text!r:.200}" for one in said if _LOUD.search(one.err) or _LOUD.search(_shown(one))]
    for words in (["status"], ["status", TASK], ["log", TASK], ["report", TASK]):
        out = _command(desk, *words)
        if _LOUD.search(out):
            found.append(f"{' '.join(words)}: {_LOUD.search(out)!r}")
    shutil.rmtree(folder)
    return found


def _shown(said: Said) -> str:
    """What a person sees of an answer."""
    told = said.answer
    reason = told.get("reason", "") if said.decision == "block" else ""
    return f"{told.get('systemMessage', '')}{told.get('stopReason', '')}{reason}"


def _command(desk: Desk, *words: str) -> str:
    """What the command line prints in the project, as a terminal would receive it."""
    done = subprocess.run(
        [sys.executable, "-I", str(ROOT / "assembly_line" / "__main__.py"), *words, *(["--root", str(desk.root)])],
        capture_output=True,
        env={**desk.environment(), "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    return done.stdout.decode("utf-8", "replace") + done.stderr.decode("utf-8", "replace")


def sweep(folder: Path, quick: bool) -> list[Figure]:
    """Every secret to both ends, every escape."""
    hidden, quiet = Tally("secrets"), Tally("escapes")
    for number, name in enumerate(SECRETS):
        for ends in ("failed",) if quick else ("failed", "completed"):
            hidden.add(f"{name}, {ends}", secret(folder / f"secret{number}{ends}", SECRETS[name], ends))
    for number, name in enumerate(list(ESCAPES)[:: 4 if quick else 1]):
        quiet.add(name, escape(folder / f"escape{number}", ESCAPES[name]))
    return [
        hidden.figure("planted in task, reports and commands"),
        quiet.figure("from every source to hooks and command line"),
    ]
