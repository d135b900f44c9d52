"""Protected files and what else this machine remembers of a project."""

import os
import shutil
import stat

import pytest

from assembly_line.storage.vault import Vault
from assembly_line.system import disk
from tests.storage.place import TASK

FILE = "docs/planning/tasks/TASK-008.yaml"
CONTENT = b"id: TASK-008\n"


@pytest.fixture
def kept(place):
    """A project with one protected file."""
    path = place.root / FILE
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    place.vault.protect(TASK, str(place.root), [FILE])
    return place


def edit(path, _tmp):
    path.write_bytes(b"id: TASK-009\n")


def append(path, _tmp):
    with path.open("ab") as file:
        file.write(b"x")


def same_size(path, _tmp):
    path.write_bytes(CONTENT.replace(b"8", b"9"))


def delete(path, _tmp):
    path.unlink()


def empty(path, _tmp):
    path.write_bytes(b"")


def link(path, tmp):
    path.unlink()
    (tmp / "victim").write_bytes(b"theirs")
    path.symlink_to(tmp / "victim")


def folder(path, _tmp):
    path.unlink()
    path.mkdir()
    (path / "inner").write_bytes(b"x")


def fifo(path, _tmp):
    path.unlink()
    os.mkfifo(path)


def folder_gone(path, _tmp):
    shutil.rmtree(path.parent)


def folder_linked(path, tmp):
    shutil.move(path.parent, tmp / "moved")
    (tmp / "moved" / path.name).write_bytes(b"theirs")
    path.parent.symlink_to(tmp / "moved")


def replaced(path, _tmp):
    other = path.with_name("other")
    other.write_bytes(b"other")
    os.replace(other, path)


ATTACKS = [edit, append, same_size, delete, empty, link, folder, fifo, folder_gone, folder_linked, replaced]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_a_protected_file_is_put_back_whatever_was_done_to_it(kept, attack, tmp_path):
    path = kept.root / FILE
    attack(path, tmp_path)
    assert kept.vault.restore(TASK, str(kept.root)) == (FILE,)
    assert path.read_bytes() == CONTENT
    assert not path.is_symlink()
    assert kept.vault.restore(TASK, str(kept.root)) == ()
    for victim in (tmp_path / "victim", tmp_path / "moved" / path.name):
        assert not victim.exists() or victim.read_bytes() == b"theirs"


def test_a_folder_in_a_files_place_is_set_aside_and_not_lost(kept, tmp_path):
    folder(kept.root / FILE, tmp_path)
    kept.vault.restore(TASK, str(kept.root))
    (aside,) = (kept.root / FILE).parent.glob("*.aside-*")
    assert (aside / "inner").read_bytes() == b"x"


def test_the_same_content_written_again_is_no_tampering(kept):
    (kept.root / FILE).write_bytes(CONTENT)
    os.utime(kept.root / FILE, (1, 1))
    assert kept.vault.restore(TASK, str(kept.root)) == ()


def test_a_file_is_released_with_its_task(kept):
    kept.vault.release(TASK)
    delete(kept.root / FILE, None)
    assert kept.vault.restore(TASK, str(kept.root)) == ()
    assert kept.vault.protected(TASK) == {}


def test_files_of_two_tasks_are_kept_apart(kept):
    (kept.root / "b.md").write_bytes(b"b")
    kept.vault.protect("TASK-009", str(kept.root), ["b.md"])
    kept.vault.release(TASK)
    (kept.root / "b.md").write_bytes(b"c")
    assert kept.vault.restore("TASK-009", str(kept.root)) == ("b.md",)


def test_two_projects_share_the_key_and_nothing_else(tmp_path):
    one, two = (Vault(str(tmp_path / name), str(tmp_path / "data")) for name in "ab")
    assert one.key() == two.key()
    assert one.folder != two.folder


def test_the_key_is_made_once_random_and_for_its_owner_only(place, tmp_path):
    key = place.vault.key()
    assert len(key) == 32
    assert place.vault.key() == key
    assert Vault(str(place.root), str(tmp_path / "other")).key() != key
    assert stat.S_IMODE((place.data / "key").stat().st_mode) == 0o600


def test_a_key_of_the_wrong_length_is_replaced(place):
    (place.data / "key").write_bytes(b"short")
    assert len(place.vault.key()) == 32


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff", b"null"])
def test_what_cannot_be_read_in_the_vault_counts_as_missing(place, content):
    place.vault.save_lease(TASK, {"session": "s"})
    path = os.path.join(place.vault.folder, f"{TASK}.lease.json")
    with open(path, "wb") as file:
        file.write(content)
    assert place.vault.lease(TASK) == {}


def test_a_lease_is_kept_and_dropped(place):
    place.vault.save_lease(TASK, {"session": "s"})
    assert place.vault.lease(TASK) == {"session": "s"}
    place.vault.save_lease(TASK, {})
    place.vault.save_lease(TASK, {})
    assert place.vault.lease(TASK) == {}


def test_a_file_that_is_changed_while_the_copies_are_made_is_put_back(kept, monkeypatch):
    (kept.root / "b.md").write_bytes(b"b")
    write = disk.write

    def slow(path, data, *rest, **named):
        write(path, data, *rest, **named)
        if data == b"b":
            (kept.root / FILE).write_bytes(b"forged")

    monkeypatch.setattr(disk, "write", slow)
    kept.vault.protect("TASK-009", str(kept.root), [FILE, "b.md"])
    monkeypatch.undo()
    assert kept.vault.restore("TASK-009", str(kept.root)) == (FILE,)
    assert (kept.root / FILE).read_bytes() == CONTENT
