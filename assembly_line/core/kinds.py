"""The kinds of stations: one row per kind says what it owes, what it is given and what it may do."""

from typing import NamedTuple

OWNED, FOUND, OPEN = "owned", "found", "open"  # open ones in what it made; its own, also fixed ones; all open ones
FILES, DIFF = "files", "diff"
BUNDLING, VALIDATION, COMPLIANCE = "bundling", "validation", "compliance"  # a workflow has exactly one station of each
DESIGN, DEVELOPMENT, REVIEW = "design", "development", "review"


class Kind(NamedTuple):
    """The properties of one kind of station."""

    works: bool = False  # between bundler and validator; called again for gaps, issues and violations
    makes: bool = False  # changes the sources or the design, so that gaps and issues can be its to mend
    report: str = "report"  # the top-level key of its agent's report
    event: str = "reported"  # the event that records the report
    form: str = ""  # the member that only its report form has: tests, review
    lost: str = "report"  # the kind of failure when there is no valid report
    judges: bool = False  # must not change the sources: writing is refused, and the tree is compared
    runs: bool = False  # runs the project's commands, which leave by-products
    evidence: bool = False  # its commands are recorded
    all_gaps: bool = False  # is given every open gap, not only its own
    issues: str = ""  # the review issues that it is given: OWNED, FOUND or OPEN
    all_reports: bool = False  # is given every report, not only those that it needs
    shown: str = ""  # what it is shown of the task's changes: FILES, or DIFF with them where it is small
    description: bool = True  # is given the task's description
    mends: tuple[str, ...] = ()  # the categories of compliance violations that it fixes


KINDS = {
    BUNDLING: Kind(lost="bundle"),
    DESIGN: Kind(works=True, makes=True, issues=OWNED),
    DEVELOPMENT: Kind(works=True, makes=True, issues=OWNED),
    "test": Kind(
        works=True,
        makes=True,
        form="tests",
        shown=FILES,
        runs=True,
        evidence=True,
        issues=OWNED,
        mends=("missing_tests",),
    ),
    REVIEW: Kind(works=True, form="review", shown=DIFF, runs=True, issues=FOUND, mends=("missing_review",)),
    "documentation": Kind(works=True, makes=True, shown=FILES, issues=OWNED, mends=("missing_documentation",)),
    VALIDATION: Kind(
        report="verdict",
        shown=DIFF,
        event="verdict_given",
        judges=True,
        runs=True,
        evidence=True,
        all_gaps=True,
        issues=OPEN,
        all_reports=True,
    ),
    COMPLIANCE: Kind(report="compliance", event="compliance_judged", judges=True, description=False),
}
MENDERS = {category: name for name, kind in KINDS.items() for category in kind.mends}
# Categories of violations about papers that the engine writes, so that no agent can mend them.
PAPERS = ("incomplete_summary", "incomplete_state")
