"""The report at the end of an agent's message: what is taken, and what is said of the rest."""

import json
import time

import pytest

from assembly_line import schemas
from assembly_line.core.kinds import KINDS
from assembly_line.core.run import Station
from assembly_line.project.reports import MAX_CHARS, parse
from assembly_line.text import forms
from assembly_line.yamlio import writer
from tests.support.delivery import ROOT
from tests.support.reports import fenced, report, verdict

NAMES = sorted(path.stem for path in (ROOT / "assembly_line/schemas").glob("*.json"))
GOOD = "report:\n  status: done\n  summary: did it\n"


def block(body, word="yaml", before="Text.\n\n", after=""):
    return f"{before}```{word}\n{body}```{after}"


TAKEN = {
    "plain": block(GOOD),
    "nothing before it": block(GOOD, before=""),
    "blank lines after it": block(GOOD, after="\n\n  \n"),
    "yml": block(GOOD, "yml"),
    "carriage returns": block(GOOD).replace("\n", "\r\n"),
    "another block before it": block("x: 1\n") + "\n\n" + block(GOOD),
    "code before it": block("report = 1\n", "python") + "\n" + block(GOOD),
    "indented fence": "Text\n\n   ```yaml\n" + GOOD + "   ```",
    "a block scalar with backticks": block("report:\n  status: done\n  summary: |\n    `a` and ``b``\n"),
    "a block with another info string before it": block("int x;\n", "c++ title=x") + "\n" + block(GOOD),
    "a longer fence": block(GOOD).replace("```", "````"),
    "tests": block(writer.dump({"report": report("test")})),
    "review": block(writer.dump({"report": report("review")})),
    "concerns": block(GOOD + "  concerns:\n    - slow\n"),
    "text after it": block(GOOD, after="\nFiles: a.py, b.py"),
    "not marked": block(GOOD, ""),
    "another block after it": block(GOOD) + "\n" + block("x: 1\n") + "\n" + block("a b\n", ""),
    "output that looks like one after it": block(GOOD) + "\n" + block("report: 3 tests\n", ""),
    "json after it": block(GOOD) + "\n" + block('{"report": {}}\n', "json"),
    "a draft before it": block(GOOD.replace("done", "blocked")) + "\n" + block(GOOD),
    "a verdict before it": block("verdict:\n  result: PASS\n") + "\n" + block(GOOD),
    "a status in another case": block(GOOD.replace("done", "Done.")),
    "a number as summary": block("report:\n  status: done\n  summary: 5\n"),
    "an optional part that is none": block(GOOD + "  tests: n/a\n  review: none\n"),
    "an unquoted colon": block("report:\n  status: done\n  summary: it works: all of it\n"),
    "a backtick at the beginning": block("report:\n  status: done\n  summary: `npm test` works: yes\n"),
}
MALFORMED = {
    "empty": ("", "fenced"),
    "no block": ("I am done.", "fenced"),
    "open fence": ("```yaml\n" + GOOD, "fenced"),
    "json": (block('{"report":{"status":"done","summary":"x"}}\n', "json"), "fenced"),
    "another key": (block("result:\n  status: done\n"), "top-level key report"),
    "another station's key": (block("verdict:\n  result: PASS\n"), "not verdict"),
    "another station's key last": (block(GOOD) + "\n" + block("verdict:\n  result: PASS\n"), "not verdict"),
    "two keys": (block(GOOD + "verdict: {}\n"), "top-level key report"),
    "a list": (block("- report\n"), "top-level key report"),
    "nothing in it": (block(""), "top-level key report"),
    "broken YAML": (block("report: [\n"), "not valid YAML"),
    "an alias": (block("report: &a {status: done}\n"), "anchor"),
    "a tag": (block("report: !!python/object:os.system {}\n"), "tag"),
    "a key twice": (block("report:\n  status: done\n  status: blocked\n"), "duplicate key"),
    "deep": (block("report: " + "[" * 100_000 + "\n"), "deeper"),
    "a control character": (block(GOOD.replace("did", "d\x00d")), "character"),
    "unknown key": (block(GOOD + "  verdict: PASS\n"), "verdict"),
    "no status": (block("report:\n  summary: x\n"), "status"),
    "another status": (block("report:\n  status: finished\n  summary: x\n"), "status"),
    "no summary": (block("report:\n  status: done\n"), "summary"),
    "an empty summary": (block("report:\n  status: done\n  summary: ''\n"), "summary"),
    "too long": ("x" * (MAX_CHARS + 1) + block(GOOD), "shorten"),
    "half a surrogate pair": (block(GOOD.replace("did", '"\\ud800"')), "report"),
}


