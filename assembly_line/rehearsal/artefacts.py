"""The files that scripted stations write: small, plausible, runnable, and the same every time."""

from pathlib import Path
from typing import NamedTuple

from assembly_line.rehearsal.brief import Brief, Item, slug

MENDED = "MENDED: dict[str, str] = {\n"  # where later iterations insert what they fixed
BUNDLE = ("architecture", "security", "code_context", "dependencies")

_SUITE = "python3 -m unittest discover -s {tests} -q"


class Ground(NamedTuple):
    """Where a project keeps its sources and tests, relative to its root."""

    source: str = "src"
    tests: str = "tests"
    docs: str = "docs"


def survey(project: Path) -> Ground:
    """Find a project's source folder: its package under src or at the root, else src."""
    for folder in (project / "src", project):
        packages = sorted(item.parent.name for item in folder.glob("*/__init__.py"))
        sources = [name for name in packages if name not in ("tests", "test", "docs")]
        if sources:
            return Ground("/".join((*folder.relative_to(project).parts, sources[0])))
    return Ground()


def suite(ground: Ground) -> str:
    """The command that runs all tests."""
    return _SUITE.format(tests=ground.tests)


def own_tests(ground: Ground, brief: Brief) -> str:
    """The command that runs only the task's tests, for a project whose suite does not run here."""
    return f"{suite(ground)} -p {Path(test_path(ground, brief)).name}"


def module_path(ground: Ground, brief: Brief) -> str:
    """The source file of a developing station."""
    return f"{ground.source}/{slug(brief.task)}_{slug(brief.station)}.py"


def test_path(ground: Ground, brief: Brief) -> str:
    """The test file of a task."""
    return f"{ground.tests}/test_{slug(brief.task)}.py"


def docs_path(ground: Ground, brief: Brief) -> str:
    """The documentation page of a task."""
    return f"{ground.docs}/{slug(brief.task)}.md"


def module(brief: Brief) -> str:
    """A source file that names each criterion's outcome, and what later iterations fixed."""
    outcomes = "".join(f"    {_quoted(item.id)}: {_quoted(item.text)},\n" for item in brief.criteria)
    return (
        f'"""{_plain(brief.title)}: what the {brief.station} station built for {brief.task}, in rehearsal."""\n\n'
        f"OUTCOMES: dict[str, str] = {{\n{outcomes}}}\n\n"
        f"{MENDED}{mended(brief)}}}\n\n\n"
        "def outcome(criterion: str) -> str:\n"
        '    """What the task promises for a criterion."""\n'
        "    return MENDED.get(criterion, OUTCOMES[criterion])\n"
    )


def mended(brief: Brief) -> str:
    """The lines that record what this dispatch was asked to fix."""
    return "".join(f"    {_quoted(item.id)}: {_quoted(item.text)},\n" for item in open_items(brief))


def open_items(brief: Brief) -> tuple[Item, ...]:
    """What the dispatch is asked to fix: gaps, review issues and compliance violations."""
    return (*brief.gaps, *brief.issues, *brief.violations)


def tests(ground: Ground, brief: Brief) -> str:
    """A unittest file with one test per criterion, which loads what the stations built."""
    cases = "\n".join(_case(item) for item in brief.criteria)
    return (
        f'"""Holds the criteria of {brief.task} against what was built, in rehearsal."""\n\n'
        "import runpy\nimport unittest\nfrom pathlib import Path\n\n"
        f'SOURCE = Path(__file__).resolve().parents[{len(Path(ground.tests).parts)}] / "{ground.source}"\n'
        f'BUILT = [runpy.run_path(str(path)) for path in sorted(SOURCE.glob("{slug(brief.task)}_*.py"))]\n\n\n'
        f"class Criteria(unittest.TestCase):\n{cases}"
    )


def page(brief: Brief) -> str:
    """The documentation page of a task."""
    rows = "".join(f"- {item.text}\n" for item in brief.criteria)
    later = "".join(f"- {item.text}\n" for item in open_items(brief))
    return f"# {brief.title}\n\nWhat {brief.task} added, written in rehearsal.\n\n{rows}" + (
        f"\n## Described later\n\n{later}" if later else ""
    )


def design(brief: Brief) -> str:
    """A designer's note in the bundle."""
    rows = "".join(f"## {item.id}\n{item.text}\n\n" for item in brief.criteria)
    return f"# {brief.station}: {brief.title}\n\nOne operation for each criterion, named after it.\n\n{rows}"


def bundle_file(name: str, ground: Ground, brief: Brief) -> str:
    """One of the bundler's four files."""
    facts = {
        "architecture": f"Sources live in `{ground.source}`, tests in `{ground.tests}`, pages in `{ground.docs}`.",
        "security": "The task touches no trust boundary that the criteria name.",
        "code_context": f"Tests run with `{suite(ground)}`. The criteria's operations do not exist yet.",
        "dependencies": "Standard library only; no task is named as a dependency.",
    }
    rows = "".join(f"- {item.id}: {item.text}\n" for item in brief.criteria)
    return f"# {name.replace('_', ' ').capitalize()} for {brief.task}\n\n{facts[name]}\n\nCriteria served:\n\n{rows}"


def _case(item: Item) -> str:
    return (
        f"    def test_{slug(item.id)}_is_served_by_a_built_part(self) -> None:\n"
        f'        self.assertTrue([part for part in BUILT if {_quoted(item.id)} in part["OUTCOMES"]])\n'
    )


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _plain(text: str) -> str:
    return text.replace("\\", "/").replace('"', "'")
