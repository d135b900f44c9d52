"""A client that keeps no transcripts, in the real client: nobody could tell who did the work."""

from pathlib import Path

import pytest

from assembly_line.rehearsal import sandbox
from tests.honest.runs import TASK, small
from tests.support.harness import open_scene
from tests.support.reading import answered


@pytest.mark.long
def test_h17_a_client_that_keeps_no_transcripts_is_told_before_anything_is_spent(tmp_path: Path, data: Path) -> None:
    """H17 A client that keeps no transcripts

    Does: A person types `/task-run` in a client with `--no-session-persistence`, then in one without it.
    Line does: Refuses the first one with the option by its name: without transcripts no agent's end could be believed.
        Completes the task in the second one.
    Costs: Nothing: no model is asked.
    """
    with open_scene(tmp_path / "scene", small(tmp_path / "small"), data=data) as scene:
        options = (*sandbox.UNATTENDED, "--no-session-persistence")
        refused = scene.run(f"/task-run {TASK}", *options)
        assert "with --no-session-persistence the client keeps no transcripts" in answered(refused.text)
        assert (refused.whose(), (scene.project / ".task_bundles").exists()) == ([], False)
        done = scene.run(f"/task-run {TASK}")
        assert done.text.startswith(f"{TASK} completed")
