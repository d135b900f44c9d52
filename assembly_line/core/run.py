"""The run: everything the engine knows about one attempt at a task, folded from the journal."""

from typing import Any, NamedTuple

from assembly_line.core.blueprint import Criterion
from assembly_line.core.kinds import KINDS, Kind
from assembly_line.core.machine import NEW
from assembly_line.core.settings import Settings


class Station(NamedTuple):
    """One place in the workflow, worked by one agent."""

    name: str
    role: str
    agent: str  # the client's name for it
    kind: str  # of core/kinds.py
    model: str = "tiered"  # or a fixed model
    needs: tuple[str, ...] = ()  # stations whose reports it is given
    default: bool = False  # gets the gaps that name no agent


class Command(NamedTuple):
    """What an agent ran, and how it ended as the hooks saw it."""

    text: str
    ok: bool
    status: int | None = None  # None when the client does not tell it
    empty: bool = False  # its output says that no test ran
    on: str = ""  # why it ran on other sources than those judged, so that it proves nothing
    call: str = ""  # the client's tool_use_id


class Dispatch(NamedTuple):
    """One Agent call that the gate allowed."""

    id: str
    station: str
    agent: str
    iteration: int
    tier: str
    model: str
    call: str  # the client's tool_use_id
    tree: str = ""  # digest of the sources when it began
    agent_id: str = ""
    rejections: int = 0  # reports sent back with no fewer faults than the one before
    sent_back: int = 0  # reports sent back in all
    faults: int = 0  # of the last report sent back
    rejection: str = ""  # what was wrong with the last report
    rejection_key: str = ""
    commands: tuple[Command, ...] = ()  # what it ran
    served: str = ""  # the model that answered
    wrote: tuple[str, ...] = ()  # files that it wrote on purpose
    at: str = ""  # when it began
    denied: str = ""  # the last call that nobody could allow
    doubt: str = ""  # why its agent's end was not believed


class Gap(NamedTuple):
    """An unmet criterion and the station that must close it."""

    criterion: str
    gap: str
    agent: str  # as the verdict named it
    station: str


class Issue(NamedTuple):
    """What a reviewer found."""

    id: str
    severity: str  # blocking, major, minor
    title: str
    place: str
    status: str  # open, fixed
    station: str  # the reviewer


class Past(NamedTuple):
    """A dispatch that ended, as later agents of its station are told of it."""

    dispatch: str
    station: str
    iteration: int
    end: str  # done, done_with_concerns, blocked, lost, void, PASS, FAIL
    said: str = ""  # its summary or last words, shortened
    files: tuple[str, ...] = ()  # what it changed, the first ones


class Round(NamedTuple):
    """How one validation ended; several may belong to one iteration (fix rounds)."""

    iteration: int
    tier: str
    result: str
    met: int
    total: int
    gaps: tuple[Gap, ...] = ()
    regressions: tuple[str, ...] = ()


class Failure(NamedTuple):
    """Why the run failed or was held."""

    kind: str = ""
    stage: str = ""
    message: str = ""


RULES = 3  # of this release: 2 wants checks for a PASS, 3 knows the tree, the plugin and the events of a run


