"""The runs of honest crews; each is played once, however many tests read it."""

import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from assembly_line.rehearsal import reports
from assembly_line.rehearsal.artefacts import survey
from assembly_line.rehearsal.plan import Gap, Issue, Plan, Violation, failing
from tests.honest.crew import GOOD, OWN, Crew, Says, Turns, bash, edit, reports_that, says, write
from tests.support.harness import Ran, open_scene
from tests.support.reading import state

TASK = "TASK-031"
BLUEPRINT = f"docs/planning/tasks/{TASK}.yaml"
SUITE = "python3 -m unittest discover -s tests -q"
GAP = Gap("AC-2", "a negative number is taken", "database-developer")
TASK_TEXT = {
    "id": TASK,
    "title": "Count the books",
    "type": "database",
    "description": "Keep a number of copies with each book.",
    "acceptance_criteria": ["A book has a number of copies", "The number is never negative"],
}
PROJECT = {
    "src/shop/__init__.py": '"""A shop."""\n',
    "tests/test_shop.py": "import unittest\n\n\nclass Shop(unittest.TestCase):\n    def test_it(self):\n        pass\n",
    ".gitignore": "__pycache__/\n",
}


class Played(NamedTuple):
    """The results of a run."""

    project: Path
    crew: Crew
    runs: tuple[Ran, ...]
    notes: Mapping[str, Any] = {}

    @property
    def said(self) -> str:
        """The last answer to the person."""
        return self.runs[-1].text


def small(folder: Path, more: Mapping[str, str] = {}, **task: Any) -> Path:
    """A small project with one task, plus the files in `more`; `task` replaces members of the task."""
    text = yaml.safe_dump({**TASK_TEXT, **task}, sort_keys=False)
    for name, content in {**PROJECT, BLUEPRINT: text, **more}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def one(folder: Path, data: Path, turns: Turns, plan: Plan = GOOD, more: Mapping[str, str] = {}, **task: Any) -> Played:
    """One session with the turns of its crew."""
    with open_scene(folder, small(folder / "small", more, **task), data=data) as scene:
        crew = Crew(scene, turns, plan)
        scene.script = crew
        return Played(scene.project, crew, (scene.run(f"/task-run {TASK}"),))


# By-products, and what a judge really changes.

RUN_TESTS = """import json
import subprocess
import sys
import time

done = subprocess.run([sys.executable, "-m", "unittest", "discover", "-s", "tests", "-q"])
with open("test-report.json", "w") as file:
    json.dump({"status": done.returncode, "at": time.time()}, file)
sys.exit(done.returncode)
"""
SERVE = """import http.server
import pathlib

server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
pathlib.Path("books.db").write_text(str(server.server_port))
server.serve_forever()
"""
ASK = """import pathlib
import urllib.request

port = pathlib.Path("books.db").read_text()
assert urllib.request.urlopen(f"http://127.0.0.1:{port}/src/").status == 200
"""
TEST = "python3 run_tests.py"
LINT = "python3 -m compileall -q src"
SERVED = "trap 'kill $!' EXIT; python3 serve.py & sleep 1; python3 ask.py"


def verdict(*commands: str) -> Says:
    """A PASS whose runtime verification is these commands."""
    rows = [{"id": name, "result": "PASS", "evidence": "seen"} for name in ("AC-1", "AC-2")]
    runtime = {"status": "PASS", "commands": [ended(item) for item in commands]}
    return says(
        reports.message("PASS.", "verdict", {"result": "PASS", "criteria": rows, "runtime_verification": runtime})
    )


def ended(command: str, status: int = 0) -> dict[str, Any]:
    return {"command": command, "exit_code": status, "expected": status}


def tested(command: str) -> Says:
    """The good report of the tester, naming this command."""
    return reports_that(lambda body: body["tests"].update(command=command))


def leaves(folder: Path, data: Path) -> Played:
    """The project's own test command writes a report, and a server that the validator starts writes a database."""
    return one(
        folder,
        data,
        {
            "test-writer": [[OWN, bash(TEST), tested(TEST)]],
            "requirements-validator": [[bash(TEST), verdict(TEST), OWN, bash(SERVED), verdict(TEST, SERVED)]],
        },
        more={
            "run_tests.py": RUN_TESTS,
            "serve.py": SERVE,
            "ask.py": ASK,
            "assembly-line.yaml": yaml.safe_dump({"checks": [LINT, TEST]}),
        },
    )


STAMP = "src/shop/stamp.py"
STAMPING = f"""import pathlib
import subprocess
import sys
import time

pathlib.Path("{STAMP}").write_text(f"BUILT = {{time.time()}}\\n")
sys.exit(subprocess.run([sys.executable, "-m", "unittest", "discover", "-s", "tests", "-q"]).returncode)
"""
BUILD = "python3 build.py"


