"""Definition files become Blueprints, or one line that says what is wrong with them."""

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assembly_line.core.blueprint import Blueprint
from assembly_line.errors import LineError
from assembly_line.intake import markdown, reader, yamltask
from assembly_line.intake.draft import Draft

HERE = Path(__file__).parent
EXPECTED = ".expected.json"
POSITIVE = sorted(path.name for path in (HERE / "positive").iterdir() if not path.name.endswith(EXPECTED))
NEGATIVE = json.loads((HERE / "negative" / "expected.json").read_text("utf-8"))


def seen(blueprint: Blueprint) -> dict:
    return {
        "id": blueprint.id,
        "title": blueprint.title,
        "type": blueprint.type,
        "description": blueprint.description,
        "dependencies": list(blueprint.dependencies),
        "track": blueprint.track,
        "criteria": [
            {"line": int(one.place.rpartition(":")[2]), "text": one.text, "context": one.context}
            for one in blueprint.criteria
        ],
    }


def write(root: Path, name: str, text: str | bytes) -> Path:
    path = root / "tasks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refusal(root: Path, path: Path, task: str) -> str:
    with pytest.raises(LineError) as caught:
        reader.read(root, path, task)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", POSITIVE)
def test_a_definition_is_read_as_the_file_beside_it_says(name):
    root = HERE / "positive"
    expected = json.loads((root / (name + EXPECTED)).read_text("utf-8"))
    blueprint = reader.read(root, root / name, expected["id"])
    assert seen(blueprint) == expected
    assert [one.id for one in blueprint.criteria] == [f"AC-{index + 1}" for index in range(len(blueprint.criteria))]
    assert all(one.place.startswith(f"{name}:") for one in blueprint.criteria)
    assert blueprint.sha256 == hashlib.sha256((root / name).read_bytes()).hexdigest()


@pytest.mark.parametrize("name", POSITIVE)
def test_a_byte_order_mark_and_windows_line_ends_change_nothing(name, tmp_path):
    root = HERE / "positive"
    expected = json.loads((root / (name + EXPECTED)).read_text("utf-8"))
    data = b"\xef\xbb\xbf" + (root / name).read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert seen(reader.read(tmp_path, write(tmp_path, name, data), expected["id"])) == expected


@pytest.mark.parametrize("name", NEGATIVE)
def test_a_file_that_is_no_definition_is_refused_with_place_and_reason(name):
    root = HERE / "negative"
    message = refusal(root, root / name, "TASK-201")
    assert message.startswith(name)
    assert "; " in message  # what to do about it
    for words in NEGATIVE[name]:
        assert words in message


def test_every_negative_fixture_has_an_expectation():
    assert sorted(NEGATIVE) == sorted(
        path.name for path in (HERE / "negative").iterdir() if path.name != "expected.json"
    )


@pytest.mark.parametrize("key", ["acceptance", "acceptanceCriteria", "definition_of_done"])
def test_other_names_of_the_criteria_stand_in_when_acceptance_criteria_is_absent(key, tmp_path):
    path = write(tmp_path, "T-1.yaml", f"id: T-1\n{key}:\n- a\n")
    assert [one.text for one in reader.read(tmp_path, path, "T-1").criteria] == ["a"]


def test_the_first_name_that_holds_criteria_wins(tmp_path):
    keys = "".join(f"{key}: [from {key}]\n" for key in reversed(yamltask.KEYS))
    blueprint = reader.read(tmp_path, write(tmp_path, "T-1.yaml", keys), "T-1")
    assert [one.text for one in blueprint.criteria] == ["from acceptance_criteria"]


