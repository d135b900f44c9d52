"""What an earlier run of a task leaves behind when the task is run again."""

from tests.hooks.driver import TASK


def test_the_summary_of_an_earlier_run_never_speaks_for_one_that_ended_without_its_own(client) -> None:
    client.run()
    client.until("completed")
    summary = client.root / "docs" / "tasks" / f"{TASK}-summary.md"
    first = summary.read_bytes()
    client.run(f"{TASK} --restart")
    client.command("abort", TASK)
    assert not summary.exists()
    assert (client.root / ".task_bundles" / TASK / "earlier-summary.md").read_bytes() == first
