"""Every write is whole or not at all, and one process at a time holds a project's lock."""

import os
import resource
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from assembly_line.errors import LineError
from assembly_line.system import disk, lock
from tests.support.delivery import ROOT

IMPORT = f"import sys; sys.path.insert(0, {str(ROOT)!r})\nfrom assembly_line.system import disk"


def limited(tmp_path, code, limit):
    """Run Python code in a process that may write files of `limit` bytes only; what it printed."""

    def bound():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\nfrom assembly_line.system import disk\n{textwrap.dedent(code)}"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], preexec_fn=bound, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("limit", [1, 100, 1000, 1999])
def test_an_append_that_runs_out_of_space_leaves_the_file_as_it_was(tmp_path, limit):
    path = tmp_path / "j"
    code = """
        try:
            disk.append(sys.argv[1] + "/j", b"x" * 2000)
        except OSError as error:
            print(error.errno)
    """
    before = b"a" * min(limit, 50)
    path.write_bytes(before)
    assert limited(tmp_path, code, limit).strip() == "27"
    assert path.read_bytes() == before


@pytest.mark.parametrize("limit", [1, 100, 1999])
def test_a_replacement_that_runs_out_of_space_leaves_the_old_file_and_nothing_else(tmp_path, limit):
    (tmp_path / "f").write_bytes(b"old")
    code = """
        try:
            disk.write(sys.argv[1] + "/f", b"x" * 2000)
        except OSError as error:
            print(error.errno)
    """
    assert limited(tmp_path, code, limit).strip() == "27"
    assert (tmp_path / "f").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["f"]


def test_short_writes_are_gone_on_with(tmp_path, monkeypatch):
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, bytes(data)[:7]))
    disk.write(str(tmp_path / "f"), b"x" * 100)
    disk.append(str(tmp_path / "f"), b"y" * 100)
    assert (tmp_path / "f").read_bytes() == b"x" * 100 + b"y" * 100


@pytest.mark.parametrize("call", ["write", "fsync", "replace", "open"])
@pytest.mark.parametrize("number", [5, 28])
def test_an_error_of_any_call_leaves_old_or_new_content_and_no_rest(tmp_path, monkeypatch, call, number):
    (tmp_path / "f").write_bytes(b"old")

    def broken(*_args, **_kwargs):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, broken)
        with pytest.raises(OSError, match=os.strerror(number)):
            disk.write(str(tmp_path / "f"), b"new")
    assert (tmp_path / "f").read_bytes() in (b"old", b"new")
    assert os.listdir(tmp_path) == ["f"]


def test_an_append_whose_sync_fails_is_taken_back(tmp_path, monkeypatch):
    (tmp_path / "j").write_bytes(b"one\n")

    def broken(_descriptor):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", broken)
        with pytest.raises(OSError, match="Input/output"):
            disk.append(str(tmp_path / "j"), b"two\n")
    assert (tmp_path / "j").read_bytes() == b"one\n"


def test_readers_see_the_old_or_the_new_content_while_a_file_is_replaced(tmp_path):
    path = tmp_path / "f"
    sizes = (1000, 200_000)
    disk.write(str(path), b"0" * sizes[0])
    code = f"""
        for number in range(150):
            disk.write(sys.argv[1] + "/f", str(number % 10).encode() * {sizes}[number % 2], durable=False)
    """
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\nfrom assembly_line.system import disk\n{textwrap.dedent(code)}"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)]) as writer:
        while writer.poll() is None:
            seen = disk.read(str(path))
            assert seen is not None
            assert len(seen) in sizes
            assert len(set(seen)) == 1


def test_what_is_not_there_is_none_and_what_is_no_file_is_refused_at_once(tmp_path):
    assert disk.read(str(tmp_path / "none")) is None
    assert disk.read(str(tmp_path / "f" / "none")) is None
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to(tmp_path / "fifo")
    for name in ("fifo", "link", "."):
        with pytest.raises(LineError, match=r"remove it|replace it"):
            disk.read(str(tmp_path / name))


@pytest.mark.parametrize("kind", ["fifo", "link"])
def test_nothing_is_appended_through_a_link_or_into_a_fifo(tmp_path, kind):
    path = tmp_path / "j"
    if kind == "fifo":
        os.mkfifo(path)
    else:
        (tmp_path / "victim").write_bytes(b"theirs")
        path.symlink_to(tmp_path / "victim")
    with pytest.raises((LineError, OSError)):
        disk.append(str(path), b"x")
    assert kind == "fifo" or (tmp_path / "victim").read_bytes() == b"theirs"


def test_a_link_is_replaced_and_never_written_through(tmp_path):
    (tmp_path / "victim").write_bytes(b"theirs")
    (tmp_path / "f").symlink_to(tmp_path / "victim")
    disk.write(str(tmp_path / "f"), b"ours")
    assert (tmp_path / "victim").read_bytes() == b"theirs"
    assert not (tmp_path / "f").is_symlink()


