"""The report at the end of an agent's message: what is taken, and what is said of the rest."""

import re
import time

import pytest

from assembly_line import schemas
from assembly_line.project.reports import MAX_CHARS, _blocks, parse
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
}
MALFORMED = {
    "empty": ("", "fenced"),
    "no block": ("I am done.", "fenced"),
    "text after it": (block(GOOD, after="\nDone."), "end with a fenced block"),
    "not marked": (block(GOOD, ""), "not marked yaml"),
    "json": (block('{"report":{"status":"done","summary":"x"}}\n', "json"), "not marked yaml"),
    "open fence": ("```yaml\n" + GOOD, "fenced"),
    "another key": (block("result:\n  status: done\n"), "top-level key report"),
    "two keys": (block(GOOD + "verdict: {}\n"), "top-level key report"),
    "a list": (block("- report\n"), "top-level key report"),
    "nothing in it": (block(""), "top-level key report"),
    "another report before it": (block(GOOD) + "\n" + block(GOOD), "more than one"),
    "a verdict before it": (block("verdict:\n  result: PASS\n") + "\n" + block(GOOD), "more than one"),
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
    "a number as summary": (block("report:\n  status: done\n  summary: 5\n"), "summary"),
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
    "text", ["```yaml\n" * 20_000, "```\n" * 40_000, "\n" * 190_000, "   ```yaml\n" * 15_000, f"```{' ' * 150_000}`"]
)
def test_a_hostile_message_is_judged_in_time(text):
    begun = time.process_time()
    assert parse(text, "development")[1]
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    "before", ["", " ", "\n\t", "\x0b", "\x1c", "\x85", "\xa0", "\u2028", "\u200b", "#", "-", "\ufeff"]
)
@pytest.mark.parametrize("opening", ["report:", "verdict:", "compliance:", "report", "report :", "Report:", "reports:"])
def test_a_second_report_is_what_the_expression_says(before, opening):
    message = block(f"{before}{opening}\n") + "\n" + block(GOOD)
    wanted = bool(re.match(r"\s*(report|verdict|compliance):", _blocks(message)[0][0][1]))
    assert any("more than one" in fault for fault in parse(message, "development")[1]) == wanted


def test_each_kind_of_station_has_its_own_key():
    assert parse(fenced("verdict", verdict()), "validation")[1] == ()
    assert parse(fenced("compliance", {"result": "PASS", "violations": []}), "compliance")[1] == ()
    assert "verdict" in parse(block(GOOD), "validation")[1][0]
    assert "report" in parse(fenced("verdict", verdict()), "development")[1][0]


def test_secrets_in_a_report_are_never_given_on():
    body, _ = parse(
        block("report:\n  status: done\n  summary: used ghp_0123456789abcdefghijABCDEFGHIJ012345\n"), "test"
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
    "lower case": verdict(result="pass"),
    "a boolean": verdict(result=True),
    "an unknown member": verdict(score=5),
    "criterion without evidence": verdict(criteria=[{"id": "AC-1", "result": "PASS"}]),
    "exit code as text": verdict(
        runtime_verification={"status": "PASS", "commands": [{"command": "x", "exit_code": "0"}]}
    ),
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
