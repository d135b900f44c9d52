"""What a command line shows: honest ones are taken, those that can hide a failure are refused by their sign."""

import random
import subprocess
import time

import pytest

from assembly_line.core.evidence import at_home, core, could_fail, normal, proves
from assembly_line.core.hiding import hides
from assembly_line.core.targets import targets

HONEST = [
    "pytest -q",
    "  pytest -q  ",
    "cd api && pytest -q",
    "a && b && c",
    "pytest -q 2>&1",
    "pytest -q >out.txt 2>&1",
    "pytest -q &>> out.txt",
    "pytest -q >| out.txt",
    "pytest -q \\\n  -x",
    "npm test # all; of | them",
    "grep -E 'a|b' file.py",
    "grep a\\|b file.py",
    'grep "a|b; c" file.py',
    'echo "a & b"',
    "python3 -c 'print(1); print(2)'",
    "python3 -c \"print('a;b')\"",
    "X=1 pytest -q",
    "curl -s 'http://127.0.0.1/x?a=1&b=2'",
    'curl -s "http://x/$id?a=1&b=2" >/dev/null && npm test',
    "printf 'a\\nb' | prog --stdin",
    "echo x | pytest",
    "cat <<X | prog\nnpm test | tail; true\nX",
    "python - <<'X'\nprint(1); print('|')\nX",
    "set -o pipefail && npm test | tail -5",
    "set -o pipefail; npm test 2>&1 | tail -5",
    "set -euo pipefail\nmake lint\nmake test | tee log",
    "set -e\ncd api\nnpm test\nnpm run lint",
    "bash -euo pipefail -c 'npm test | tail; make'",
    "bash <<'X'\nset -e\nnpm test\nmake\nX",
    "(set -e; npm test; true)",
    "npm test || exit 1",
    "npm test || { cat log; exit 1; }",
    "npm test || false",
    "! grep -rn TODO src",
    "! test -e dist && npm test",
    "pytest $(git ls-files tests)",
    'cd "$(git rev-parse --show-toplevel)" && pytest',
    "PORT=$(cat port); curl -f localhost:$PORT",
    'out=$(prog) && test -n "$out"',
    'test "$(prog | wc -l)" -gt 3',
    'test -z "$(git status --porcelain)"',
    "diff <(sort a) <(sort b)",
    "prog > >(tee log)",
    "cat <<X > a\n$(date)\nX",
    "cat <<'X' > a\n$(npm test)\nX",
    "echo 'no $(npm test)' \"$((1 + 2))\"",
    "make -k test",
    "make -j4 -C images test",
    "find . -name '*.py' -exec grep -l x {} \\;",
    "find tests -name 't_*.py' -exec python3 {} +",
    "script -qec 'npm test' /dev/null",
    'test "$(printf x | prog)" = b',
    "[[ $a == b && $c == d || $e ]]",
    "python app.py & sleep 1; curl -sf localhost",
    "python app.py &\nsleep 1\ncurl -sf localhost && curl -sf localhost/x",
    "trap 'kill $!' EXIT; python app.py & sleep 1; curl -sf localhost",
    'trap "kill $PID" EXIT\nnode s.js &\ncurl -sf localhost',
    "until curl -s x; do sleep 1; done; curl -sf x",
    "for i in 1 2 3; do curl -s x && break; sleep 1; done; npm test",
    "(cd api && npm test)",
    "{ npm test; }",
    "bash -c 'npm test'",
    "timeout 60 npm test",
    "mkdir -p x; npm test",
    ". venv/bin/activate; pytest",
    "export A=b; exec npm test",
    "sh run_tests.sh",
    "command -v npm",
]
CHEATING = {
    "pytest | tail -1": "| tail",
    "pytest |& tail": "| tail",
    "pytest -q 2>&1 | tee log": "| tee",
    "pytest | python3 -c 'pass'": "| python3",
    "pytest || true": "|| true",
    "a && b || c": "|| c",
    "npm test || exit 0": "|| exit",
    "npm test || exit 256": "|| exit",
    "npm test || { exit 0; exit 1; }": "|| {",
    "pytest; true": "; true",
    "pytest\ntrue": "; true",
    "npm test; exit 0": "; exit",
    "exit 0; npm test": "exit",
    "exit 0 && npm test": "exit",
    "{ exit 0; } && npm test": "exit",
    "exec true; npm test": "exec",
    "pytest &": "&",
    "pytest & wait": "& wait",
    "npm test & true": "& true",
    "server & curl -f x; kill $!": "& kill",
    "printf x | true": "| true",
    "printf x | grep y": "| grep",
    "echo 'npm test; true' | sh": "| sh",
    "(npm test; true)": "; true",
    "{ npm test; true; }": "; true",
    "bash -c 'npm test; true'": "; true",
    "bash -lc 'pytest || true'": "|| true",
    "env bash -c 'npm test; true'": "; true",
    "docker run x sh -c 'npm test; true'": "; true",
    "bash --rcfile x -c 'npm test; true'": "bash --rcfile",
    "bash -n -c 'npm test'": "bash -n",
    "bash --version <<X\nnpm test\nX": "bash --version",
    "bash <<X\nnpm test\ntrue\nX": "; true",
    "eval 'npm test'": "eval",
    "command eval npm test": "eval",
    "npm() { true; }; npm test": "a function definition",
    "function npm { true; }; npm test": "a function definition",
    "alias npm=true; npm test": "alias",
    "hash -p /bin/true npm; npm test": "hash",
    "printf -v PATH /x; npm test": "printf -v",
    "trap 'exit 0' EXIT; npm test": "trap",
    "trap 'exec true' EXIT && npm test": "trap",
    "set -n; npm test": "set -n",
    "set -e; set +e; npm test; true": "set +e",
    "set -e; { set +e; }; npm test; true": "set +e",
    "set -e; shopt -uo errexit; npm test; true": "shopt",
    "set -e; npm test && true; make": "; make",
    "set -e; ! npm test; true": "!",
    "! npm test": "!",
    "! prog --bad": "!",
    "make && ! npm test": "!",
    "echo $(npm test)": "$(",
    "echo `npm test`": "$(",
    'echo "a `npm test`"': "$(",
    "export X=$(npm test)": "$(",
    "X=$(npm test) echo": "$(",
    "x=$(npm test); echo $x": "; echo",
    'test -n "$(npm test 2>&1)"': "$(",
    'test "$(npm test)" = ""': "$(",
    'test "$(npm test)" != bad': "$(",
    '[ "$(npm test; echo ok)" = ok ]': "$(",
    "[[ $(npm test || echo ok) == ok ]]": "$(",
    "test $(npm test | grep -c fail) -eq 0": "$(",
    "diff <(npm test) expected": "$(",
    "grep -q passed <(npm test)": "$(",
    "cat <<X\n$(npm test)\nX": "$(",
    "bash -c 'echo $(npm test)'": "$(",
    'printf x "$(echo "$(npm test)")"': "$(",
    "echo $(( $(npm test) + 1 ))": "$(",
    "make -i test": "make -i",
    "make -ki test": "make -i",
    "make -C sub --ignore-errors test": "make -i",
    "MAKEFLAGS=-i make test": "make -i",
    "make MAKEFLAGS=ki test": "make -i",
    "gmake -wi test": "gmake -i",
    "find tests -name 't_*.py' -exec python3 {} \\;": "find -exec",
    "find . -execdir npm test ';'": "find -exec",
    "script -c 'npm test' /dev/null": "script",
    "{ set -e; npm test; true; } || exit 1": "; true",
    "(set -e; npm test; true) && make": "; true",
    "cd nowhere && set -o pipefail; npm test | tail": "| tail",
    "set -o pipefail; ! npm test | grep bad": "| grep",
    "if npm test; then true; fi": "if",
    "for i in 1; do npm test; done": "for",
    "for i in 1; do cd /tmp/x; break; done; npm test": "for",
    "case x in x) npm test;; esac": "case",
    "npm test 'abc": "a quote that is not closed",
    "npm test $(abc": "a bracket that is not closed",
    "cat <<X\nabc": "a heredoc without its end",
    "npm test " + "x" * 4000: "a command line of 4000 characters or more",
}


