"""What is hidden from git, and what is swapped while a judge's command runs, in the real client."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.shortcuts.hiding import FILE, SWAPPED, hides
from tests.shortcuts.looking import all_of, completed_honestly, stays_open
from tests.shortcuts.runs import SUMMARY, Played

Play = Callable[[Callable[[Path, Path], Played]], Played]


def test_what_is_hidden_from_git_is_seen_and_a_swapped_source_proves_nothing(played: Play) -> None:
    """S40 Hiding a change from the digest

    Does: The developer flags a source as unchanged, sets `core.trustctime`, `core.checkStat`, `core.worktree` and a
        clean filter, and puts code into folders named `coverage` and `docs/planning/journal` and into a nested
        repository. The validator changes a source, runs the suite and puts the source back; later ones change the
        flagged source and the nested repository, and say PASS.
    Stopped by: The digest is taken on a git folder of its own, which takes nothing from the repository's settings and
        flags. After each command of a judge the sources are looked at, and what was written meanwhile makes it no
        evidence.
    Ends: Completed after a validator that changed nothing.
    """
    run = played(hides)
    stays_open(run, "relies on it", "changes what it flagged", "changes the nested repository")
    on = {data["command"]: data.get("on", "") for data in all_of(run, "command_ran")}
    assert on[SWAPPED] == (
        f"{FILE} was written and put back while this command ran (if it makes them anew each time, a person names them "
        "in assembly-line.yaml: generated)"
    )
    rejected = [data["errors"][0] for data in all_of(run, "report_rejected")]
    assert rejected[0].startswith(on[SWAPPED])
    void = {data["dispatch"]: data["files"] for data in all_of(run, "judgement_void")}
    assert void == {"d-0006": [FILE], "d-0007": ["vendor/rates.py"]}
    completed_honestly(run)


@pytest.mark.parametrize("name", ["coverage/rates.py", "docs/planning/journal/rates.py", "vendor"])
def test_code_in_a_hiding_place_is_told_as_the_tasks_work(played: Play, name: str) -> None:
    run = played(hides)
    made = [data["files"] for data in all_of(run, "reported") if data["dispatch"] == "d-0003"]
    assert name in made[0]
    if name != "vendor":  # of which the tree has nothing
        assert name in (run.project / SUMMARY).read_text().partition("### Code Changes")[2].partition("\n## ")[0]
