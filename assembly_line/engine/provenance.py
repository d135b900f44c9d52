"""Where a run comes from: the plugin, the agents and the configuration that it begins with, and whether it is real."""

import os
from collections.abc import Iterable
from typing import Any

from assembly_line.core.run import Station
from assembly_line.project import plugin
from assembly_line.project.config import Config

REHEARSAL = "ASSEMBLY_LINE_REHEARSAL"  # set where the model is a script, so that the run never counts


def members(root: str, options: Config, stations: Iterable[Station], skipped: Iterable[str]) -> dict[str, Any]:
    """The members of a run's first record that tell it."""
    out = set(skipped)
    return {
        "plugin": {"version": plugin.VERSION, "digest": plugin.digest()},
        "agents": plugin.agents(root, (item.agent for item in stations if item.name not in out)),
        "configuration": options.digest,
        "rehearsal": bool(os.environ.get(REHEARSAL)),
    }
