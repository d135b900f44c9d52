"""The copies of this plugin whose runs count: the checker's own release, and earlier ones that are known to it."""

from typing import Any, NamedTuple

from assembly_line.project import plugin


class Release(NamedTuple):
    """What a release's files were."""

    version: str
    digest: str  # as plugin.digest tells it: `assembly-line doctor` shows it


# A row for each earlier release whose runs may still be in work; the checker's own needs none.
EARLIER: tuple[Release, ...] = ()


def known() -> tuple[Release, ...]:
    """All releases whose runs count, the checker's own first."""
    return (Release(plugin.VERSION, plugin.digest()), *EARLIER)


def is_earlier(told: Any) -> bool:
    """Whether a run names a release before the checker's own."""
    return isinstance(told, dict) and any(told.get("digest") == release.digest for release in EARLIER)


def fault(told: Any) -> str:
    """Why the plugin that a run names is none of them; "" when it is."""
    if not isinstance(told, dict) or not told.get("digest"):
        return "does not say which copy of the plugin drove it"
    if any(told["digest"] == release.digest for release in known()):
        return ""
    own = f"{plugin.VERSION}, {plugin.digest()[:12]}"
    return (
        f"was driven by a copy of the plugin that is no known release ({told.get('version')}, {told['digest'][:12]}; "
        f"the checker is {own})"
    )
