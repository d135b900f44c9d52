"""What surroundings that fail do to a run: an environment that cannot be built, git that does not answer."""

import importlib.util
import json
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.client import Client
from tests.support.delivery import ROOT
from tests.support.reports import COMMAND


def test_a_verdict_that_comes_while_git_fails_is_lost_as_a_failure_of_the_environment_and_asked_for_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(["git", "init", "-q"], cwd=client.root, check=True)
    client.run()
    client.until("validation")
    client.call()
    client.begin()
    client.bash(COMMAND)
    verdict = client.message()
    with monkeypatch.context() as broken:
        broken.setattr("assembly_line.system.git.program", lambda root: None)
        client.end(verdict)
        assert client.state().error.kind == "environment"
    client.back()
    assert client.state().stage == "validation"
    assert client.directive["input"]["subagent_type"] == "assembly-line:requirements-validator"
    assert client.until("completed").state().iteration == 1


@pytest.fixture
def environment() -> ModuleType:
    """The script that builds the environment, as a module."""
    spec = importlib.util.spec_from_file_location("environment", ROOT / "hooks" / "environment.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


STEPS = {
    "it takes too long": ("import time; time.sleep(60)", "it took more than 1 s"),
    "it fails": ("import sys; print('first', file=sys.stderr); sys.exit('no such package')", "no such package"),
    "it fails without a word": ("import sys; sys.exit(3)", "failed with status 3"),
}


@pytest.mark.parametrize("case", STEPS)
def test_a_build_that_fails_is_given_up_with_the_reason_and_leaves_what_was_there(
    environment: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    program, said = STEPS[case]
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "requirements.txt").write_text("of an earlier release")
    monkeypatch.setattr(environment, "_steps", lambda folder, _: [[sys.executable, "-c", program, folder]])
    begun = time.monotonic()
    assert said in environment.build(str(tmp_path), 1.0 if "long" in case else 20.0)
    assert time.monotonic() - begun < 10
    assert sorted(path.name for path in tmp_path.iterdir()) == ["venv", "venv.lock"]
    assert (tmp_path / "venv" / "requirements.txt").read_text() == "of an earlier release"


def test_a_build_replaces_the_environment_and_records_where_git_and_python_are(
    environment: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "venv" / "old").mkdir(parents=True)
    monkeypatch.setattr(
        environment, "_steps", lambda folder, _: [[sys.executable, "-c", f"import os; os.mkdir({folder!r})"]]
    )
    assert environment.build(str(tmp_path)) == ""
    made = sorted(path.name for path in (tmp_path / "venv").iterdir())
    assert made == ["programs.json", "requirements.txt"]
    programs = json.loads((tmp_path / "venv" / "programs.json").read_text())
    assert {Path(programs[name]).is_absolute() for name in ("git", "python")} == {True}
    monkeypatch.setattr(environment, "_steps", lambda *_: pytest.fail("built again"))
    assert environment.build(str(tmp_path)) == ""