class Run(NamedTuple):
    """The whole state of a run; only `evolve` makes a new one."""

    task: str = ""
    number: int = 0
    stage: str = NEW
    held: str = ""  # the stage in which a paused, stalled or failed run resumes
    title: str = ""
    type: str = ""
    workflow: str = ""
    track: str = ""
    description: str = ""
    blueprint: str = ""
    blueprint_sha: str = ""
    state_file: str = ""
    baseline: str = ""  # tree of the sources when the run began; "" outside git
    head: str = ""  # the commit that the run began on; "" outside git or before the first commit
    branch: str = ""  # the branch that the run is on
    work_tree: str = ""  # the id of the work tree that the run is in; "" in earlier releases
    wanted_branch: str = ""  # the branch that the blueprint names
    dirty: tuple[str, ...] = ()  # files that were not committed when the run began
    constraints: str = ""  # what the blueprint says besides description and criteria
    criteria: tuple[Criterion, ...] = ()
    stations: tuple[Station, ...] = ()
    skipped: tuple[str, ...] = ()
    settings: Settings = Settings()
    session: str = ""  # the lease's holder, or ""
    relay: str = ""  # agent id of a nested orchestrator; "" for the main session
    started_at: str = ""
    driven_since: str = ""  # when the session took the lease
    ended_at: str = ""
    iteration: int = 0
    plan: tuple[str, ...] = ()  # stations still due in this iteration
    planned: tuple[str, ...] = ()  # all of this iteration's stations
    dispatches: int = 0
    open: Dispatch | None = None
    last: Dispatch | None = None
    deaths: int = 0  # agents lost in a row at the present station
    bundled: bool = False
    past: tuple[Past, ...] = ()  # every dispatch that ended
    answers: tuple[tuple[str, str], ...] = ()  # (station, words): what a person answered to a station
    tree: str = ""  # the sources when the last dispatch ended; "" when unknown
    owners: tuple[tuple[str, str], ...] = ()  # (path, station): which station changed a file last
    wrote: tuple[str, ...] = ()  # files that a station wrote on purpose, not as a by-product of a command
    left: tuple[str, ...] = ()  # by-products of the judges' commands: no part of the judged tree
    there: tuple[str, ...] = ()  # caches that were there when the run began
    ignored: tuple[str, ...] = ()  # files that were sources or written on purpose, and that git ignores by now
    outside: tuple[str, ...] = ()  # files changed by nobody of this run while it went on
    voided: tuple[str, ...] = ()  # files whose change made a verdict void
    failing: tuple[str, ...] = ()  # testers whose newest report has failing tests
    mended: tuple[str, ...] = ()  # reviewers and testers whose findings were mended at once in this iteration
    mending: tuple[str, ...] = ()  # stations that are called again for that, and have not reported yet
    reports: tuple[tuple[str, str, str], ...] = ()  # (station, dispatch, status): the newest of each station
    concerns: tuple[tuple[str, str], ...] = ()  # (station, text) of each station's newest report, the last one first
    issues: tuple[Issue, ...] = ()
    gaps: tuple[Gap, ...] = ()
    met: tuple[str, ...] = ()  # criteria of the last verdict that passed
    ever_met: tuple[str, ...] = ()
    verdict: str = ""  # PASS or FAIL of this round; "" before that
    verdict_tree: str = ""
    passed_tree: str = ""  # of the last PASS
    history: tuple[Round, ...] = ()
    summary: str = ""
    summary_sha: str = ""
    compliance: str = ""
    compliance_tree: str = ""
    violations: tuple[dict[str, str], ...] = ()
    fix_round: int = 0
    asked_again: int = 0  # times that the engine rendered its papers again and asked the judge once more
    objections: tuple[dict[str, str], ...] = ()  # {item, answer}: to the engine's own papers, with its answers
    revalidations: int = 0
    blocks: int = 0  # ends of turn blocked since the last progress
    refusals: int = 0  # in a row, since anything else was done
    error: Failure = Failure()
    tokens: int = 0  # input and output of all agents so far
    worked: float = 0.0  # seconds of work so far, without the time in which nobody drove the run
    rules: int = 1  # of evidence and time that the run began under, by the release
    at: str = ""  # time of the last event
    stopped: tuple[str, ...] = ()  # agents that were at work when their run was aborted
    closed: bool = False  # a finished run's files are in their final form
    keys: tuple[str, ...] = ()  # of the last events, so that a repeated delivery is a no-op
    check: str = ""  # what the tester's last whole run ran, as evidence.core tells it
    forged: int = 0  # events noted that did not come from the client

    def station(self, name: str) -> Station:
        """The station of this name; KeyError when the workflow has none."""
        for station in self.stations:
            if station.name == name:
                return station
        raise KeyError(name)

    def kind_of(self, station: str) -> Kind:
        """The kind of the station of this name; KeyError when the workflow has none."""
        return KINDS[self.station(station).kind]

    @property
    def has_checks(self) -> bool:
        """Whether it began under rules by which a PASS needs checks and the duration is the time of work."""
        return self.rules >= 2

    @property
    def has_witnesses(self) -> bool:
        """Whether it began under rules by which events, commands, branch and clock need a witness besides the hook."""
        return self.rules >= 3

    @property
    def own_files(self) -> set[str]:
        """The files that the run's stations changed or wrote."""
        return {path for path, _ in self.owners} | set(self.wrote)

    @property
    def worker(self) -> Kind | None:
        """The kind of the station at work, or None."""
        return self.kind_of(self.open.station) if self.open is not None else None

    def of_kind(self, kind: str) -> Station:
        """The workflow's only station of this kind: bundling, validation or compliance."""
        return next(station for station in self.stations if station.kind == kind)

    @property
    def tier(self) -> str:
        """The present iteration's tier; bundling counts as the first iteration."""
        return self.settings.tier(max(self.iteration, 1))

    def report_of(self, station: str) -> str:
        """The dispatch of the station's newest report, or ""."""
        return next((dispatch for name, dispatch, _ in self.reports if name == station), "")


class Event(NamedTuple):
    """A fact about a run, before the journal gives it a number and a time."""

    kind: str
    data: dict[str, Any]
    key: str = ""  # identifies the delivery that caused it; a repeated key is no new fact
