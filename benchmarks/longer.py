"""Agents of a realistic length: before its work, each scripted agent reads files of the project one by one."""

from pathlib import Path

from assembly_line.rehearsal import cast, conversation, stage
from assembly_line.rehearsal.artefacts import Ground
from assembly_line.rehearsal.plan import Plan
from assembly_line.rehearsal.server import Script
from assembly_line.rehearsal.wire import Json, Reply, ToolCall

READS = 18  # with the two to four requests of the work itself, about 20 requests an agent
_FOLDER = "src/shelf/more"
_PATTERN = "src/shelf/cli.py"  # with the line numbers that Read puts before its lines, about 3 KB


def project(example: Path, folder: Path) -> Path:
    """A copy of the example with files enough, as the client does not send the same lines of a file again."""
    made = stage.copy(example, folder)
    text = (made / _PATTERN).read_text(encoding="utf-8")
    (made / _FOLDER).mkdir()
    for number in range(READS):
        (made / _file(number)).write_text(text, encoding="utf-8")
    return made


def script(plan: Plan, ground: Ground) -> Script:
    """The rehearsal's cast, whose agents read first."""
    acting = cast.script(plan, ground)

    def answer(body: Json) -> Reply:
        prompt = conversation.brief(body)
        if prompt is None or conversation.is_side(body):
            return acting(body)
        calls = [turn for turn, call in conversation.calls(body) if turn > prompt.turn and _reads(call)]
        if len(calls) < READS:
            return Reply("", (ToolCall("Read", {"file_path": _file(len(calls))}),))
        said = body["messages"]  # the cast tells from its own calls alone what it does next
        return acting({**body, "messages": [*said[: prompt.turn + 1], *said[calls[-1] + 2 :]]})

    return answer


def _file(number: int) -> str:
    return f"{_FOLDER}/part_{number:02d}.py"


def _reads(call: Json) -> bool:
    return _FOLDER in str(call["input"].get("file_path", ""))
