"""A bundle that is found in the place of a new one: removed when this run made it, else set aside."""

import pytest

from assembly_line import paths
from assembly_line.project import bundle
from tests.storage.place import TASK, make


@pytest.mark.parametrize(
    ("old", "new", "is_own"),
    [
        ("", "", True),
        ("run: 1\n", "run: 2\n", False),
        ("updated_at: ", "updated_at: zzz", False),
        ("updated_at", "at", False),
    ],
)
def test_only_a_bundle_of_this_very_run_is_taken_for_its_own(tmp_path, old, new, is_own):
    place = make(tmp_path)
    run = place.begin().run
    bundle.create(str(place.root), run)
    status = place.root / paths.bundle(TASK) / bundle.STATUS
    status.write_text(status.read_text().replace(old, new) if old else status.read_text())
    bundle.create(str(place.root), run)
    aside = list((place.root / paths.BUNDLES).glob(f"{TASK}.before-run-*"))
    assert bool(aside) != is_own
