"""A program's output and exit status, however it ends, by both ways of starting one."""

import os
import sys

import pytest

from assembly_line import process

SHELL = ["/bin/sh", "-c"]


@pytest.fixture(params=["spawned", "by subprocess"], autouse=True)
def way(request, monkeypatch):
    if request.param == "by subprocess":
        monkeypatch.delattr(os, "posix_spawn")


def run(script: str, seconds: float = 30) -> tuple[int, bytes]:
    return process.Process([*SHELL, script], {**os.environ, "WORD": "ü"}).collect(seconds)


@pytest.mark.parametrize(
    ("script", "status", "printed"),
    [
        ("printf a; printf b >&2", 0, b"a"),
        ("printf a; exit 3", 3, b"a"),
        ("cat", 0, b""),
        ('printf "$WORD"', 0, "ü".encode()),
        ("kill -9 $$", -9, b""),
        ("kill -PIPE $$; printf alive", -13, b""),
        ("head -c 300000 /dev/zero", 0, bytes(300000)),
    ],
)
def test_output_and_status_are_the_programs_own(script, status, printed):
    assert run(script) == (status, printed)


@pytest.mark.parametrize("script", ["exec sleep 600", "printf a; exec sleep 600", "exec sleep 600 >&-"])
def test_a_program_that_does_not_end_in_time_is_killed(script):
    started = process.Process([*SHELL, script], dict(os.environ))
    number = started._pid if hasattr(os, "posix_spawn") else started._popen.pid
    with pytest.raises(TimeoutError):
        started.collect(0.2)
    with pytest.raises(ChildProcessError):  # it is not left to be waited for
        os.waitpid(number, os.WNOHANG)


def test_a_program_that_is_not_there_cannot_be_started(tmp_path):
    before = len(os.listdir("/dev/fd"))
    with pytest.raises(OSError, match="nothing"):
        process.Process([str(tmp_path / "nothing")], {}).collect(1)
    assert len(os.listdir("/dev/fd")) == before


def test_programs_started_together_are_collected_one_by_one():
    first, second = (process.Process([*SHELL, f"printf {word}"], {}) for word in "ab")
    assert (second.collect(30), first.collect(30)) == ((0, b"b"), (0, b"a"))


def test_no_open_file_is_handed_down():
    reading, writing = os.pipe()
    try:
        assert run(f"test -e /dev/fd/{writing}") == (1, b"")
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_the_callers_own_standard_files_may_be_closed(closed, tmp_path):
    code = (
        f"import os, sys; sys.path.insert(0, {os.getcwd()!r})\n"
        "from assembly_line import process\n"
        f"[os.close(number) for number in {closed}]\n"
        "words = ['/bin/sh', '-c', 'cat; printf a; printf b >&2']\n"
        "got = process.Process(words, {'PATH': os.environ['PATH']}).collect(30)\n"
        f"open({str(tmp_path / 'got')!r}, 'w').write(repr(got))\n"
    )
    process.Process([sys.executable, "-c", code], dict(os.environ)).collect(60)
    assert (tmp_path / "got").read_text() == "(0, b'a')"


@pytest.mark.parametrize("program", ["/bin/true", "/bin/false"])
def test_a_program_that_the_system_has_buried_with_its_status_counts_as_failed(program, tmp_path):
    code = (
        f"import os, signal, sys; sys.path.insert(0, {os.getcwd()!r})\n"
        "from assembly_line import process\n"
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        f"try: got = process.Process([{program!r}], {{}}).collect(30)\n"
        "except OSError: got = 'refused'\n"
        f"open({str(tmp_path / 'got')!r}, 'w').write(repr(got))\n"
    )
    process.Process([sys.executable, "-c", code], dict(os.environ)).collect(60)
    assert (tmp_path / "got").read_text() == "'refused'"
