"""UserPromptSubmit: the client's notification that a background agent is over."""

from assembly_line.core import ends, policy
from assembly_line.engine import drive
from assembly_line.engine.store import Store
from assembly_line.hook.current_run import open_run
from assembly_line.hook.payload import Answer, Payload, context, text
from assembly_line.text import directive


def submitted(payload: Payload) -> Answer:
    """Give the relay its directive when the background agent that it waits for is over."""
    prompt = text(payload, "prompt")
    if not prompt.lstrip().startswith("<task-notification>"):
        return {}
    task, state = _tagged(prompt, "task-id"), _tagged(prompt, "status")
    with open_run(payload) as current:
        if current is None or not task:
            return {}
        run = current.store.run
        if run.relay:
            if task != run.relay or not current.is_active:
                return {}
            run = current.store.record(*policy.relay_ended(run))
            return context("UserPromptSubmit", directive.render(run), directive.progress(run))
        if task not in {item.agent_id for item in (run.open, run.last) if item is not None}:
            return {}
        return _background_ended(current.store, payload, task, state or "unknown")


def _background_ended(store: Store, payload: Payload, task: str, status: str) -> Answer:
    """Give the next directive when a background agent is over, after recording one that left no report."""
    if policy.is_at_work(store.run, task):
        from assembly_line.client import denials  # late, as few agents are lost
        from assembly_line.hook import denied, late  # late, as above

        late.settle(store, payload)
    if policy.is_at_work(store.run, task):
        denied.note(store, denials.path_of(text(payload, "transcript_path"), task))
        assert store.run.open is not None
        why = f"the background agent ended without a report; its status for the client: {status}"
        drive.apply(store, ends.died(store.run, ends.why_lost(store.run.open, why)))
    shown = directive.progress(store.run, store.latest_end())
    return context(text(payload, "hook_event_name"), directive.render(store.run), shown)


def _tagged(prompt: str, tag: str) -> str:
    """The text of the first element with this tag, or ""."""
    content, end, _ = prompt.partition(f"<{tag}>")[2].partition(f"</{tag}>")
    return content.strip() if end else ""
