"""What is known of the programs in a command line: one table, and what it says of one program."""

import itertools
import re
from collections.abc import Iterable
from typing import NamedTuple

from assembly_line.core import shell
from assembly_line.core.shell import Group, Script, Simple
from assembly_line.core.words import Unreadable


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


SHELLS = _names("sh bash dash zsh ksh")
PRODUCERS = _names("printf echo cat yes seq")  # only give input to what follows in the pipe
FILTERS = _names(
    "tail head cat tee grep egrep fgrep rg sed awk gawk wc sort uniq cut tr less more true : column fold nl tac"
)
SETUP = _names(
    "cd pushd popd export unset set umask ulimit sleep trap mkdir rm touch cp ln echo printf source . : true "
    "declare readonly pkill"
)
PLACES = _names("cd pushd popd source .")  # what follows is another run after these
SETTING = _names("export declare readonly set")
WAITING = _names("curl wget nc test [ [[ break continue seq false")  # in a loop that waits for a server
CLEANING = _names("kill pkill wait rm echo printf : true")  # in a trap; they leave the status alone
TELLING = _names("cat tail head kill ls ps")  # before an exit that tells of a failure
LOOKING = FILTERS | _names(  # tell of files and of the machine, and run nothing of the project
    "test [ [[ diff cmp git jq yq basename dirname realpath readlink nproc getconf expr sha256sum md5sum curl wget"
)
COMPARING = _names("= == -eq -gt -ge =~")  # of a test: an output that is missing does not pass
TESTS = _names("test [ [[")
MAKES = _names("make gmake bmake")
_EACH = _names("-exec -execdir -ok -okdir")  # options of find that run something
_MAKE_TAKES = frozenset("CfIoWEjlO")  # options of make that take what follows
REFUSED = _names("eval alias hash enable shopt")  # they change what other words mean
# Variables that change what a program does.
STEERING = re.compile(
    r"(?:MAKEFLAGS|MFLAGS|GOFLAGS|\w*ADDOPTS|\w*OPTIONS|\w*OPTS|PATH|BASH_ENV|ENV|SHELL|IFS|npm_config_\w+|LD_\w+|DYLD_\w+"
    r"|PYTHON(?:PATH|HOME|STARTUP)|NODE_PATH|CLASSPATH|PERL5LIB|RUBYLIB)\+?="
)
# Programs that run the rest of their words -> their options that change nothing, with and without a word of their own.
_STARTERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "time": ((), ("-p",)), "nohup": ((), ()), "command": ((), ("-p",)), "builtin": ((), ()), "exec": ((), ()),
    "env": (("-u",), ("-i",)), "nice": (("-n",), ()), "timeout": (("-k", "-s"), ("--foreground",)),
}  # fmt: skip
# What cannot fail, or runs nothing of the project: programs, and words of any program or of one.
_IDLE = SETUP | _names(
    "ls cat pwd exit return false head tail wc stat file du date whoami id type which uname hostname env printenv wait "
    "kill disown jobs bg fg ps mktemp tree sort uniq find yes seq tee less more"
)
_IDLE_WORDS = _names(
    "--help --version --collect-only --collectonly --co --listTests --list-tests --passWithNoTests "
    "--pass-with-no-tests --dry-run --just-print --recon --fixtures --setup-plan --no-run --showConfig "
    "--exit-zero --if-present --ignore-errors --touch --notest -DskipTests -Dmaven.test.skip=true"
)
_IDLE_ALONE = _names("-h -V -v -?")  # as the only word
_IDLE_WITH = {
    "make": _names("help"), "pip": _names("list show"), "docker": _names("ps images"), "tox": _names("-l"),
    "git": _names("status log diff show branch rev-parse ls-files"), "npm": _names("ls pkg"),
}  # fmt: skip
_SCRIPT = re.compile(r"-[eluxi]*c[eluxi]*")  # the option before a shell's script
OPTION = re.compile(r"-[eluxvE]*o?|--login|--norc|--noprofile|errexit|pipefail|nounset|xtrace|errtrace")


class Flags(NamedTuple):
    """The options of `set` that are in force."""

    errexit: bool = False
    pipefail: bool = False
    tested: bool = False  # left of && or ||, or behind !: errexit has no effect, wherever it is set


def own_name_of(part: Simple | Group) -> str:
    """The program as written, without its folder."""
    if isinstance(part, Group):
        return part.opener
    return part.words[0].value.rpartition("/")[2] if part.words else ""


def name_of(part: Simple | Group) -> str:
    """The program that is really run: behind `env`, `timeout` and their like."""
    return own_name_of(started(part)) if isinstance(part, Simple) else part.opener


def started(simple: Simple) -> Simple:
    """A program without the programs that only start it."""
    words, own = list(simple.words), list(simple.assignments)
    while words and (name := words[0].value.rpartition("/")[2]) in _STARTERS:
        at = 1
        with_word, alone = _STARTERS[name]
        while at < len(words) and words[at].value in (*with_word, *alone):
            at += 2 if words[at].value in with_word else 1
        if words[at : at + 1] and words[at].value.startswith("-"):
            break  # another option: it may run nothing
        at += name == "timeout"
        words = words[at:]
        while name == "env" and words and re.match(r"\w+=", words[0].value):
            own.append(words.pop(0))
    return simple._replace(words=tuple(words), assignments=tuple(own))