@pytest.mark.parametrize("case", TAKEN)
def test_a_report_that_ends_the_message_is_taken(case):
    body, errors = parse(TAKEN[case], "development")
    assert errors == ()
    assert body["status"] == "done"


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_report_is_told_in_words_of_one_line_each(case):
    message, word = MALFORMED[case]
    body, errors = parse(message, "development")
    assert body == {}
    assert any(word in item for item in errors), errors
    assert all("\n" not in item and len(item) < 1000 for item in errors)


@pytest.mark.parametrize(
    "text",
    [
        "```yaml\n" * 20_000,
        "```\n" * 40_000,
        "\n" * 190_000,
        "   ```yaml\n" * 15_000,
        f"```{' ' * 150_000}`",
        "```\nreport:\n" + "  a: b: c\n" * 18_000 + "```",
        "```\nreport:\n```\n" * 12_000,
        "```\n" + "report:\n" * 20_000 + "```",
        "```\nreport:\n  - " + "a: " * 60_000 + "\n```",
        "```\nreport:\n  summary: `" + "x" * 190_000 + "\n```",
        "```\nreport:\n" + "".join(f"  k{n}: `x: y\n" for n in range(12_000)) + "```",
    ],
)
def test_a_hostile_message_is_judged_in_time(text):
    begun = time.process_time()
    assert parse(text, "development")[1]
    assert time.process_time() - begun < 2


LISTS = {
    "none": [],
    "None": [],
    "n/a": [],
    "null": [],
    "''": [],
    "": [],
    "[none]": [],
    "one thing": ["one thing"],
    "one: thing": ["one: thing"],
    "\n    - Linters were not run: mypy is missing": ["Linters were not run: mypy is missing"],
    "\n    - a: b: c": ["a: b: c"],
    "\n    - 5\n    - true\n    - none": ["5", "true"],
    "\n    - `x` fails": ["`x` fails"],
}


@pytest.mark.parametrize("written", LISTS)
def test_a_slip_of_form_in_a_list_of_texts_is_read_as_a_person_would(written):
    body, errors = parse(block(f"{GOOD}  concerns: {written}\n"), "development")
    assert (body.get("concerns"), errors) == (LISTS[written], ())


STRICT = {
    "an unknown key": (GOOD + "  notes: x\n", "notes"),
    "a mapping of two keys for a text": ("report:\n  status: done\n  summary: {a: b, c: d}\n", "summary"),
    "a list for a text": ("report:\n  status: done\n  summary: [a, b]\n", "summary"),
    "a text for a number": (GOOD + "  tests: {framework: x, command: y, total: many, passed: 1, failed: 0}\n", "total"),
    "a choice that is none": ("report:\n  status: finished\n  summary: x\n", "status"),
    "a text that begins elsewhere": ("report:\n  status: done\n  summary: a\n    b: c\n", "quote the text"),
}


@pytest.mark.parametrize("case", STRICT)
def test_what_could_mean_two_things_is_sent_back(case):
    text, word = STRICT[case]
    assert any(word in item for item in parse(block(text), "development")[1])


@pytest.mark.parametrize(("kind", "form"), [("test", "tests"), ("review", "review")])
def test_a_station_owes_its_part_of_the_report_unless_it_is_blocked(kind, form):
    assert any(form in item for item in parse(block(GOOD), kind)[1])
    assert parse(block(GOOD.replace("status: done", "status: blocked")), kind)[1] == ()
    assert parse(block(GOOD), "development")[1] == ()


def test_all_that_is_wrong_is_told_at_once():
    found = " ".join(parse(block("report:\n  status: finished\n  notes: x\n"), "test")[1])
    assert all(word in found for word in ("status", "notes", "summary", "tests"))


def test_a_secret_that_a_repair_puts_together_is_never_given_on():
    body, _ = parse(block(GOOD + "  concerns:\n    - password: hunter2-hunter2\n"), "development")
    assert body["concerns"]
    assert "hunter2" not in str(body)


