"""Prints the state machine as the Mermaid diagram in docs/how-it-works.md."""

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from assembly_line.core.machine import ACTIVE, BACK, NEW, TRANSITIONS

GROUP = "active"


def render() -> str:
    """The diagram; transitions that all active stages share are drawn once, from the group around them."""
    first = TRANSITIONS[ACTIVE[0]]
    shared = {kind: to for kind, to in first.items() if all(TRANSITIONS[stage].get(kind) == to for stage in ACTIVE)}
    inner = {stage: {kind: to for kind, to in TRANSITIONS[stage].items() if kind not in shared} for stage in ACTIVE}
    within = [line for stage in ACTIVE for line in _edges(stage, inner[stage]) if line.split()[2] in ACTIVE]
    leaving = [line for stage in ACTIVE for line in _edges(stage, inner[stage]) if line.split()[2] not in ACTIVE]
    others = [line for stage in TRANSITIONS if stage not in ACTIVE for line in _edges(stage, TRANSITIONS[stage])]
    return "\n".join(
        [
            "stateDiagram-v2",
            f"    state {GROUP} {{",
            *(f"        {line}" for line in within),
            "    }",
            *(f"    {line}" for line in [*leaving, *_edges(GROUP, shared), *others]),
        ]
    )


def _edges(stage: str, row: dict[str, str]) -> Iterator[str]:
    source = "[*]" if stage == NEW else stage
    for target in dict.fromkeys(row.values()):
        kinds = ", ".join(kind for kind, to in row.items() if to == target)
        yield f"{source} --> {GROUP if target == BACK else target} : {kinds}"


if __name__ == "__main__":
    print(render())
