"""The kinds of stations: one row per kind says what it owes, what it is given and what it may do."""

from typing import NamedTuple

BUNDLING, VALIDATION, COMPLIANCE = "bundling", "validation", "compliance"  # a workflow has exactly one station of each


class Kind(NamedTuple):
    """The properties of one kind of station."""

    works: bool = False  # between bundler and validator; called again for gaps, issues and violations
    report: str = "report"  # the top-level key of its agent's report
    event: str = "reported"  # the event that records the report
    form: str = ""  # the member that only its report form has: tests, review
    lost: str = "report"  # the kind of failure when there is no valid report
    judges: bool = False  # must not change the sources: writing is refused, and the tree is compared
    evidence: bool = False  # its commands are recorded
    all_gaps: bool = False  # is given every open gap, not only its own
    issues: str = ""  # the review issues that it is given: "open", or "own" with the fixed ones
    all_reports: bool = False  # is given every report, not only those that it needs
    description: bool = True  # is given the task's description
    mends: tuple[str, ...] = ()  # the categories of compliance violations that it fixes


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