def test_backslashes_survive_in_the_form_that_the_prompt_shows():
    given = verdict(runtime_verification={"status": "PASS", "commands": []})
    text = writer.dump({"verdict": given}).replace(
        "commands: []", "commands:\n    - command: |-\n        printf 'a\\nb' | x\n      exit_code: 0"
    )
    body, errors = parse(block(text), "validation")
    assert errors == ()
    assert body["runtime_verification"]["commands"][0]["command"] == "printf 'a\\nb' | x"


@pytest.mark.parametrize("kind", KINDS)
def test_the_form_that_the_prompt_shows_is_taken(kind):
    form = forms.render(Station("x", "x", "x", kind))
    body, errors = parse(form, kind)
    assert (errors, bool(body)) == ((), True)


def test_each_kind_of_station_has_its_own_key():
    assert parse(fenced("verdict", verdict()), "validation")[1] == ()
    assert parse(fenced("compliance", {"result": "PASS", "violations": []}), "compliance")[1] == ()
    assert "verdict" in parse(block(GOOD), "validation")[1][0]
    assert "report" in parse(fenced("verdict", verdict()), "development")[1][0]


def test_secrets_in_a_report_are_never_given_on():
    body, _ = parse(
        block("report:\n  status: done\n  summary: used ghp_0123456789abcdefghijABCDEFGHIJ012345\n"), "development"
    )
    assert "ghp_" not in body["summary"]


def test_a_report_that_no_record_can_hold_is_sent_back():
    criteria = [{"id": f"AC-{number}", "result": "PASS", "evidence": "汉" * 1900} for number in range(60)]
    body, errors = parse(fenced("verdict", verdict(criteria=criteria)), "validation")
    assert body == {}
    assert "shorten" in errors[0]


BAD_VERDICTS = {
    "no criteria": verdict(criteria=[]),
    "vague result": verdict(result="MOSTLY"),
    "a boolean": verdict(result=True),
    "an unknown member": verdict(score=5),
    "criterion without evidence": verdict(criteria=[{"id": "AC-1", "result": "PASS"}]),
    "runtime as text": verdict(runtime_verification="PASS"),
    "no runtime": {name: member for name, member in verdict().items() if name != "runtime_verification"},
}


@pytest.mark.parametrize("case", BAD_VERDICTS)
def test_a_vague_verdict_is_sent_back(case):
    body, errors = parse(fenced("verdict", BAD_VERDICTS[case]), "validation")
    assert body == {}
    assert errors


@pytest.mark.parametrize(
    ("result", "violations", "fits"),
    [
        ("PASS", [], True),
        ("PASS", ["minor"], True),
        ("PASS", ["major"], False),
        ("PASS", ["blocking"], False),
        ("FAIL", [], False),
        ("FAIL", ["minor"], True),
        ("FAIL", ["blocking", "major"], True),
    ],
)
def test_a_compliance_result_and_its_violations_agree(result, violations, fits):
    listed = [{"category": "other", "severity": severity, "item": "x", "action": "y"} for severity in violations]
    assert (schemas.faults("compliance", {"result": result, "violations": listed}) == []) == fits


@pytest.mark.parametrize("name", NAMES)
def test_every_schema_is_a_schema_and_refuses_what_is_no_mapping(name):
    import jsonschema

    jsonschema.Draft202012Validator.check_schema(schemas.load(name))
    assert schemas.faults(name, [])
    assert schemas.faults(name, None)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "state"])
def test_unknown_keys_are_errors_everywhere_but_in_the_state_file(name):
    assert any("surprise" in fault for fault in schemas.faults(name, {"surprise": 1}))


def test_faults_name_their_place():
    found = schemas.faults("verdict", verdict(criteria=[{"id": "AC-1", "result": "maybe", "evidence": "x"}]))
    assert found
    assert found[0].startswith("criteria[0].result: ")


def test_at_most_ten_faults_of_bounded_length_are_told():
    found = schemas.faults("report", {"status": "x" * 5000, "summary": 1, **{f"k{n}": 1 for n in range(50)}})
    assert len(found) <= 10
    assert all(len(item) < 300 for item in found)


@pytest.mark.parametrize("word", ["yaml", "YAML", ""])
def test_a_report_in_one_line_of_json_is_a_report(word):
    body = {"status": "done", "summary": "as asked"}
    assert parse(f"Done.\n\n```{word}\n{json.dumps({'report': body})}\n```", "development") == (body, ())