@pytest.mark.parametrize(
    ("item", "text", "context"),
    [
        ("Password: at least 8 characters", "Password: at least 8 characters", ""),
        ("Password rules:", "Password rules:", ""),
        ("Sizes: [s, m]", "Sizes: s; m", ""),
        ("{claim: it is fast, proof: bench.py}", "claim: it is fast; proof: bench.py", ""),
        ("{id: AC-9, description: it works}", "it works", "AC-9"),
        ("{given: a, when: b, then: c}", "c", "Given a; When b"),
        ("{name: Two, then: c}", "c", "Two"),
        ("AC1: >-\n    one\n    two", "AC1: one two", ""),
        ("true", "true", ""),
        ("2026-01-01", "2026-01-01", ""),
        ("1e400", "1e400", ""),
    ],
)
def test_a_criterion_in_any_yaml_shape_becomes_one_line(item, text, context, tmp_path):
    path = write(tmp_path, "T-1.yaml", f"acceptance_criteria:\n- {item}\n")
    (one,) = reader.read(tmp_path, path, "T-1").criteria
    assert (one.text, one.context, one.place) == (text, context, "tasks/T-1.yaml:2")


HEAD = "## Success Criteria\n\n"


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        ("* **Then:** a\n* **And:** b\n", ["a", "b"]),
        ("* **Then**: a\n* **And**: b\n", ["a", "b"]),
        ("**THEN** a\n\n**AND** b\n", ["a", "b"]),
        ("*Then* a\n\n_And_ b\n", ["a", "b"]),
        ("Then: a\n\nAnd: b\n", ["a", "b"]),
        ("- Given x\n- Then a\n- And b\n", ["a", "b"]),
        (
            "- Given x, when y, then a\n- Given x2, when y2, then b\n",
            ["Given x, when y, then a", "Given x2, when y2, then b"],
        ),
        ("- When x, the system shall a\n- b\n", ["When x, the system shall a", "b"]),
        ("#### Then: a\n#### And\nb\n", ["a", "b"]),
        ("### Then\n- a\n- **b**\n", ["a", "**b**"]),
        ("### Then: a\n\n#### Details\n- b\n", ["a. Details: b"]),
        ("* **Then the user sees** a\n", ["the user sees a"]),
        ("* **Behavior 1**\n  * **Then:** a\n  * b\n", ["a", "b"]),
        ("* **Behavior 1**\n\t* **Then:** a\n\t\t* b\n", ["a: b"]),
        ("* **Then:** a\n\n  more\n\nprose\n\n- [ ] b\n", ["a more", "b"]),
        ("* **Then:** must be fast **and** safe\n", ["must be fast **and** safe"]),
        ("- [ ] a\n- [X] b\n  c\n1. [ ] d\n", ["a", "b c", "d"]),
        ("-[ ] a\n", ["a"]),
        ("1. a\n\n   b\n2. c\n", ["a b", "c"]),
        ("- a\n  - b\n    - c\n", ["a: b; c"]),
        ("````\n```\n- [ ] a\n````\n- b\n", ["b"]),
        ("- a `<!--` b\n- c\n", ["a `<!--` b", "c"]),
        ("- a <!-- open\n", ["a <!-- open"]),
        ("<!-- x --> \n- a <!-- y -->\n", ["a"]),
        ("- a\n\n| x | y |\n|---|---|\n", ["a"]),
        ("- a\n### Given: only a context\n", ["a"]),
    ],
)
def test_outcomes_and_items_are_found_however_they_are_marked(body, texts):
    draft = markdown.read(HEAD + body, "T-1.md", "T-1")
    assert [one.text for one in draft.criteria] == texts


@pytest.mark.parametrize(
    "title",
    [
        "## 2. The Contract: Requirements & Test Cases",
        "## 3. The Contract",
        "# 3. Success Criteria",
        "### Acceptance criteria (all of them)",
        "## II. ACCEPTANCE CRITERIA:",
        "## **Definition of Done**",
        "**Acceptance Criteria:**",
        "## Contract and Acceptance Criteria",
    ],
)
def test_the_section_is_found_by_its_title(title):
    draft = markdown.read(f"# Some task\n\n{title}\n\n- a\n\n# Next\n\n- b\n", "T-1.md", "T-1")
    assert [one.text for one in draft.criteria] == ["a"]


