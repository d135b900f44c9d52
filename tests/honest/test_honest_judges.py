"""What judges run: by-products, sources that they change, commands as evidence, and checks that could fail."""

from collections.abc import Callable

from tests.honest.looking import all_of, faults, section, status, summary
from tests.honest.runs import (
    BAD,
    BUILD,
    COLLECT,
    HIDING,
    LINT,
    NEVER_RAN,
    SAYS_NOTHING,
    SERVED,
    STAMP,
    SUITE,
    TAKEN,
    TEST,
    Played,
    idles,
    leaves,
    proves,
    stamps,
)

Play = Callable[[Callable[..., Played]], Played]
JUDGE = "requirements-validator"
BY_PRODUCTS = ["books.db", "test-report.json"]


def test_h01_by_products_are_listed_and_void_nothing(played: Play) -> None:
    """H1 By-products of the project's own commands

    Does: The validator runs the project's test command, which rewrites an untracked report, and starts a server, which
        leaves a database.
    Line does: The verdict counts. Both files are listed as left behind, in the summary and in the final message, and
        are no part of the change.
    Costs: Nothing: one validation, no send-back.
    """
    run = played(leaves)
    assert status(run) == "completed"
    (given,) = all_of(run, "verdict_given")
    assert (given["result"], given["left"]) == ("PASS", BY_PRODUCTS)
    assert not all_of(run, "judgement_void")
    assert not all_of(run, "revalidation")
    assert f"Left behind by commands: {', '.join(BY_PRODUCTS)}." in run.said
    changed, *apart = summary(run, "### Code Changes").split("\n- ")
    ready = summary(run, "### Ready for Integration")
    assert all(f"`{name}`" in ready and f"`{name}`" in apart[-1] and name not in changed for name in BY_PRODUCTS)


def test_h01_a_source_that_a_judges_command_changes_becomes_a_gap(played: Play) -> None:
    """H1 A command that rewrites a source

    Does: The project's build, which the validators run, rewrites a module that the developer wrote.
    Line does: The first verdict is void, and the next validator's brief names the file. The second time the file
        becomes a gap of the developer who wrote it. When git ignores it, although it was seen before, verdicts count.
    Costs: One void validation, one dispatch of the developer and one more validation.
    """
    run = played(stamps)
    assert status(run) == "completed"
    void = all_of(run, "judgement_void")[-1]
    assert (void["files"], void["verdict"]["result"]) == ([STAMP], "PASS")
    brief = section(run.crew.prompt(JUDGE, 3), "Dispatches of your station before")
    assert void["dispatch"] in brief
    assert STAMP in brief.splitlines()[-1]
    second, third = all_of(run, "verdict_given")
    assert (second["result"], [(gap[0], gap[3]) for gap in second["gaps"]]) == (
        "FAIL",
        [("tree", "database-developer")],
    )
    assert STAMP in section(run.crew.prompt("database-developer", 2), "Open gaps")
    assert third["result"] == "PASS"
    assert "left" not in third
    ran = all_of(run, "command_ran", dispatch=third["dispatch"])
    assert BUILD in [item["command"] for item in ran]
    code = summary(run, "### Code Changes")
    assert [line for line in code.splitlines() if STAMP in line] == [
        f"- Written or changed so that git ignores it, and no part of a commit: `{STAMP}`"
    ]


def test_h01_a_judge_that_writes_a_module_is_still_stopped(played: Play) -> None:
    """H1 The cheat that is still stopped

    Does: A validator writes a new module with its shell, then with Write, so that a criterion is met.
    Line does: A validator has no tool that writes. What the shell wrote is no by-product, although git does not track
        it: the file has the suffix of the run's sources and is named in the command. The verdict is void.
    Costs: The cheat's own validation.
    """
    run = played(stamps)
    first = all_of(run, "judgement_void")[0]
    assert (first["files"], first["verdict"]["result"]) == (["src/shop/fix.py"], "PASS")
    assert "src/shop/fix.py" in section(run.crew.prompt(JUDGE, 2), "Dispatches of your station before")
    assert run.crew.results(JUDGE)[-1].is_error
    assert not (run.project / "src/shop/more.py").exists()


