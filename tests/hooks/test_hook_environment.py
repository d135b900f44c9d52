"""What surroundings that fail do to a run: git that does not answer when a verdict comes in."""

import subprocess

import pytest

from tests.support.client import Client
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