@pytest.mark.parametrize("title", ["Acceptance Criteria Status", "API Contract", "Contracts", "Criteria", "Done"])
def test_a_section_of_another_title_holds_no_criteria(title):
    assert markdown.read(f"# Some task\n\n## {title}\n\n- a\n", "T-1.md", "T-1").criteria == ()


def test_a_definition_of_done_stands_in_only_for_missing_criteria():
    text = "# T\n## Contract\n- not a criterion\n## Definition of Done\n- merged\n## Acceptance Criteria\n- a\n"
    assert [one.text for one in markdown.read(text, "T-1.md", "T-1").criteria] == ["a"]


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nprose: with a colon\n\n---\n",
        "---\n",
        "text\n---\nid: X\n---\n",
        "---\n- id: X\n---\n",
        "----\nid: X\n---\n",
    ],
)
def test_a_rule_is_no_frontmatter(text):
    if text.startswith("---\n\nprose"):
        text = text.replace("prose:", "Prose of some words, then:")
    assert markdown.frontmatter(text, "T-1.md") == ({}, {}, 0)


def test_frontmatter_may_follow_a_heading_and_keeps_the_lines_of_the_file():
    text = "# T\n\n---\nid: T-1\ntitle: x\ntitle: y\n---\n"
    with pytest.raises(LineError, match=r"T-1\.md:6: .*line 5"):
        markdown.frontmatter(text, "T-1.md")


def test_a_long_outcome_with_details_loses_none_of_them(tmp_path):
    details = [f"detail {index} " + "x" * 90 for index in range(12)]
    body = HEAD + "* **Then:** the report holds\n" + "".join(f"  * {detail}\n" for detail in details)
    blueprint = reader.read(tmp_path, write(tmp_path, "T-1.md", body), "T-1")
    assert [one.text for one in blueprint.criteria] == [f"the report holds: {detail}" for detail in details]
    assert blueprint.criteria[3].place == "tasks/T-1.md:7"


def test_a_long_criterion_and_a_long_description_are_cut(tmp_path):
    text = f"id: T-1\ndescription: {'A sentence of words. ' * 400}\nacceptance_criteria: ['{'word ' * 400}']\n"
    blueprint = reader.read(tmp_path, write(tmp_path, "T-1.yaml", text), "T-1")
    assert len(blueprint.criteria[0].text) <= 600
    assert blueprint.criteria[0].text.endswith("…")
    assert 3000 < len(blueprint.description) <= 6000
    assert blueprint.description.endswith("words. …")


def test_hidden_characters_of_titles_and_criteria_are_made_visible(tmp_path):
    text = 'id: T-1\ntitle: "a\\e[31m\\u202Eb\\u2028c"\nacceptance_criteria: ["d\\ne\\0", "\\u0645\\u200c\\u0645"]\n'
    blueprint = reader.read(tmp_path, write(tmp_path, "T-1.yaml", text), "T-1")
    assert blueprint.title == "a\\x1b[31m\\u202eb c"
    assert [one.text for one in blueprint.criteria] == ["d e\\x00", "\u0645\u200c\u0645"]


def test_a_task_without_a_title_is_called_by_its_id(tmp_path):
    assert reader.read(tmp_path, write(tmp_path, "T-1.md", HEAD + "- a\n"), "T-1").title == "T-1"


@pytest.mark.parametrize(
    ("value", "dependencies"),
    [
        ("null", ()),
        ("none", ()),
        ("[]", ()),
        ("T-2", ("T-2",)),
        ("'T-2, T-3'", ("T-2", "T-3")),
        ("[T-2, T-2, 'T-3; T-4']", ("T-2", "T-3", "T-4")),
        ("{hard: [T-2], soft: T-3}", ("T-2", "T-3")),
        ("[{id: T-2, kind: hard}]", ("T-2",)),
        ("[7]", ("7",)),
        ("the design, when it is agreed (T-2)", ("the design, when it is agreed (T-2)",)),
    ],
)
def test_dependencies_are_read_in_every_shape(value, dependencies, tmp_path):
    path = write(tmp_path, "T-1.yaml", f"acceptance_criteria: [a]\ndepends_on: {value}\n")
    assert reader.read(tmp_path, path, "T-1").dependencies == dependencies