@pytest.mark.parametrize("relative", ["../x", "a/../../x", "out/x", "file", "/etc/passwd"])
def test_a_path_that_leads_out_of_the_project_is_refused(tmp_path, relative):
    root = tmp_path / "project"
    root.mkdir()
    (root / "out").symlink_to(tmp_path)
    (root / "file").symlink_to(tmp_path / "x")
    with pytest.raises(LineError, match=r"symbolic link|outside"):
        disk.inside(str(root), relative)


def test_a_path_inside_is_given_even_when_the_project_itself_is_reached_by_a_link(tmp_path):
    (tmp_path / "project").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "project")
    assert disk.inside(str(tmp_path / "link"), "a/b") == str(tmp_path / "link" / "a/b")


def test_a_stamp_changes_with_the_file(tmp_path):
    path = tmp_path / "f"
    assert disk.stamp(str(path)) == []
    path.write_bytes(b"a")
    first = disk.stamp(str(path))
    os.utime(path, ns=(1, 1))
    second = disk.stamp(str(path))
    path.unlink()
    path.write_bytes(b"a")
    assert len({tuple(first), tuple(second), tuple(disk.stamp(str(path)))}) == 3


def test_only_what_killed_writers_left_is_swept(tmp_path):
    names = ["f.123.tmp", "f.tmp", "f.x.tmp", "123.tmp", "f.123.tmp.md", "f"]
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    disk.sweep(str(tmp_path))
    assert sorted(os.listdir(tmp_path)) == sorted(names[1:])
    disk.sweep(str(tmp_path / "none"))


# The lock.

HOLD = f"""
import sys, time
sys.path.insert(0, {str(ROOT)!r})
from assembly_line.system import disk, lock
with lock.hold(sys.argv[1]):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def holder(path, seconds):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path), str(seconds)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


@pytest.mark.parametrize(
    ("age", "is_stopped", "told"),
    [
        (0, False, r"lock: held for \d s by a process, {pid}; try again"),
        (40 * 60, False, r"lock: held for 40 minutes by a process, {pid}; end it \(kill -9 {pid}\) and try again"),
        (
            90,
            True,
            r"lock: held for 9\d s by a process that was stopped, {pid}; end it \(kill -9 {pid}\) and try again",
        ),
    ],
)
def test_a_lock_that_another_process_keeps_is_given_up_in_one_line(tmp_path, age, is_stopped, told):
    path = tmp_path / "lock"
    with holder(path, 30) as process:
        path.write_text(f"{process.pid} {int(time.time()) - age}\n")
        if is_stopped:
            process.send_signal(signal.SIGSTOP)
            os.waitpid(process.pid, os.WUNTRACED)
        begun = time.monotonic()
        with pytest.raises(LineError, match=told.format(pid=process.pid)), lock.hold(str(path), 0.2):
            pass
        assert time.monotonic() - begun < 3
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_lock_is_waited_for_and_then_held(tmp_path):
    path = tmp_path / "lock"
    with holder(path, 0.3) as process:
        with lock.hold(str(path), 10):
            assert process.poll() is not None or process.wait(5) == 0
        process.stdout.close()


def test_the_lock_of_a_killed_process_is_free_at_once(tmp_path):
    path = tmp_path / "lock"
    with holder(path, 30) as process:
        process.kill()
        process.wait()
        process.stdout.close()
    with lock.hold(str(path), 0.2):
        pass
    assert path.exists()


def test_an_error_under_the_lock_frees_it_and_leaves_no_alarm(tmp_path):
    path = str(tmp_path / "lock")
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(KeyError), lock.hold(path):
        raise KeyError
    with lock.hold(path, 0.1):
        assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    assert signal.getsignal(signal.SIGALRM) == before


def test_a_tree_is_removed_and_nothing_that_its_links_lead_to(tmp_path):
    outside = tmp_path / "outside"
    (outside / "inner").mkdir(parents=True)
    (outside / "kept.txt").write_text("kept")
    tree = tmp_path / "tree"
    (tree / "a/b").mkdir(parents=True)
    (tree / "a/file").write_text("x")
    (tree / "a/link").symlink_to(outside)
    (tree / "to-file").symlink_to(outside / "kept.txt")
    (tree / "dangling").symlink_to(tmp_path / "nowhere")
    disk.remove_tree(str(tree))
    disk.remove_tree(str(tree))
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["inner", "kept.txt", "outside"]
    tree.symlink_to(outside)
    disk.remove_tree(str(tree))
    assert not tree.is_symlink()
    assert (outside / "kept.txt").read_text() == "kept"


def test_a_tree_deeper_than_any_recursion_is_left_or_removed_without_an_error(tmp_path):
    dig = "import os, sys; os.chdir(sys.argv[1]); [(os.mkdir('d'), os.chdir('d')) for _ in range(1500)]"
    subprocess.run([sys.executable, "-c", dig, str(tmp_path)], check=True)
    disk.remove_tree(str(tmp_path / "d"))
    subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)
