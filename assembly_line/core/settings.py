"""A run's limits, models and checks, fixed when it starts."""

from typing import Any, NamedTuple


class Settings(NamedTuple):
    """A run's limits and tiers, fixed when it starts."""

    max_iterations: int = 5
    cheap_iterations: int = 2  # iterations at tier T1, the rest at T2
    t1_model: str = "haiku"
    t2_model: str = "sonnet"
    fix_rounds: int = 2  # compliance failures that are fixed before the run fails
    rejections: int = 2  # malformed reports sent back to one agent
    retries: int = 2  # times a station's agent is called again after it died
    stop_blocks: int = 3  # blocked ends of turn without progress before the run stalls
    revalidations: int = 3  # times the tree may change after a PASS before the run fails
    keep_bundle: bool = False
    budget_tokens: int = 0  # of all agents together; 0 for no limit
    budget_minutes: int = 0  # since a session took the lease; 0 for no limit
    checks: tuple[str, ...] = ()  # commands that must be seen to succeed for a PASS
    generated: tuple[str, ...] = ()  # patterns of tracked files that such commands make anew, mostly as they were

    def tier(self, iteration: int) -> str:
        """T1 for the first iterations, T2 after."""
        return "T1" if iteration <= self.cheap_iterations else "T2"

    def model(self, tier: str) -> str:
        """The tier's model, as the client's Agent tool names it."""
        return self.t1_model if tier == "T1" else self.t2_model


def settings_of(values: dict[str, Any]) -> Settings:
    """Settings from the values that a journal or snapshot holds."""
    lists = {name: tuple(values.get(name, ())) for name in ("checks", "generated")}
    return Settings(**{**values, **lists})
