"""The runs of people who clean up or change the branch between two sessions of one run."""

from pathlib import Path

from tests.honest.crew import GOOD, Crew
from tests.honest.runs import TASK, Played, small
from tests.support.harness import open_scene
from tests.support.project import git
from tests.support.reading import told


def tidies(folder: Path, data: Path) -> Played:
    """The client is killed while the validator works; its person commits on a new branch, cleans up and goes on."""
    with open_scene(folder, small(folder / "small"), data=data) as scene:
        crew = Crew(scene, {}, GOOD)
        scene.script = crew
        killed = scene.run_until(lambda project: '"kind":"stations_done"' in told(project, TASK), f"/task-run {TASK}")
        git(scene.project, "checkout", "-q", "-b", "feature")
        git(scene.project, "add", "src", "tests")
        git(scene.project, "commit", "-q", "-m", "what is there")
        git(scene.project, "clean", "-q", "-xdf")
        return Played(scene.project, crew, (killed, scene.run(f"/task-run {TASK}")))
