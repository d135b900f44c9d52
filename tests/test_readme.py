"""What README and docs say agrees with the code: commands, options, diagram, figures, links and targets."""

import json
import os
import re
import runpy
from pathlib import Path

import click
import pytest
import yaml

from assembly_line.cli.group import main as cli
from assembly_line.core.machine import ACTIVE, BACK, NEW, TRANSITIONS
from assembly_line.core.recovery import KINDS
from assembly_line.core.settings import Settings
from assembly_line.intake import reader
from assembly_line.project.workflow import load, names

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text("utf-8")
SCHEMA = json.loads((ROOT / "assembly_line" / "schemas" / "config.json").read_text("utf-8"))


def config_keys() -> list[str]:
    keys = []
    for name, part in SCHEMA["properties"].items():
        keys += [f"{name}.{inner}" for inner in part.get("properties", {})] or [name]
    return keys


def slug(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")


def page_text(page: Path) -> str:
    """The page without fenced and indented code, which may show things that are no links."""
    return re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "commands").glob("*.md")))
def test_readme_names_every_slash_command(name: str) -> None:
    assert f"`/{name} " in README or f"`/{name}`" in README


def test_readme_names_no_slash_command_that_does_not_exist() -> None:
    named = set(re.findall(r"`/(task-[a-z]+)", README))
    assert named == {path.stem for path in (ROOT / "commands").glob("*.md")}


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_readme_names_every_command_of_the_command_line_and_it_has_help(name: str) -> None:
    command: click.Command = cli.commands[name]
    assert command.help
    assert re.search(rf"`assembly-line {name}[ `]", README)


@pytest.mark.parametrize("name", ["run_task", "check_state"])
def test_readme_names_the_scripts_for_people(name: str) -> None:
    assert (ROOT / "scripts" / f"{name}.py").is_file()
    assert f"`scripts/{name}.py" in README


@pytest.mark.parametrize("key", config_keys())
def test_every_configuration_key_is_documented(key: str) -> None:
    assert re.search(rf"^\| `{re.escape(key)}` \|", CONFIGURATION, re.MULTILINE)


def test_no_configuration_key_is_documented_that_does_not_exist() -> None:
    table = CONFIGURATION.partition("## Example")[0]
    assert set(re.findall(r"^\| `([\w.]+)` \|", table, re.MULTILINE)) == set(config_keys())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("tiers.T1", f"`{Settings().t1_model}`"),
        ("tiers.T2", f"`{Settings().t2_model}`"),
        ("limits.iterations", str(Settings().max_iterations)),
        ("limits.cheap_iterations", str(Settings().cheap_iterations)),
        ("limits.fix_rounds", str(Settings().fix_rounds)),
        ("limits.retries", str(Settings().retries)),
    ],
)
def test_the_documented_defaults_are_those_of_the_code(key: str, value: str) -> None:
    assert f"| `{key}` | {value} |" in CONFIGURATION


def test_the_example_configuration_is_valid() -> None:
    from assembly_line import schemas

    example = re.search(r"^```yaml\n(.*?)^```", CONFIGURATION, re.MULTILINE | re.DOTALL)
    assert example
    assert schemas.faults("config", yaml.safe_load(example[1])) == []


@pytest.mark.parametrize("name", names())
def test_every_workflow_and_role_is_documented(name: str) -> None:
    types, stations, _ = load(name)
    assert f"`{name}`" in README
    assert f"`{name}`" in CONFIGURATION
    assert not [type_ for type_ in types if f"| `{type_}` | `{name}` |" not in README]
    assert not [item.role for item in stations if f"`{item.role}`" not in CONFIGURATION]


def test_the_diagram_in_the_docs_is_the_one_drawn_from_the_table() -> None:
    drawn = runpy.run_path(str(ROOT / "tools" / "draw_machine.py"))["render"]()
    assert f"```mermaid\n{drawn}\n```" in (ROOT / "docs" / "how-it-works.md").read_text("utf-8")


def test_the_diagram_holds_every_transition_and_no_other() -> None:
    drawn = runpy.run_path(str(ROOT / "tools" / "draw_machine.py"))["render"]()
    found: dict[str, dict[str, str]] = {stage: {} for stage in TRANSITIONS}
    for source, target, kinds in re.findall(r"(\S+) --> (\S+) : (.+)", drawn):
        sources = ACTIVE if source == "active" else [NEW if source == "[*]" else source]
        for stage in sources:
            found[stage] |= {kind: BACK if target == "active" else target for kind in kinds.split(", ")}
    assert found == TRANSITIONS


def test_every_kind_of_failure_has_its_row_with_what_the_line_does() -> None:
    page = (ROOT / "docs" / "recovery.md").read_text("utf-8")
    rows = {row[0]: row[2] for row in re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|", page, re.MULTILINE)}
    assert rows == {kind: recovery.response for kind, recovery in KINDS.items()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_to_a_file_and_heading_that_exist(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page_text(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path) if path else page
        text = file.read_text("utf-8") if file.suffix == ".md" and file.exists() else ""
        headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        if not file.exists() or (anchor and anchor not in map(slug, headings)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^    |`)make ([a-z]+)", page.read_text("utf-8"), re.MULTILINE))
    assert named <= targets


def test_every_make_target_is_in_its_help() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^\.PHONY: ([a-z]+)", text, re.MULTILINE))
    assert targets == set(re.findall(r"^([a-z]+):.*## ", text, re.MULTILINE))


@pytest.mark.parametrize("page", ["README.md", "docs/task-files.md"])
def test_every_task_shown_is_one_that_runs(page: str, tmp_path: Path) -> None:
    shown = re.findall(
        r"^( *)```(yaml|markdown)\n(.*?)^ *```", (ROOT / page).read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    tasks = [(kind, "\n".join(line.removeprefix(indent) for line in text.split("\n"))) for indent, kind, text in shown]
    assert tasks
    for kind, text in tasks:
        found = re.search(r"^id: (\S+)", text, re.MULTILINE)
        assert found
        file = tmp_path / f"{found[1]}.{'md' if kind == 'markdown' else 'yaml'}"
        file.write_text(text, "utf-8")
        assert len(reader.read(tmp_path, file, found[1]).criteria) in (2, 3)


def test_the_cost_of_the_agents_listing_is_the_figure_of_the_readme_and_under_600_tokens() -> None:
    listing = ""
    for path in sorted((ROOT / "agents").rglob("*.md")):
        front = yaml.safe_load(path.read_text("utf-8").split("---\n")[1])
        name = ":".join(["assembly-line", *path.relative_to(ROOT / "agents").with_suffix("").parts])
        listing += f"- {name}: {front['description']} (Tools: {front['tools']})\n"
    size = len(listing.encode())
    print(f"agents' listing: {size} bytes, {size / 4:.0f} tokens at 4 characters each")
    assert size / 4 < 600
    assert f"about {round(size, -2):,} bytes" in README
    assert f"about {round(size / 4, -1):.0f} tokens" in README


def test_ci_runs_make_test_and_nothing_less() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    commands = [line for line in script.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert commands == ['cd "$(dirname "$0")/.." && exec make test']
