"""What is written as YAML is read back as the same data, by this project's reader and by a YAML 1.1 parser."""

import json
import re

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from assembly_line.yamlio import writer
from assembly_line.yamlio.reader import load_yaml

TRAPS = [
    "", " ", "no", "Yes", "NULL", "~", "null", "true", "010", "0x1f", "1e5", "1_000", "12:30:45", "2026-01-01",
    "- a", "? b", "a: b", "a:b", "x #c", "# c", "&a", "*a", "!t", "%d", "@x", "`x`", "{}", "[]", "|", ">", "'", '"',
    "\\", "\n", "a\nb\n", "\t", "a\u2028b: c", "\u0085", "\ufeff", "\u202e", "😀", "\x1b[31m", "\x00", "---", "...",
    "=", "<<", ".inf", "-.inf", "nan", ".NaN", "on", "y", "x" * 300, "a  b", " a", "a ", "a,b", "\ud7ff\ue000",
    "\ufffe", "e", "_", "a.", "1.",
]  # fmt: skip
TEXT = st.one_of(st.sampled_from(TRAPS), st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
KEYS = st.one_of(st.sampled_from([item for item in TRAPS]), st.text("abc-_.: #'\"\u2028😀", min_size=1, max_size=10))
NUMBERS = st.one_of(st.integers(-(10**25), 10**25), st.floats(allow_nan=False, allow_infinity=False, width=32))
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXT)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_data_goes_through_yaml_unchanged(data):
    text = writer.dump(data)
    assert yaml.safe_load(text) == (data or None)
    assert load_yaml(text, "x") == (data or None)
    assert text.isascii() or text.isprintable() or all(line.isprintable() for line in text.split("\n"))


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from("abc"), VALUES, min_size=1), st.integers(0, 6))
def test_an_indented_mapping_fits_below_a_key(data, indent):
    text = f"{' ' * indent}outer:\n{writer.dump(data, indent + 2)}"
    assert yaml.safe_load(text) == {"outer": data}


@settings(max_examples=200, deadline=None)
@given(TEXT)
def test_a_text_is_one_line(value):
    assert len(writer.scalar(value).splitlines()) == 1


PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*\Z")
RESERVED = {"null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"}
WORDS = st.one_of(TEXT, st.text('aZ_09./- \n\x7f\\"é', max_size=6), st.text("ab ", min_size=96, max_size=103))


@settings(max_examples=1000, deadline=None)
@given(WORDS)
def test_a_text_goes_unquoted_exactly_if_it_is_words_that_mean_nothing_else(value):
    plain = len(value) < 100 and PLAIN.match(value) and value.lower() not in RESERVED
    said = writer.scalar(value)
    assert said == value if plain else said == f'"{"".join(map(writer._escaped, value))}"'


@given(NUMBERS)
def test_a_number_is_written_as_json_writes_it_but_with_a_point_before_an_exponent(value):
    text = json.dumps(value)
    assert writer.scalar(value) == (text if "." in text else text.replace("e", ".0e"))


def test_small_and_large_numbers_stay_numbers():
    data = {"a": [1e-07, 1e16, 5e-324, -1.5e300, 0.1, -0.0, 10**25]}
    assert yaml.safe_load(writer.dump(data)) == load_yaml(writer.dump(data), "x") == data


def test_half_a_surrogate_pair_is_written_as_what_stands_for_it():
    assert yaml.safe_load(writer.dump({"a": "x\ud800y"})) == {"a": "x\ufffdy"}


def test_tuples_are_lists_and_empty_boxes_stay():
    assert yaml.safe_load(writer.dump({"a": (), "b": {}, "c": [[], {}, [1]]})) == {
        "a": [],
        "b": {},
        "c": [[], {}, [1]],
    }
