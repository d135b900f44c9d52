"""The run's checks: what must be seen to succeed for a PASS, and which of it was seen."""

from collections.abc import Iterable

from assembly_line.core import evidence
from assembly_line.core.hiding import hides
from assembly_line.core.run import Command, Dispatch, Run


def checks(run: Run) -> tuple[str, ...]:
    """The commands that a PASS needs: the configuration's, else the tester's last whole run; () when neither is."""
    return run.settings.checks or ((run.check,) if run.check else ())


def seen(run: Run, dispatch: Dispatch) -> tuple[str, ...]:
    """The checks that the dispatch's agent was seen to run with success; the last time that each ran counts."""
    return tuple(check for check in checks(run) if _succeeded(check, dispatch.commands))


def is_sound(command: Command) -> bool:
    """Whether a recorded command succeeded on what is judged, shows every failure and ran tests if it is a test run."""
    return command.ok and not (command.status or command.empty or command.on or hides(command.text))


def check_of(commands: Iterable[Command], told: str) -> str:
    """What the tester's command really runs, if it was recorded and could fail; else ""."""
    for form in dict.fromkeys((told, evidence.at_home(told))):
        wanted = set(evidence.proves(form))
        ran = [item for item in commands if wanted <= set(evidence.proves(item.text))]
        if ran:
            check = evidence.core(form) if hides(form) else form.strip()
            return check if not ran[-1].empty and evidence.could_fail(check) else ""
    return ""


def _succeeded(check: str, commands: Iterable[Command]) -> bool:
    wanted = set(evidence.proves(check))
    ran = [item for item in commands if wanted <= set(evidence.proves(item.text)) and not hides(item.text)]
    return bool(ran) and is_sound(ran[-1])
