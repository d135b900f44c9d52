"""The quick reader of reports: where it is sure it says what the real reader says, and it is sure of what is usual."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assembly_line import plainyaml, textguard, yamlout
from assembly_line.rehearsal import reports as scripted
from assembly_line.text import prompt
from assembly_line.yamlline import MAX_DEPTH, resolve
from tests.hooks.driver import report, verdict
from tests.storage.test_report_parsing import MALFORMED, TAKEN

FORMS = {
    "report": prompt._REPORT,
    "tests": prompt._REPORT + prompt._TESTS,
    "review": prompt._REPORT + prompt._REVIEW,
    "verdict": prompt._VERDICT,
    "compliance": prompt._COMPLIANCE,
}
TESTS = {"framework": "unittest", "total": 3, "coverage_percent": 87.5, "breakdown": {"unit": 3, "edge": 0}}
DATA = {
    "work": {"status": "done", "summary": "Wrote src/store.py; nothing else changed.", "concerns": []},
    "concerns": {"status": "done_with_concerns", "summary": "It's slow: see AC-2.", "concerns": ["slow", "a: b"]},
    "tests": {"status": "done", "summary": "3 tests", "tests": TESTS},
    "review": report("review"),
    "numbers": {"a": [0, -3, 1.5, 1e20, True, None, "1", "true", "", "~", "1e5", "0x1f"], "b": [[1, [2]], [], {}]},
    "verdict": verdict(),
    "compliance": {"result": "PASS", "violations": []},
}
DUMPED = {f"{name} as scripted": re.findall(r"```yaml\n(.*)```", scripted.message("x", "report", value), re.DOTALL)[0]
          for name, value in DATA.items()}  # fmt: skip
DUMPED |= {f"{name} as written here": yamlout.dump({"report": value}) for name, value in DATA.items()}
WRITTEN = {
    "a summary of paragraphs": """report:
  status: done
  summary: |
    I kept loans in the store: `save()` writes one row each.

    - due dates survive; "quoted" text, it's kept
      and a deeper line # which is text
        deeper

    Left: nothing.
  concerns:
  - the index is rebuilt at each start (2 s), see src/store.py:88
  - "a colon: quoted"
""",
    "a verdict with evidence": """verdict:
  result: FAIL
  criteria:
    - id: AC-1
      result: PASS
      evidence: "tests/test_store.py:14, `python3 -m unittest -q` printed \\"OK\\""

    # the second one
    - id: AC-2
      result: FAIL
      evidence: |-
        python3 -m unittest tests.test_due
        FAIL: test_due_date
          expected 2026-11-20, got None
      gap: 'the due date isn''t kept'
      recommended_agent: development
  runtime_verification:
    status: PASS
    commands:
      - command: python3 -m unittest -q
        exit_code: 0
      - {command: "make test", exit_code: 0}
    reason: ""
""",
    "a review": """report:
  status: done
  summary: >
    Reviewed the change.
    Two issues, one of them fixed

    since the last round.
      indented
    end
  concerns: [slow, "a, b"]   # both known
  review:
    checks:
      - {name: contract with docs/api.md, result: pass}
      - {name: correctness, result: issue}
    issues:
      - {id: R-1, severity: major, title: "…", file: src/x.py, line: 12, status: open, resolution: ""}
      - id: R-2
        severity: minor
        title: größe heißt nicht size … 😀
        file: src/é.py
        line: 1
        status: fixed
        resolution: ~
""",
    "nothing where a value may stand": "a:\nb: # none\nc:\n  -\n  - # none\n  - x\n",
    "lists in lists": "a:\n- - 1\n  - 2\n-   - 3\n-\n  - 4\n",
    "quoted keys": "\"a\": 1\n'b': {\"c\": 1, 'd': [1, [2, {e: x}]]}\n",
    "all ends of a literal block": "a: |\n\n  x\n\nb: |-\n  x\n\nc: |+\n  x\n\n\n",
    "all ends of a folded block": "a: >\n\n  x\n\nb: >-\n  x\n  y\n\n  z\nc: >+ # c\n  x\n   y\n  z\n\n",
    "no end of line": "a: 1\nb: x\n  y",
    "texts over some lines": """- a
  b   c

  d
- id: x
  text: e:f

    - g
    "h" # end


  other: "[i]"
- - j
   k   # end
""",
    "single-quoted texts over some lines": """- 'a   b

    it''s c: d # e

    '
- 'f
  - g'  # end
