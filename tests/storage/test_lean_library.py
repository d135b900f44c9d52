"""What hooks use of the standard library without importing it gives what the library gives."""

import contextlib
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assembly_line import lean

ROOT = Path(__file__).resolve().parents[2]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
BAD = [
    "",
    " ",
    "{",
    "[1,",
    "nul",
    "1 2",
    '"\x01"',
    '{"a":1,}',
    "'a'",
    '"\\x"',
    "\ufeff1",
    b"\xff",
    b'{"a"',
    "[" * 100_000,
]


@given(JSON)
def test_a_value_is_written_as_json_writes_it_and_read_back(value):
    compact = {"separators": (",", ":")}
    assert lean.dumps(value) == json.dumps(value, **compact)
    assert lean.dumps(value, ascii=False) == json.dumps(value, **compact, ensure_ascii=False)
    assert lean.canonical(value) == json.dumps(value, **compact, sort_keys=True).encode()
    assert lean.loads(json.dumps(value, indent=1)) == json.loads(json.dumps(value))
    assert lean.loads(f" {lean.dumps(value)}\n".encode()) == value


@given(JSON.map(json.dumps), st.integers(0, 400), st.sampled_from(list('{}[],:"\\e1-. \n\x00é')))
def test_a_text_is_read_or_refused_as_json_does(text, place, sign):
    changed = text[: place % len(text)] + sign + text[place % len(text) + 1 :]
    assert repr(outcome(lean.loads, changed)) == repr(outcome(json.loads, changed))


@pytest.mark.parametrize("text", BAD, ids=lambda text: repr(text[:8]))
def test_what_is_no_json_is_refused_in_a_process_that_has_not_imported_the_library(text):
    code = (
        "import sys; from assembly_line import lean; assert 'json' not in sys.modules\n"
        f"try: lean.loads({text[:20]!r} * {len(text) // 20 + 1 if len(text) > 20 else 1})\n"
        "except (ValueError, RecursionError) as error: print(type(error).__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("JSONDecodeError", "UnicodeDecodeError", "RecursionError")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"x", object()])
def test_what_json_has_no_form_for_is_refused(value):
    for write in (lean.dumps, lean.canonical):
        with pytest.raises((TypeError, ValueError)):
            write({"a": [value]})


@given(st.binary())
def test_digests_are_those_of_the_library(data):
    assert lean.sha256(data).hexdigest() == hashlib.sha256(data).hexdigest()
    assert (
        lean.blake2b(data, key=b"k", digest_size=16).digest()
        == hashlib.blake2b(data, key=b"k", digest_size=16).digest()
    )


@pytest.mark.parametrize("library", [lean, contextlib])
def test_a_suppressed_error_ends_the_block_alone(library):
    with library.suppress(KeyError, OSError):
        raise FileNotFoundError
    with pytest.raises(IndexError), library.suppress(KeyError):
        raise IndexError


@pytest.mark.parametrize("library", [lean, contextlib])
def test_a_managed_block_is_entered_and_left_whatever_ends_it(library):
    seen = []

    @library.contextmanager
    def managed(name):
        seen.append(f"in {name}")
        try:
            yield name
        except KeyError:
            seen.append("swallowed")
        finally:
            seen.append(f"out {name}")

    with managed("a") as name:
        seen.append(name)
    with managed("b"):
        raise KeyError
    with pytest.raises(ValueError, match="mine"), managed("c"):
        raise ValueError("mine")
    assert seen == ["in a", "a", "out a", "in b", "swallowed", "out b", "in c", "out c"]


@pytest.mark.parametrize("library", [lean, contextlib])
def test_a_managed_block_that_is_entered_twice_is_refused(library):
    @library.contextmanager
    def twice():
        yield 1
        yield 2

    with pytest.raises(RuntimeError), twice():
        pass


def outcome(read, text):
    try:
        return read(text)
    except (ValueError, RecursionError) as error:
        return type(error)


def test_a_python_without_the_parts_in_c_gives_the_same(monkeypatch):
    value = {"b": [1, 2.5, None, True, "é\u2028"], "a": {"c": []}}
    quick = lean.dumps(value), lean.dumps(value, ascii=False), lean.canonical(value)
    monkeypatch.setattr(lean, "_scan", None)
    assert (lean.dumps(value), lean.dumps(value, ascii=False), lean.canonical(value)) == quick
    assert lean.loads(quick[0]) == value