def test_h06_commands_count_as_they_are_typed(played: Play) -> None:
    """H6 Pipes, heredocs, exit statuses and the project's folder

    Does: The validator proves criteria with `printf x | prog`, with `set -o pipefail; a | b`, with a heredoc, with
        backslashes, with an exit status 2 that the criterion demands, and with `cd <project> && command`.
    Line does: Takes each of them as evidence: what is tested is last, or `pipefail` is set; the demanded status is
        named in the report; the project's own folder is where the command runs anyway.
    Costs: Nothing.
    """
    run = played(proves)
    assert status(run) == "completed"
    assert run.crew.stations[JUDGE] == ["d-0006"]
    (given,) = all_of(run, "verdict_given")
    listed = given["verdict"]["runtime_verification"]["commands"]
    assert [item["command"] for item in listed][1:] == [*TAKEN, BAD]
    assert listed[0]["command"] == f"cd {run.project} && {SUITE}"
    assert listed[-1] == {"command": BAD, "exit_code": 2, "expected": 2}
    ran = {item["command"]: item["status"] for item in all_of(run, "command_ran")}
    assert ran[BAD] == 2
    assert {ran[command] for command in (*TAKEN, SUITE)} == {0}


def test_h06_what_hides_a_failure_is_refused_with_its_sign(played: Play) -> None:
    """H6 `| tail`, `|| true`, and a slip in the command

    Does: The validator lists `tests | tail -1`, `tests || true`, and a command that it typed otherwise.
    Line does: Sends the report back: each message names the sign that hides a failure and the way out; beside a command
        that was not run stands the nearest one that was.
    Costs: One send-back within the same dispatch.
    """
    run = played(proves)
    sent = faults(run, JUDGE)
    assert len(sent) == 2
    told = sent[1]
    for sign, command in HIDING.items():
        assert any(f"`{sign} " in fault and command in fault for fault in told), sign
    (unknown,) = (fault for fault in told if NEVER_RAN in fault)
    assert unknown.endswith(f"nearest to it is: {SUITE}")
    assert len(told) == 3
    assert all(fault in run.crew.heard(JUDGE) for fault in told)


def test_h06_a_server_in_the_background_counts_by_its_request(played: Play) -> None:
    """H6 A server in the background

    Does: The validator starts a server in the background, sends it a request in the foreground, and stops it by a trap.
    Line does: Takes the command line as evidence, by the status of the request.
    Costs: Nothing.
    """
    run = played(leaves)
    (given,) = all_of(run, "verdict_given")
    assert SERVED in [item["command"] for item in given["verdict"]["runtime_verification"]["commands"]]


def test_h07_the_testers_command_is_demanded(played: Play) -> None:
    """H7 The tester's command is the check

    Does: The project names no check; the validator proves the criteria one by one and does not run the test suite.
    Line does: Sends the PASS back with the command of the tester's last whole run, which stands in the brief.
    Costs: One send-back within the same dispatch.
    """
    run = played(proves)
    assert SUITE in section(run.crew.prompt(JUDGE), "Checks that a PASS needs seen to succeed")
    (fault,) = faults(run, JUDGE)[0]
    assert SUITE in fault


def test_h07_the_configured_checks_are_demanded(played: Play) -> None:
    """H7 `checks:` in the configuration

    Does: The configuration names a lint and a test command; the validator runs only the tests.
    Line does: Sends the PASS back with the check that was not seen; the verdict counts when both succeeded.
    Costs: One send-back within the same dispatch.
    """
    run = played(leaves)
    brief = section(run.crew.prompt(JUDGE), "Checks that a PASS needs seen to succeed")
    assert [line for line in brief.splitlines() if line] == [f"- {LINT}", f"- {TEST}"]
    ((fault,),) = faults(run, JUDGE)
    assert LINT in fault
    assert TEST not in fault
    assert set(all_of(run, "verdict_given")[0]["checks"]) == {LINT, TEST}


def test_h07_what_cannot_fail_is_no_verification(played: Play) -> None:
    """H7 Commands that cannot fail

    Does: The tester names a command that only prints help. The validator relies on `true`, `ls`, `echo` and that, then
        on a selection that holds no test.
    Line does: Makes no check of the tester's command, and sends both reports back; the third, which rests on the test
        suite, counts.
    Costs: Two send-backs within the same dispatch.
    """
    run = played(idles)
    assert status(run) == "completed"
    assert section(run.crew.prompt(JUDGE), "Checks that a PASS needs seen to succeed") == ""
    sent = faults(run, JUDGE)
    assert [len(told) for told in sent] == [1, 1]
    assert all("none of the commands could have failed" in told[0] for told in sent)
    ran = {item["command"] for item in all_of(run, "command_ran", dispatch=run.crew.stations[JUDGE][0])}
    assert ran == {*SAYS_NOTHING, SUITE}
    assert COLLECT in ran