def stamps(folder: Path, data: Path) -> Played:
    """A judge writes a module; later ones run the project's build, which rewrites a module that the developer wrote."""
    built = [OWN, bash(BUILD)]
    return one(
        folder,
        data,
        {
            "database-developer": [
                [bash(f"cat > {STAMP} <<'END'\nBUILT = 0\nEND")],
                [write(".gitignore", f"__pycache__/\n/{STAMP}\n"), bash("rm -f src/shop/fix.py"), OWN],
            ],
            "requirements-validator": [
                [OWN, bash("printf 'COPIES = 1\\n' > src/shop/fix.py"), write("src/shop/more.py", "COPIES = 1\n")],
                built,
                built,
                built,
            ],
        },
        more={"build.py": STAMPING},
    )


# A run that stands still.

ASKS = "The schema has no owner; may I add the column copies to the table books?"
ANSWER = "Yes, add it, with the default 0"
IDLE = 6.0


def waits(folder: Path, data: Path) -> Played:
    """The developer needs an answer; then the tester may not run its command; then nothing is in the way."""
    blocked = says(reports.message("I cannot go on.", "report", {"status": "blocked", "summary": ASKS, "concerns": []}))
    narrow = ("--permission-mode", "acceptEdits", "--allowedTools", "Bash(git status:*)")
    with open_scene(folder, small(folder / "small"), data=data) as scene:
        crew = Crew(scene, {"database-developer": [[blocked]]})
        scene.script = crew
        first = scene.run(f"/task-run {TASK}", *narrow)
        notes = {"blocked": state(scene.project)["tasks"][TASK]}
        time.sleep(IDLE)
        second = scene.run(f"/task-run {TASK} -- {ANSWER}", *narrow)
        notes["denied"] = state(scene.project)["tasks"][TASK]
        third = scene.run(f"/task-run {TASK}")
        return Played(scene.project, crew, (first, second, third), notes)


def aborts(folder: Path, data: Path) -> Played:
    """A person aborts the run in a second client while the developer works, which does not know and goes on."""
    reached, over = threading.Event(), threading.Event()

    def stay() -> None:
        reached.set()
        over.wait(60)

    steps = [OWN, stay, write("src/shop/late.py", "LATE = 1\n"), bash("echo late > late.txt")]
    with open_scene(folder, small(folder / "small"), data=data) as scene:
        crew = Crew(scene, {"database-developer": [steps]})
        scene.script = crew
        with ThreadPoolExecutor(1) as pool:
            begun = pool.submit(scene.run, f"/task-run {TASK}")
            assert reached.wait(60)
            abort = scene.run(f"/task-abort {TASK}")
            over.set()
            first = begun.result()
        return Played(scene.project, crew, (first, abort))


# Who mends what.

FULLSTACK = {"type": "fullstack", "acceptance_criteria": [*TASK_TEXT["acceptance_criteria"], "A page shows it"]}
ON_PAGE = {
    "id": "R-1",
    "severity": "blocking",
    "title": "The page shows no number",
    "file": "public/index.html",
    "line": 3,
}
THERE = reports.message("Fine.", "report", {"status": "done", "summary": "The number is described already."})
LACKING = Violation("missing_documentation", "the number is not described", "describe it")


def found(*issues: dict[str, Any]) -> Says:
    """The good review with these issues."""
    return reports_that(lambda body: body["review"].update(issues=list(issues)))


def mends(folder: Path, data: Path) -> Played:
    """Every layer has something to mend: an issue of each severity, a gap, and findings of the compliance judge."""
    in_api = Issue("R-1", "The total is off by one", "src/shop/task_031_api_developer.py", 3, "major", "backend-review")
    small_one = Issue("S-1", "The page names the server", "public/index.html", 1, "minor", "security-auditor")
    plan = Plan(
        verdicts=((Gap("AC-2", "a negative number is taken", "api-developer"),),),
        issues=((in_api, small_one),),
        compliance=((Violation("incomplete_summary", "the summary lacks a date", "add it"),), (LACKING,)),
    )
    concern = reports_that(lambda body: body.update(status="done_with_concerns", concerns=["No test reads the page"]))
    turns: Turns = {
        "frontend-review": [[OWN, found({**ON_PAGE, "status": "open"})]],
        "security-auditor": [[OWN, concern]],
        "documentation-writer": [[OWN], [says(THERE)]],
    }
    return one(folder, data, turns, plan, **FULLSTACK)


BROKEN = "import unittest\n\nclass Sum(unittest.TestCase):\n    def test_sum(self):\n        self.assertEqual(2, {})\n"


def breaks(folder: Path, data: Path) -> Played:
    """The tester writes a test that the code does not pass yet, and says so."""
    failed = reports_that(lambda body: body["tests"].update(total=4, passed=3, failed=1))
    return one(
        folder,
        data,
        {
            "database-developer": [[OWN], [edit("tests/test_sum.py", "3", "2"), OWN]],
            "test-writer": [[write("tests/test_sum.py", BROKEN.format(3)), OWN, bash(SUITE), failed]],
        },
    )


def gives_up(folder: Path, data: Path) -> Played:
    """A gap comes back unchanged until the iterations are used up."""
    return one(folder, data, {}, failing(9, GAP), {"assembly-line.yaml": "limits: {iterations: 3}\n"})


# Reports and briefs.

