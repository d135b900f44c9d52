"""The kinds of stations: one row says what the line asks of a kind, and what it allows."""

from typing import NamedTuple

BUNDLING, VALIDATION, COMPLIANCE = "bundling", "validation", "compliance"  # a workflow has exactly one station of each


class Kind(NamedTuple):
    """What holds for every station of one kind."""

    works: bool = False  # between bundler and validator; works again when a gap, an issue or a violation leads there
    report: str = "report"  # the one top-level key of the report that its agent ends with
    event: str = "reported"  # the event that records the report
    form: str = ""  # the member of the report that this kind owes: tests, review
    lost: str = "report"  # the kind of failure when no valid report comes
    judges: bool = False  # leaves the sources as they are: it may not write, and the tree is compared
    evidence: bool = False  # the commands that it runs are recorded
    all_gaps: bool = False  # is given every open gap, not only its own
    issues: str = ""  # which review issues it is given: "open", or "own" with those that are fixed
    all_reports: bool = False  # is given every report, not only those that it needs
    description: bool = True  # is given the task's description
    mends: tuple[str, ...] = ()  # categories of compliance violations that lead back to it


KINDS = {
    BUNDLING: Kind(lost="bundle"),
    "design": Kind(works=True),
    "development": Kind(works=True, issues="open"),
    "test": Kind(works=True, form="tests", evidence=True, all_gaps=True, issues="open", mends=("missing_tests",)),
    "review": Kind(works=True, form="review", all_gaps=True, issues="own", mends=("missing_review",)),
    "documentation": Kind(
        works=True, mends=("missing_documentation", "incomplete_summary", "incomplete_state", "other")
    ),
    VALIDATION: Kind(
        report="verdict",
        event="verdict_given",
        judges=True,
        evidence=True,
        all_gaps=True,
        issues="open",
        all_reports=True,
    ),
    COMPLIANCE: Kind(report="compliance", event="compliance_judged", judges=True, description=False),
}
MENDERS = {category: name for name, kind in KINDS.items() for category in kind.mends}
