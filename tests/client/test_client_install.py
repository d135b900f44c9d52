"""The plugin as a new user installs it: from a clone, through the client's own plugin commands."""

import shutil
import subprocess
from pathlib import Path

from assembly_line.rehearsal import sandbox, stage
from tests.support.harness import EXAMPLE, ROOT, Scene, open_scene
from tests.support.reading import entry, hook_faults

PLACE = "https://example.invalid/assembly-line.git"  # git maps it to a local folder


def published(folder: Path) -> Path:
    """A repository with the working tree as its one commit."""
    tree = stage.copy(ROOT, folder / "tree")
    stage.commit(tree)
    return tree


def client(scene: Scene, *words: str) -> subprocess.CompletedProcess[str]:
    """One of the client's own commands, run to its end."""
    box = scene.box()
    sandbox.prepare(box)
    return subprocess.run(
        [str(box.binary), *words],
        cwd=box.project,
        env=sandbox.environment(box),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_plugin_is_valid_installs_from_a_clone_and_runs_from_the_clients_cache(tmp_path: Path, data: Path) -> None:
    tree = published(tmp_path)
    with open_scene(tmp_path / "scene", EXAMPLE, plugins=()) as scene:
        valid = client(scene, "plugin", "validate", "--strict", "--profile", "directory", str(tree))
        assert valid.returncode == 0, valid.stdout
        rewritten = f'[url "file://{tree}"]\n\tinsteadOf = {PLACE}\n'
        (scene.home / ".gitconfig").write_text(rewritten, encoding="utf-8")
        for words in (("marketplace", "add", PLACE), ("install", "assembly-line@assembly-line")):
            done = client(scene, "plugin", *words)
            assert done.returncode == 0, done.stdout + done.stderr
        config = sandbox.config(scene.box())
        installed = config / "plugins" / "data" / "assembly-line-assembly-line"
        shutil.copytree(data, installed, symlinks=True)
        ran = scene.run("/task-run TASK-014")
        assert (ran.code, hook_faults(ran.lines)) == (0, [])
        assert ran.text.startswith("TASK-014 completed: 4 of 4 criteria met")
        assert entry(scene.project, "TASK-014")["status"] == "completed"
        cache = config / "plugins" / "cache" / "assembly-line" / "assembly-line"
        compiled = {path.parent for path in (installed / "pycache").rglob("directive*.pyc")}
        assert {folder.is_relative_to(installed / "pycache" / cache.relative_to("/")) for folder in compiled} == {True}