SLIPS = """The work is done.

```yaml
report:
  status: done
  summary: Built it: one module, no migration
  concerns: none
```

Files: src/shop/task_031_database_developer.py
"""
WRONG = "Looked at it.\n\n```yaml\nreport:\n  status: finished\n  sumary: all well\n  concerns: 5\n```\n"
WORDY = "I have written the design in my head; here is what I found: one table."
CONSTRAINT = "No new dependency may be added."


def slips(folder: Path, data: Path) -> Played:
    """Reports with slips of form, and reports that lack what they owe."""
    untested = reports_that(lambda body: body.pop("tests"))
    unreviewed = reports_that(lambda body: body.pop("review"))
    number = reports_that(lambda body: body["tests"].update(framework=3.11))
    judged = says(reports.message("Fine.", "compliance", {"result": "PASS", "violations": []}))
    return one(
        folder,
        data,
        {
            "database-designer": [[says(reports.work("Designed one table."))]],
            "database-developer": [
                [write("src/shop/half.py", "HALF = 1\n"), says(WORDY), says(WORDY), says(WORDY)],
                [OWN, says(SLIPS)],
            ],
            "code-reviewer": [[OWN, says(WRONG), unreviewed]],
            "test-writer": [[OWN, untested, number]],
            "workflow-compliance": [[judged]],
        },
        constraints=[CONSTRAINT],
        branch="feature/books",
    )


# Commands as evidence.

UPPER = """import sys

if "--bad" in sys.argv:
    sys.exit(2)
text = sys.stdin.read()
if not text.strip():
    sys.exit(1)
print(text.upper(), end="")
"""
TAKEN = (
    "printf 'a\\tb\\n' | python3 upper.py",
    "set -o pipefail; printf x | python3 upper.py | tail -1",
    "python3 - <<'X'\nimport src.shop\nassert src.shop.__doc__\nX",
    'printf "a\\\\b\\n" | python3 upper.py',
)
BAD = "python3 upper.py --bad"
HIDING = {"|": f"{SUITE} 2>&1 | tail -1", "||": f"{SUITE} || true"}  # by the sign that hides a failure
NEVER_RAN = "python3 -m unittest discover -s test -q"


def proves(folder: Path, data: Path) -> Played:
    """The validator proves the criteria with the commands that it would type anyway."""
    with open_scene(folder, small(folder / "small", {"upper.py": UPPER}), data=data) as scene:
        home = f"cd {scene.project} && {SUITE}"

        def whole(body: dict[str, Any]) -> None:
            commands = [*map(ended, (home, *TAKEN)), ended(BAD, 2)]
            body["runtime_verification"] = {"status": "PASS", "commands": commands}

        steps = [
            *map(bash, (*TAKEN, BAD)),
            verdict(*TAKEN),
            bash(home),
            *map(bash, HIDING.values()),
            OWN,
            verdict(*HIDING.values(), NEVER_RAN),
            reports_that(whole),
        ]
        crew = Crew(scene, {"requirements-validator": [steps]})
        scene.script = crew
        return Played(scene.project, crew, (scene.run(f"/task-run {TASK}"),))


COLLECT = "python3 -m unittest discover --help"
SELECTED = "python3 -m unittest discover -s tests -p 'none*.py' -q"
SAYS_NOTHING = ("true", "ls src", "echo PASS", COLLECT, SELECTED)


def idles(folder: Path, data: Path) -> Played:
    """The tester names a command that runs no test, and the validator relies on commands that cannot fail."""
    return one(
        folder,
        data,
        {
            "test-writer": [[OWN, bash(COLLECT), tested(COLLECT)]],
            "requirements-validator": [[*map(bash, SAYS_NOTHING), verdict(*SAYS_NOTHING[:4]), verdict(SELECTED)]],
        },
    )


# A package of a larger repository.

SHARED = "shared/base.css"
COLLEAGUE = "packages/other/readme.txt"


def beside(folder: Path, data: Path) -> Played:
    """The client is started in a package; developer, judge and a colleague change files beside it."""
    mono = folder / "mono"
    small(mono / "packages/shop")
    for name in (SHARED, COLLEAGUE, "README.md"):
        (mono / name).parent.mkdir(parents=True, exist_ok=True)
        (mono / name).write_text("old\n", encoding="utf-8")
    with open_scene(folder, mono, data=data) as scene:
        top = scene.project
        scene.project = top / "packages/shop"
        scene.ground = survey(scene.project)
        (top / "README.md").write_text("not committed\n", encoding="utf-8")
        turns: Turns = {
            "database-developer": [[bash(f"echo mine > ../../{SHARED}")]],
            "requirements-validator": [[OWN, bash(f"echo judged > ../../{SHARED}")]],
        }
        others = {
            "d-0004": lambda: (top / COLLEAGUE).write_text("by a colleague\n", encoding="utf-8"),
            "d-0008": lambda: (top / SHARED).write_text("by a colleague\n", encoding="utf-8"),
        }
        crew = Crew(scene, turns, others=others)
        scene.script = crew
        return Played(scene.project, crew, (scene.run(f"/task-run {TASK}"),))


RUNS = (mends, beside, stamps, waits, slips, leaves, proves, idles, breaks, gives_up, aborts)