@pytest.mark.parametrize("command", HONEST)
def test_an_honest_command_line_hides_nothing(command):
    assert hides(command) == ""


@pytest.mark.parametrize("command", CHEATING)
def test_what_can_hide_a_failure_is_told_by_its_sign(command):
    assert hides(command) == CHEATING[command]


SAME = [
    ("  a   b\t c", "a b c"),
    ("a 'b' \"c\"", "a b c"),
    ("a 'b c'", 'a "b c"'),
    ("a b\\ c", "a 'b c'"),
    ("a\nb", "a; b"),
    ("a&&b|c", "a && b | c"),
    ("grep '$x'", 'grep "\\$x"'),
]
DIFFERENT = [
    ("a 'b c'", "a b c"),
    ("grep '$x'", 'grep "$x"'),
    ("a '*'", "a *"),
    ("a && b", "a || b"),
    ("(a; b)", "a; b"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_quotes_and_blanks_are_folded_where_the_words_are_equal(one, other):
    assert normal(one) == normal(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_the_shell_reads_in_another_way_stays_apart(one, other):
    assert normal(one) != normal(other)


@pytest.mark.parametrize(
    ("command", "folder", "left"),
    [
        ("cd /p/x && make test", "/p/x", "make test"),
        ("cd '/p/x'; make test", "/p/x/", "make test"),
        ("cd . && make test", "/p/x", "make test"),
        ("cd /p/y && make test", "/p/x", "cd /p/y && make test"),
        ("cd api && make test", "", "cd api && make test"),
        ("cd /any && make test", "", "make test"),
        ("cd /p/x", "/p/x", "cd /p/x"),
        ("set -o pipefail\ncd /p/x && make test | tail", "/p/x", "set -o pipefail\nmake test | tail"),
        ("set -e; set -o pipefail; cd /p/x; make test", "", "set -e; set -o pipefail;make test"),
        ("set -o pipefail\ncd /p/y && make test", "/p/x", "set -o pipefail\ncd /p/y && make test"),
    ],
)
def test_a_change_to_the_projects_folder_is_no_part_of_a_command(command, folder, left):
    assert at_home(command, folder) == left


PROVED = {
    "npm test | tail -3": ["npm test"],
    "set -o pipefail; CI=1 timeout 60 npm test 2>&1 | tail": ["npm test"],
    "make lint && make test": ["make lint", "make test"],
    "cd api && npm test": ["cd api && npm test"],
    "(cd api; npm test) && make": ["cd api && npm test", "make"],
    "{ cd /tmp/fake; } && npm test": ["cd /tmp/fake && npm test"],
    "bash -lc 'npm test'": ["npm test"],
    "echo bash -c 'npm test'": ["echo bash -c npm\\ test"],
    "command -v npm test": ["command -v npm test"],
    "env --help npm test": ["env --help npm test"],
    "! npm test": ["! npm test"],
    "npm test & true": ["npm test & true"],
    "MAKEFLAGS=-n make test": ["MAKEFLAGS=-n make test"],
    "export PATH=/x; npm test": ["export PATH=/x && npm test"],
    "printf x | prog": ["printf x | prog"],
    "python app.py & sleep 1; curl -f x": ["curl -f x"],
    "mkdir x": ["mkdir x"],
}


@pytest.mark.parametrize("command", PROVED)
def test_a_command_line_proves_what_must_have_succeeded_in_it(command):
    assert list(proves(command)) == PROVED[command]
    assert list(proves(core(command))) == PROVED[command]


@pytest.mark.parametrize(
    "command",
    ["true", ":", "echo ok", "printf ok", "ls", "cat a.py", "pwd", "exit 0", "echo a && ls", "pytest --help", "prog -h",
     "prog --version", "pytest --collect-only", "pytest --co -q", "jest --listTests", "npm test -- --passWithNoTests",
     "make -n test", "make -sn test", "bash -c true", "cat <<X\nall passed\nX", "! true", "git status", "x=1", "(true)",
     "sleep 1"],
)  # fmt: skip
def test_what_only_prints_lists_or_asks_for_help_cannot_fail(command):
    assert not could_fail(command)


@pytest.mark.parametrize(
    "command",
    ["pytest -q", "true && pytest", "printf x | prog", "bash -c 'npm test'", "curl -h host -f x", "python a.py"],
)
def test_what_runs_something_could_fail(command):
    assert could_fail(command)


@pytest.mark.parametrize(
    ("command", "paths"),
    [
        ("echo a > x.txt && echo b >> y.txt", ("x.txt", "y.txt")),
        ("prog > /dev/null 2>&1", ()),
        ("sed -i 's/a/b/' f.py", ("f.py",)),
        ("sed -i -e 's/a/b/' f.py", ("f.py",)),
        ("sed -n 1p f.py", ()),
        ("perl -pi -e 's/a/b/' f.py", ("f.py",)),
        ("cp a.py b.py; mv c.py d.py", ("b.py", "d.py")),
        ("cat a | tee -a b c", ("b", "c")),
        ("touch 'a b'", ("a b",)),
        ("dd if=a of=b", ("b",)),
        ("python - <<'X'\nopen('q.txt', 'w').write('')\nX", ("q.txt",)),
        ("python -c \"Path('a').write_text('x')\"", ("a",)),
        ("bash -c 'echo > in.txt'", ("in.txt",)),
        ("cat <<X > new.py\nx\nX", ("new.py",)),
        ("pytest -q", ()),
    ],
)
def test_the_paths_that_a_command_line_writes_to_are_found(command, paths):
    assert targets(command) == paths


HOSTILE = ["(" * 3999, "$(" * 1999, "`" * 3999, "<<a " * 900 + "\n", "'" * 3999, '"' * 3998, "a|" * 1999, "[[ " * 1300]
HOSTILE += ["sh -c " * 600 + "x", "{ " * 1900, "${" * 1999, "$'" * 1999, "cd / && " * 490 + "x", "open('" * 600]
HOSTILE += ["".join(f"bash <<a{n}\n" for n in range(300)) + "x\n" + "".join(f"a{n}\n" for n in reversed(range(300)))]


@pytest.mark.parametrize("command", HOSTILE, ids=lambda command: command[:8])
def test_a_hostile_command_line_is_judged_in_time(command):
    begun = time.process_time()
    for judge in (hides, normal, core, could_fail, targets, at_home):
        judge(command[:3999])
    assert time.process_time() - begun < 2


ATOMS = ["./bad", "./bad", "./good", "true", "false", "echo x", "exit 0", "exit 1", "set -e", "set -o pipefail", "cd ."]
ATOMS += ["trap 'exit 0' EXIT", "trap 'echo x' EXIT", "X=1", "exec ./good", "exec ./bad", "cat", "tail -1", "printf x"]
ATOMS += ["wait", "! ./bad", "set +e", "break", "env ./bad", "timeout 5 ./bad", "command ./bad", "exec true"]


def _command(rng, depth):
    forms = [
        "({})",
        "{{ {}; }}",
        "bash -c '{}'",
        "bash -ec '{}'",
        "bash <<X\n{}\nX\n",
        "for i in 1; do {}; done",
        "! {}",
    ]
    if depth == 0 or rng.random() < 0.6:
        return rng.choice(ATOMS)
    return rng.choice(forms).format(_line(rng, 0).replace("'", '"'))


def _line(rng, depth):
    words = [_command(rng, depth)]
    for _ in range(rng.choice([0, 1, 1, 2, 3])):
        words += [rng.choice([" && ", " || ", " | ", "; ", "; ", "\n", " & "]), _command(rng, depth)]
    return "".join(words)


def test_the_shell_itself_agrees_that_a_proved_command_cannot_have_failed(tmp_path):
    for name, status in (("bad", 1), ("good", 0)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {status}\n")
        (tmp_path / name).chmod(0o755)
    rng = random.Random(7)
    lines = {_line(rng, 1) for _ in range(3000)}
    claims = [line for line in lines if not hides(line) and {"./bad", "cd . && ./bad"} & set(proves(line))]
    assert len(claims) > 50
    for line in sorted(claims)[:120]:
        ran = subprocess.run(
            ["bash", "-c", line], cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, timeout=20
        )
        assert ran.returncode != 0, line