def test_a_file_outside_the_project_is_refused(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    assert "outside" in refusal(root, write(tmp_path, "T-1.md", HEAD + "- a\n"), "T-1")
    assert "outside" in refusal(root, root / ".." / "tasks" / "T-1.md", "T-1")


def test_more_criteria_than_a_run_could_validate_are_refused(tmp_path):
    path = write(tmp_path, "T-1.yaml", "acceptance_criteria:\n" + "- a\n" * 501)
    assert "501" in refusal(tmp_path, path, "T-1")


def test_a_file_that_is_too_large_is_refused_unread(tmp_path):
    path = write(tmp_path, "T-1.yaml", b"# " + b"x" * (1 << 20))
    assert "larger than" in refusal(tmp_path, path, "T-1")


MARKS = """
---
id: T-1
# T
## Acceptance Criteria
## The Contract
### Then: a
### Given
* **Then:** a
  * **And:** b
* **Behavior 1: x**
- [ ] a
  - b
\t- c
1. d
**Given** e
**Then** f
Then g
Given h
text
    more
```
~~~~
<!--
-->
| t |
-\x20
#
> q
**Bold**
- **Bold**
***"""
ROWS = st.lists(st.sampled_from(MARKS.split("\n")) | st.text(max_size=30), max_size=40)


def attempt(read: Callable[..., Draft], *arguments: str) -> Draft | None:
    """What is read; None after a refusal in one line. Anything else fails the test."""
    try:
        return read(*arguments)
    except LineError as error:
        message = str(error)
    assert "\n" not in message
    return None


@settings(max_examples=300, deadline=None)
@given(ROWS)
def test_no_markdown_text_breaks_the_reader(rows):
    text = "\n".join(rows)
    if draft := attempt(markdown.read, text, "T-1.md", "T-1"):
        count = text.count("\n") + 1
        assert all(1 <= one.line <= count for one in draft.criteria)
        assert len(draft.description) <= 1500


KEYS = st.sampled_from(["id", "title", "given", "then", "text", "a b"])
SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(SHAPES)
def test_no_shape_of_criteria_breaks_the_reader(value):
    text = json.dumps({"id": "T-1", "acceptance_criteria": value, "dependencies": value})
    if draft := attempt(yamltask.read, text, "T-1.json"):
        assert not any("{'" in one.text for one in draft.criteria)


YAML_ROWS = st.lists(
    st.sampled_from(
        [
            "- a",
            "- b: c",
            "- |",
            "  - d",
            "  more",
            "- >-",
            "-",
            "- ''",
            "- {then: x}",
            "- [e, f]",
            "- |2",
            "",
            "# g",
            "- a #1",
            "h: i",
        ]
    ),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(YAML_ROWS, st.sampled_from(["acceptance_criteria:", "acceptance: |", "acceptance: >", "definition_of_done: '"]))
def test_no_yaml_text_breaks_the_reader(rows, key):
    text = "\n".join(["id: T-1", key, *rows])
    if draft := attempt(yamltask.read, text, "T-1.yaml"):
        assert all(1 <= one.line <= len(rows) + 3 for one in draft.criteria)


HEAVY = {
    "comments that nobody closes": "<!--\n" * 150_000,
    "comments in one line": "- a" + "<!-- x -->" * 80_000,
    "ticks and comments": "- a" + "`<!--" * 150_000 + "-->",
    "one long item": "- a\n" + "more\n" * 150_000,
    "one long detail": "- a\n  - b\n" + "    more\n" * 80_000,
    "a heading of spaces": "# " + " " * 900_000 + "x",
    "headings": "## a\n" * 150_000,
    "headings that go deeper": "".join(f"{'#' * (1 + index % 6)} Overview\nx\n" for index in range(40_000)),
    "a heading with an id": "# T-" + "1" * 900_000 + "!",
    "bold": "**" * 400_000,
    "rules": "* " * 400_000 + "x",
    "steps in one line": "* " + "**Then** a " * 80_000,
    "steps of spaces": "* **Given" + " " * 900_000 + "x",
    "givens and outcomes": "* **Given:** g\n" + "  * d\n" * 50_000 + "* **Then:** a\n" * 30_000,
    "frontmatter": "---\nid: T-1\ndependencies: '" + " " * 800_000 + "!'\n---\n",
    "frontmatter without end": "---\n" + "a: b\n" * 180_000,
}


@pytest.mark.parametrize("name", HEAVY)
def test_a_heavy_file_is_read_in_bounded_time(name, tmp_path):
    text = HEAVY[name] if name.startswith("frontmatter") else "## Acceptance Criteria\n" + HEAVY[name]
    assert 300_000 < len(text) < 1 << 20
    start = time.process_time()
    attempt(markdown.read, text, "T-1.md", "T-1")
    assert time.process_time() - start < 4


SECTIONS = """---
id: T-1
branch: {branch}
---
# Store orders

## Overview
Orders come by file.

```csv
id;price
```

## Contract
- **Then** they are stored

## History
Moved from T-0.

## Tasks
- [x] read
- [ ] write

## Format
| a | b |
  ```
  fenced
  ```
<!-- a hint -->

### Acceptance criteria
- [ ] the format holds

## Non-goals
- [ ] no new dependency
"""


def test_what_a_task_says_besides_description_and_criteria_is_kept_with_what_binds_first(tmp_path):
    blueprint = reader.read(tmp_path, write(tmp_path, "T-1.md", SECTIONS.format(branch="orders")), "T-1")
    assert blueprint.description.splitlines() == ["Orders come by file.", "", "```csv", "id;price", "```"]
    assert [line for line in blueprint.constraints.splitlines() if line] == [
        "### Non-goals",
        "- no new dependency",
        "### Format",
        "| a | b |",
        "  ```",
        "  fenced",
        "  ```",
    ]


@pytest.mark.parametrize(
    ("written", "branch"),
    [("orders", "orders"), ("feature/x", "feature/x"), ("", ""), ("[a]", ""), ("'<branch>'", ""), ("'{{branch}}'", "")],
)
def test_the_branch_that_a_task_names_is_kept_unless_it_is_a_placeholder(written, branch, tmp_path):
    path = write(tmp_path, "T-1.md", SECTIONS.format(branch=written))
    assert reader.read(tmp_path, path, "T-1").branch == branch


@pytest.mark.parametrize(
    ("written", "rows"),
    [
        ("constraints: no new dependency", ["### Constraints", "no new dependency"]),
        (
            "out_of_scope: [pages, {name: mail, why: later}]",
            ["### Out of scope", "- pages", "- name: mail; why: later"],
        ),
        ("nonGoals: [a]", ["### Non goals", "- a"]),
        ("notes:", []),
        ("notes: []", []),
        ("status: open", []),
    ],
)
@pytest.mark.parametrize("form", ["T-1.yaml", "T-1.md"])
def test_constraints_in_keys_are_kept_under_headings(written, rows, form, tmp_path):
    keys = f"id: T-1\n{written}\nacceptance_criteria: [it holds]\n"
    text = keys if form.endswith("yaml") else f"---\n{keys}---\n# Store orders\n"
    blueprint = reader.read(tmp_path, write(tmp_path, form, text), "T-1")
    assert blueprint.constraints.splitlines() == rows


def test_long_constraints_are_cut_with_a_sign(tmp_path):
    text = f"id: T-1\nnotes: {'word ' * 4000}\nacceptance_criteria: [it holds]\n"
    constraints = reader.read(tmp_path, write(tmp_path, "T-1.yaml", text), "T-1").constraints
    assert (len(constraints) <= 6000, constraints[-1]) == (True, "…")