- id: '
    i'''
  text: 'j' # isn't open
""",
    "keys that are no texts": "2: a\ntrue: b\nnull: [c, {3: d}]\n",
    "signs within plain texts": 'a: x#y\nb: --flag\nc: a,b [c] {d}\nd: http://x:80/a?b=c\ne: -5x\nf: it\'s "so"\n',
}
SURE = {f"the form of a {name}": f"{text}\n" for name, text in FORMS.items()} | DUMPED | WRITTEN
LEFT = {
    "nothing": "",
    "a scalar": "text\n",
    "a text block without an end of line": "a: |\n  x",
    "a tab": "a:\t1\n",
    "a carriage return": "a: 1\r\n",
    "a hidden character": "a: x\u200by\n",
    "a byte order mark": "\ufeffa: 1\n",
    "a marker": "---\na: 1\n",
    "an end marker": "a: 1\n...\n",
    "a directive": "%YAML 1.2\n---\na: 1\n",
    "an anchor": "a: &x 1\n",
    "an alias": "a: *x\n",
    "a tag": "a: !!str 1\n",
    "a merge key": "a:\n  <<: {b: 1}\n",
    "a question mark": "? a\n: 1\n",
    "a key twice": "a: 1\na: 2\n",
    "a key twice in one line": "a: {b: 1, b: 2}\n",
    "a double-quoted text over two lines": 'a: "x\n  y"\n',
    "a colon in a text": "a: b: c\n",
    "a colon in a later line": "a: b\n  c: d\n",
    "a colon at a later line's end": "a: b\n  c:\n",
    "a text that goes on behind a comment": "a: b # c\n  d\n",
    "a text that goes on behind a line of comment": "a: b\n  # c\n  d\n",
    "a colon at its end": "a: b:\n",
    "an unusual escape": 'a: "\\u00e9"\n',
    "a quoted text that goes on in a line that is not deeper": "a: 'x\ny'\n",
    "text behind a quote": 'a: "x" y\n',
    "a comment without a blank": 'a: "x"#y\n',
    "another indentation": "a:\n    b: 1\n  c: 2\n",
    "a first line deeper": "a: |\n    \n  x\n",
    "an indicator of indentation": "a: |2\n  x\n",
    "an empty block": "a: |\nb: 1\n",
    "an open list": "a: [1, 2\n",
    "a comma too many": "a: [1, 2,]\n",
    "a comma too few": "a: {b: 1 c: 2}\n",
    "a pair in a list": "a: [b: 1]\n",
    "too deep": "a: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH + "\n",
    "too deep in lines": "- " * (MAX_DEPTH + 1) + "x\n",
    "a long key": f"{'a' * 1100}: 1\n",
}
TASKS = [
    path.read_text("utf-8")
    for folder in ("tests/intake/positive", "tests/intake/negative", "examples/docs/planning/tasks")
    for path in sorted((Path(__file__).parents[2] / folder).iterdir())
    if path.suffix in (".yaml", ".yml")
]
MESSAGES = [*TAKEN.values(), *(text for text, _ in MALFORMED.values())]
BODIES = [message.rpartition("```yaml\n")[2].replace("```", "") for message in MESSAGES]
SEEDS = [*SURE.values(), *TASKS, *(text for text in (*LEFT.values(), *BODIES) if len(text) < 2000)]
WEIGHTS = [len(text) + 20 for text in SEEDS]  # the long ones are reports
# fmt: off
BITS = (
    "#", " #", "# ", ":", ": ", " :", "-", "- ", "--- ", "...", '"', "'", "''", '""', "\\", '\\"', "\\n", "\\x41", "|",
    "|-", "|+", "|2", ">", ">-", "[", "]", "{", "}", "[]", "{}", ", ", ",", "?", "? ", "!", "&a ", "*a", "%", "@", "`",
    "~", "<<: ", "null", "true", "1", "-1", "0", "01", "1.5", "1e5", "1e+5", ".", "\t", "\r", "\r\n", "\n", "\n\n",
    "\n  \n", " ", "  ", "    ", "é", "😀", "\u200d", "\xa0", "\x85", "\u2028", "\ufeff", "\x00", "\ud800", "a: 1\n",
    "- a\n", "  b: |\n", "=", "/", "x\ny", "\n# c\n", "\n  # c\n", "\n---\n", "{a: 1}", "[a, b]", "'a': ",
)
# fmt: on


def mutated(chance: random.Random) -> str:
    """A report with some characters and lines changed."""
    (text,) = chance.choices(SEEDS, WEIGHTS)
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 5, 8))):
        lines = text.split("\n")
        line = chance.randrange(len(lines))
        # At a line's beginning or end, or anywhere, the first two being where the grammar is.
        inside = len(lines[line]) - len(lines[line].lstrip(" "))
        column = chance.choice((0, inside, len(lines[line]), chance.randint(0, len(lines[line]))))
        how = chance.randrange(9)
        if how < 3:
            lines[line] = lines[line][:column] + chance.choice(BITS) + lines[line][column:]
        elif how == 3:
            lines[line] = lines[line][:column] + lines[line][column + chance.randint(1, 3) :]
        elif how == 4:
            lines[line] = " " * max(0, inside + chance.randint(-3, 3)) + lines[line].lstrip(" ")
        elif how == 5:
            lines.insert(chance.randrange(len(lines) + 1), lines[line])
        elif how == 6:
            del lines[line]
        elif how == 7:
            lines.insert(line, " " * chance.randint(0, 8))
        else:
            lines[line] += " " * chance.randint(1, 3)
        text = "\n".join(lines)
    return text.rstrip("\n") if chance.random() < 0.03 else text if chance.random() < 0.05 else text + "\n"


def judged(text: str) -> bool:
    """Whether the quick reader is sure of a text; it is wrong when the real one raises or says another thing."""
    return all([_agrees(text, strings) for strings in (False, True)])


def _agrees(text: str, strings: bool) -> bool:
    noted: dict = {}
    found = plainyaml.read(text, strings=strings, lines=noted)
    if found is plainyaml.UNSURE:
        assert noted == {}
        return False
    lines: dict = {}
    # repr tells True from 1, "1" from 1, 1.0 from 1, and the order of members.
    assert repr(found) == repr(textguard.load_yaml(text, "x", strings=strings, lines=lines)), text
    assert repr(sorted(noted.items(), key=repr)) == repr(sorted(lines.items(), key=repr)), text
    return True


@pytest.mark.parametrize("case", SURE)
def test_what_agents_usually_write_is_read_quickly(case):
    assert judged(SURE[case])


@pytest.mark.parametrize("case", LEFT)
def test_what_is_unusual_is_left_to_the_real_reader(case):
    assert plainyaml.read(LEFT[case]) is plainyaml.UNSURE


@pytest.mark.parametrize("text", BODIES, ids=range(len(BODIES)))
def test_every_block_of_the_report_tests_is_read_as_the_real_reader_does(text):
    judged(text)


@pytest.mark.parametrize("text", TASKS, ids=range(len(TASKS)))
def test_every_task_of_the_tests_is_read_as_the_real_reader_does(text):
    judged(text)


@pytest.mark.parametrize("seed", range(8))
def test_a_changed_report_is_read_as_the_real_reader_does_or_left(seed):
    chance = random.Random(seed)
    assert sum(judged(mutated(chance)) for _ in range(1000)) > 200


def test_without_the_parser_in_c_it_is_the_same(monkeypatch):
    import yaml

    monkeypatch.delattr(yaml, "CLoader", raising=False)
    chance = random.Random(99)
    assert sum(judged(mutated(chance)) for _ in range(500)) > 100


YAMLISH = st.lists(st.sampled_from([*BITS, "a", "b: ", "\n", "\n  ", "\n    ", "\n- "]), max_size=24).map("".join)


@settings(max_examples=2000, deadline=None)
@given(YAMLISH)
def test_any_text_is_read_as_the_real_reader_does_or_left(text):
    judged(f"{text}\n")
    judged(f"a:\n  - b: {text}\n")
    judged(f"a: |\n  {text}\n")


OLD_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,29})")
OLD_FLOAT = re.compile(r"[-+]?([0-9]{1,30}\.[0-9]{0,30}([eE][-+][0-9]{1,3})?|[0-9]{1,30}[eE][-+][0-9]{1,3})")
NUMBERISH = st.text(st.sampled_from("0123456789+-.eE _²٣"), min_size=1, max_size=12)
HOSTILE = {
    "deep": "- " * 100_000,
    "deep in one line": "a: " + "[" * 100_000,
    "many blocks": "- |\n  x\n" * 25_000,
    "a long line": "a: [" + "x, " * 60_000 + "x]",
    "many escapes": 'a: "' + "\\n" * 90_000 + '"',
    "many quotes": "a: '" + "''" * 90_000 + "'",
    "comments": "#\n" * 90_000 + "a: 1",
    "blanks": "a:\n" + " \n" * 90_000,
    "a text over many lines": "a: x\n" + "  y\n\n" * 40_000,
    "a quoted text over many lines": "a: 'x\n" + "  ''y\n\n" * 40_000 + "  '",
    "a quoted text that never ends": "a: 'x\n" + "  ''y\n" * 60_000,
}


@settings(max_examples=2000, deadline=None)
@given(NUMBERISH | st.from_regex(OLD_FLOAT, fullmatch=True))
def test_a_number_is_what_two_expressions_say(text):
    found = resolve(text)
    if OLD_INT.fullmatch(text):
        assert (found, type(found)) == (int(text), int)
    elif OLD_FLOAT.fullmatch(text) and abs(float(text)) != float("inf"):
        assert repr(found) == repr(float(text))
    else:
        assert found is text


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_text_is_read_as_the_real_reader_does_or_left(case):
    judged(f"{HOSTILE[case]}\n")
