"""Whether a command line can hide a failure, and by which sign."""

from assembly_line.core import shell
from assembly_line.core.programs import (
    CLEANING,
    COMPARING,
    FILTERS,
    LOOKING,
    MAKES,
    OPTION,
    PLACES,
    PRODUCERS,
    REFUSED,
    SETTING,
    SETUP,
    TELLING,
    TESTS,
    WAITING,
    Flags,
    ignores_failures,
    is_failure,
    is_idle,
    name_of,
    only_looks,
    options,
    own_name_of,
    reads_script,
    script_and_flags,
    script_of,
    started_by_find,
)
from assembly_line.core.shell import Element, Group, Pipe, Script, Simple
from assembly_line.core.words import Unreadable


def hides(command: str) -> str:
    """The sign by which a command line can hide a failure; "" when its status tells of every one."""
    try:
        return _script(shell.parse(command), Flags())
    except Unreadable as problem:
        return str(problem)
    except RecursionError:
        return "too many levels"


def _script(script: Script, flags: Flags, final: bool = True) -> str:
    for place, element in enumerate(script):
        is_last = place == len(script) - 1
        if element.background:
            if is_last:
                return "&"
            if all(is_idle(part) for pipe in script[-1].pipes for part in pipe.parts):
                return f"& {_first(script[-1])}"
            continue
        if is_last or not _is_setup(element):
            sign = _element(element, flags, final and is_last)
            stops = flags.errexit and not flags.tested and len(element.pipes) == 1 and not element.pipes[0].negated
            if sign or not (is_last or stops):
                return sign or f"; {_first(script[place + 1])}"
        flags = _after(element.pipes[0], flags)
    return ""


def _element(element: Element, flags: Flags, final: bool) -> str:
    for place, pipe in enumerate(element.pipes):
        is_last = place == len(element.pipes) - 1
        if place and element.joins[place - 1] == "||":
            if not _fails(pipe):
                return f"|| {name_of(pipe.parts[0])}"
            continue
        sign = _pipe(pipe, flags if is_last else flags._replace(tested=True), final and is_last)
        if sign:
            return sign
        flags = _after(pipe, flags)
    return ""


def _pipe(pipe: Pipe, flags: Flags, final: bool) -> str:
    inner = flags._replace(tested=True) if pipe.negated else flags
    several = len(pipe.parts) > 1
    if pipe.negated and name_of(pipe.parts[-1]) not in LOOKING and not is_idle(pipe.parts[-1]):
        return "!"
    for part in pipe.parts:
        sign = _part(part, inner, final and not several)
        if sign:
            return sign
    if not several:
        return ""
    last = pipe.parts[-1]
    sign = f"| {name_of(last)}"
    if isinstance(last, Simple) and reads_script(last):
        return sign
    is_fed = all(isinstance(part, Simple) and name_of(part) in PRODUCERS for part in pipe.parts[:-1])
    if is_fed and name_of(last) not in FILTERS:
        return ""
    return sign if pipe.negated or not flags.pipefail else ""


def _part(part: Simple | Group, flags: Flags, final: bool) -> str:
    if isinstance(part, Group):
        return _script(part.body, flags, final or part.opener == "(") if part.opener in "({" else part.opener
    name, own = name_of(part), own_name_of(part)
    if sign := _within(part) or _going_on(part):
        return sign
    if name in REFUSED or (name == "trap" and not _is_cleaning(part)):
        return name
    if name == "set" and (other := [word.value for word in part.words[1:] if not OPTION.fullmatch(word.value)]):
        return f"set {other[0]}"
    if name == "printf" and part.words[1:2] and part.words[1].value == "-v":
        return "printf -v"
    leaves = name in ("exit", "return") or (own == "exec" and name)
    if leaves and not final and not is_failure(part):
        return own
    return _script(*script_and_flags(part))


def _within(simple: Simple) -> str:
    """The sign of a script in its words whose failure nobody sees, as only its output is used."""
    given = (*simple.words, *(word for _, word in simple.redirections))
    if simple.words:  # alone, an assignment ends as the last script in it does
        given += simple.assignments
    return next((sign for word in given for text in word.inner if (sign := _lost(simple, text))), "")


def _lost(simple: Simple, text: str) -> str:
    script = shell.parse(text, 1)
    if only_looks(script):
        return ""
    sign = _script(script, Flags())
    is_filtered = not sign or (sign.startswith("| ") and sign[2:] in FILTERS)
    return "" if _compares(simple) and is_filtered else "$("


def _compares(simple: Simple) -> bool:
    """Whether it is a test of an output against something that a missing output is not."""
    words = [word.value for word in simple.words]
    if name_of(simple) not in TESTS:
        return False
    beside = [{words[at - 1], *words[at + 1 : at + 2]} for at, word in enumerate(words) if word in COMPARING]
    return bool(beside) and not any({"", "0"} & each for each in beside)


def _going_on(simple: Simple) -> str:
    """The sign of a program that ends well although what it ran has failed."""
    if ignores_failures(simple):
        return f"{name_of(simple)} -i" if name_of(simple) in MAKES else name_of(simple)
    each = started_by_find(simple)
    return "find -exec" if each is not None and not only_looks((Element((Pipe((each,)),)),)) else ""


def _is_setup(element: Element) -> bool:
    """Whether an element only prepares what follows, so that its own failure is not what is asked for."""
    names = SETUP - PLACES - SETTING if "||" in element.joins else SETUP
    return all(prepares(part, names) for pipe in element.pipes for part in pipe.parts)


def prepares(part: Simple | Group, names: frozenset[str] = SETUP) -> bool:
    """Whether a program or group only prepares: it is one of these names."""
    if isinstance(part, Group):
        # What is set in a group would not be seen as the place of what follows.
        inner = (names if part.opener in "({" else names | WAITING) - PLACES - SETTING
        pipes = [pipe for each in part.body for pipe in each.pipes]
        return all(_fails(pipe) or all(prepares(one, inner) for one in pipe.parts) for pipe in pipes)
    name = name_of(part)
    if name in ("trap", "set", "printf") and name in names:
        return not _part(part, Flags(), False)
    if not name and any(not only_looks(shell.parse(text, 1)) for word in part.assignments for text in word.inner):
        return False
    return own_name_of(part) in names or (not name and (not part.assignments or "export" in names))


def _is_cleaning(trap: Simple) -> bool:
    """Whether a trap leaves the command line's status alone."""
    words = [word.value for word in trap.words[1:] if word.value not in ("--", "-")]
    try:
        script = shell.parse(words[0]) if words else ()
        return all(own_name_of(each) in CLEANING for each in shell.walk(script, script_of))
    except Unreadable:
        return False


def _fails(pipe: Pipe) -> bool:
    """Whether a pipeline always ends with a status other than 0."""
    if len(pipe.parts) > 1 or pipe.negated:
        return False
    part = pipe.parts[0]
    if isinstance(part, Simple):
        return is_failure(part)
    if part.opener not in "({" or not part.body:
        return False
    *before, last = part.body
    tells = all(prepares(one, SETUP | TELLING) for each in before for pipe in each.pipes for one in pipe.parts)
    return tells and not last.background and len(last.pipes) == 1 and _fails(last.pipes[0])


def _after(pipe: Pipe, flags: Flags) -> Flags:
    """The options after a pipeline, which may be a `set`."""
    part = pipe.parts[0]
    if len(pipe.parts) > 1 or not isinstance(part, Simple) or name_of(part) != "set":
        return flags
    return options([word.value for word in part.words[1:]], flags)


def _first(element: Element) -> str:
    return name_of(element.pipes[0].parts[0])