def script_and_flags(simple: Simple) -> tuple[Script, Flags]:
    """The script that a shell is given in its words or its heredoc, and the options it begins with."""
    words = [word.value for word in simple.words]
    begin = next((place for place, word in enumerate(words) if word.rpartition("/")[2] in SHELLS), len(words))
    for place in range(begin + 1, len(words)):
        if _SCRIPT.fullmatch(words[place]):
            given = [*words[begin + 1 : place], words[place].replace("c", "")]
            return shell.parse("".join(words[place + 1 : place + 2]), 1), options(given, Flags())
        if not OPTION.fullmatch(words[place]):
            if words[place].startswith("-"):
                raise Unreadable(f"{words[begin]} {words[place]}")  # it may read the script and not run it
            return (), Flags()
    bodies = [word.value for operator, word in simple.redirections if operator.startswith("<<")]
    if bodies and reads_script(simple):
        return shell.parse(bodies[-1], 1), options(words[begin + 1 :], Flags())
    return (), Flags()


def script_of(simple: Simple) -> Script:
    """The script that a shell is given; () for any other program."""
    return script_and_flags(simple)[0]


def is_failure(simple: Simple) -> bool:
    """Whether it always ends with a status other than 0."""
    words = [word.value for word in simple.words]
    if words[:1] == ["false"]:
        return True
    return len(words) == 2 and words[0] in ("exit", "return") and words[1].isdecimal() and 0 < int(words[1]) < 256


def options(words: list[str], flags: Flags) -> Flags:
    """The flags after the words of a `set`, or the options of a shell."""
    for place, word in enumerate(words):
        if not word.startswith("-"):
            continue
        named = words[place + 1 : place + 2] if word.endswith("o") else []
        if ("e" in word and not word.startswith("--")) or named == ["errexit"]:
            flags = flags._replace(errexit=True)
        if named == ["pipefail"]:
            flags = flags._replace(pipefail=True)
    return flags


def reads_script(simple: Simple) -> bool:
    """Whether it is a shell that takes its script from its input."""
    words = [word.value for word in started(simple).words]
    return words[:1] != [] and name_of(simple) in SHELLS and all(map(OPTION.fullmatch, words[1:]))


def ignores_failures(simple: Simple) -> bool:
    """Whether it is a program that is told to go on, or to end well, after a failure."""
    name, words = name_of(simple), [word.value for word in started(simple).words[1:]]
    if name in MAKES:
        settings = [word.value.partition("=")[2] for word in started(simple).assignments if "MAKEFLAGS" in word.form]
        settings += [word.partition("=")[2] for word in words if word.startswith(("MAKEFLAGS=", "GNUMAKEFLAGS="))]
        given = (*words, *(word if word.startswith("-") else f"-{word}" for each in settings for word in each.split()))
        return "i" in make_flags(given) or any(word.startswith("--ig") for word in given)
    if name == "script":
        return not any(word == "--return" or re.fullmatch(r"-[a-z]*e[a-z]*", word) for word in words)
    return False


def make_flags(words: Iterable[str]) -> str:
    """The letters of make's options that take no value."""
    letters = ""
    for word in words:
        if word.startswith("-") and not word.startswith("--"):
            letters += "".join(itertools.takewhile(lambda letter: letter not in _MAKE_TAKES, word[1:]))
    return letters


def started_by_find(simple: Simple) -> Simple | None:
    """What `find` runs for each file, whose failure does not end it; None when it runs nothing, or all at once."""
    values = [word.value for word in simple.words]
    begin = next((place for place, value in enumerate(values) if value in _EACH), len(values))
    if name_of(simple) != "find" or ";" not in values[begin:]:
        return None
    return Simple(simple.words[begin + 1 : values.index(";", begin)])


def only_looks(script: Script) -> bool:
    """Whether a script only prints, lists and looks things up, with all scripts in it."""
    for part in shell.walk(script, script_of):
        if isinstance(part, Simple):
            if not (is_idle(part) or name_of(part) in LOOKING | PRODUCERS):
                return False
            given = (*part.words, *part.assignments, *(word for _, word in part.redirections))
            if not all(only_looks(shell.parse(text, 1)) for word in given for text in word.inner):
                return False
    return True


def is_idle(part: Simple | Group) -> bool:
    """Whether it only prints, lists, waits or asks for help, so that its success says nothing."""
    if isinstance(part, Group):
        return all(is_idle(one) for each in part.body for pipe in each.pipes for one in pipe.parts)
    if name_of(part) in SHELLS and (inner := script_of(part)):
        return all(is_idle(one) for each in inner for pipe in each.pipes for one in pipe.parts)
    name, words = name_of(part), {word.value for word in part.words[1:]}
    if name in MAKES and set(make_flags(words)) & set("nqt"):
        return True
    if not name or name in _IDLE or words & (_IDLE_WORDS | _IDLE_WITH.get(name, frozenset())):
        return True
    return len(part.words) == 2 and bool(words & _IDLE_ALONE)
