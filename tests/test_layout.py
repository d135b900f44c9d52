"""The repository's shape: what names what, and what must stay small."""

import ast
import hashlib
import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from assembly_line import schemas
from assembly_line.core.blueprint import Blueprint
from assembly_line.core.kinds import KINDS
from assembly_line.core.settings import Settings
from assembly_line.hook.main import EVENTS, handler
from assembly_line.project import workflow
from assembly_line.project.config import Config

ROOT = Path(__file__).resolve().parents[1]
TRACKED = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, check=True)
FILES = [ROOT / name for name in TRACKED.stdout.decode().split("\0") if name and (ROOT / name).is_file()]
AGENTS = sorted((ROOT / "agents").rglob("*.md"))
COMMANDS = sorted((ROOT / "commands").glob("*.md"))
HOOKS = json.loads((ROOT / "hooks/hooks.json").read_text())["hooks"]
ENTRIES = [(event, row, item) for event, rows in HOOKS.items() for row in rows for item in row["hooks"]]
READERS = ("requirements-validator", "workflow-compliance")
MODES = ("run", "agent", "relay", "other", "listen", "always", "start")


def relative(path):
    return path.relative_to(ROOT).as_posix()


def head_of(path):
    """The frontmatter of a Markdown file, and its body."""
    _, head, body = path.read_text("utf-8").split("---\n", 2)
    return yaml.safe_load(head), body


def name_of(path):
    """An agent's name as the client knows it."""
    parts = path.relative_to(ROOT / "agents").with_suffix("").parts
    return ":".join(("assembly-line", *parts))


# Manifests.


def test_the_manifest_at_the_root_is_a_link_to_the_one_that_the_client_reads():
    assert (ROOT / "plugin.json").is_symlink()
    assert os.readlink(ROOT / "plugin.json") == ".claude-plugin/plugin.json"
    assert not (ROOT / ".claude-plugin/plugin.json").is_symlink()


def test_manifest_marketplace_and_package_agree():
    plugin = json.loads((ROOT / ".claude-plugin/plugin.json").read_text())
    market = json.loads((ROOT / ".claude-plugin/marketplace.json").read_text())
    (listed,) = market["plugins"]
    assert listed["name"] == plugin["name"] == "assembly-line"
    assert plugin["description"].startswith(listed["description"].rstrip("."))
    found = re.search(r'__version__ = "(.+)"', (ROOT / "assembly_line/__init__.py").read_text())
    assert found is not None
    assert found[1] == plugin["version"]
    assert (ROOT / "LICENSE").read_text().startswith(plugin["license"])


# Hooks.


def test_hooks_are_for_known_events_and_every_event_has_one():
    assert set(HOOKS) == set(EVENTS)
    assert all(callable(handler(event)) for event in EVENTS)


@pytest.mark.parametrize(("event", "row", "item"), ENTRIES)
def test_a_hook_names_a_script_that_exists_a_mode_that_the_launcher_knows_and_a_timeout(event, row, item):
    look, _, start = item["command"].rpartition(" || ")
    found = re.fullmatch(r'exec "\$\{CLAUDE_PLUGIN_ROOT\}/hooks/launch" (\w+) (\w+)', start)
    assert found is not None
    assert (ROOT / "hooks" / f"{found[1]}.py").is_file()
    assert re.sub(r"(?<!^)(?=[A-Z])", "_", event).lower() == found[1]
    assert found[2] in MODES
    marker = '[ ! -f "$CLAUDE_PLUGIN_DATA/sessions/$CLAUDE_CODE_SESSION_ID" ]'
    assert look == (marker if found[2] in ("run", "relay", "other", "listen") else "")
    assert 5 <= item["timeout"] <= 300
    assert item["type"] == "command"


@pytest.mark.parametrize(("event", "row", "item"), [entry for entry in ENTRIES if entry[0] == "PreToolUse"])
def test_a_gate_that_fails_blocks(event, row, item):
    assert item["onFailure"] == "block"


def test_the_launcher_can_be_started():
    assert os.access(ROOT / "hooks/launch", os.X_OK)
    assert (ROOT / "hooks/launch").read_bytes().startswith(b"#!/bin/sh\n")


@pytest.mark.parametrize("path", sorted((ROOT / "hooks").glob("*.py")), ids=relative)
def test_a_hooks_script_is_a_thin_entry(path):
    if path.name != "environment.py":
        assert len(path.read_text().splitlines()) <= 14
    assert f"hooks/{path.name}" in {relative(item) for item in FILES} or not (ROOT / ".git").exists()


def test_every_script_is_named_by_a_hook():
    named = {item["command"].split()[-2] for _, _, item in ENTRIES}
    scripts = {path.stem for path in (ROOT / "hooks").glob("*.py")}
    assert scripts == {*named, "environment"}


# Agents, commands, workflows.


@pytest.mark.parametrize("path", AGENTS, ids=relative)
def test_an_agent_file_has_its_own_name_a_short_description_and_tools(path):
    head, body = head_of(path)
    assert set(head) == {"name", "description", "tools"}
    assert head["name"] == path.stem
    assert len(head["description"]) <= 60
    assert "\n" not in head["description"]
    assert body.strip()
    assert 25 <= len(path.read_text().splitlines()) <= 60


@pytest.mark.parametrize("path", AGENTS, ids=relative)
def test_tools_are_what_the_role_needs(path):
    tools = {item.strip() for item in head_of(path)[0]["tools"].split(",")}
    assert tools <= {"Read", "Grep", "Glob", "Edit", "Write", "Bash", "Agent"}
    assert ("Agent" in tools) == (path.stem == "orchestrator")
    if path.stem in READERS:
        assert not tools & {"Write", "Edit"}


def test_the_schema_of_workflows_knows_the_kinds_of_stations():
    stations = schemas.load("workflow")["properties"]["stations"]["items"]
    assert stations["properties"]["kind"]["enum"] == list(KINDS)


@pytest.mark.parametrize("name", workflow.names())
def test_a_workflow_names_agents_that_exist_and_needs_that_come_before(name):
    _, stations, words = workflow.load(name)
    agents = {name_of(path) for path in AGENTS}
    seen = []
    for station in stations:
        assert station.agent in agents
        assert set(station.needs) <= set(seen)
        seen.append(station.name)
    assert len(set(seen)) == len(seen)
    assert set(words) <= set(seen)
    kinds = [station.kind for station in stations]
    assert (kinds[0], kinds[-2:]) == ("bundling", ["validation", "compliance"])
    assert [kinds.count(kind) for kind in ("bundling", "validation", "compliance")] == [1, 1, 1]
    assert sum(station.default for station in stations) == 1


def test_every_type_leads_to_its_own_workflow_and_others_to_the_generic_one():
    for name in workflow.names():
        assert {workflow.for_type(type_, Config()) for type_ in workflow.load(name)[0]} <= {name}
    assert {workflow.for_type(type_, Config()) for type_ in ("", "development", "name", "x")} == {workflow.GENERIC}


def test_only_developers_follow_the_tiers_and_no_judge_has_the_cheapest_model():
    stations = [station for name in workflow.names() for station in workflow.load(name)[1]]
    assert list(workflow.MODELS) == list(KINDS)
    tiered = {station.kind for station in stations if station.model == workflow.TIERED}
    cheapest = {station.kind for station in stations if station.model == Settings().t1_model}
    assert (tiered, cheapest) == ({"development"}, {"bundling"})


@pytest.mark.parametrize("model", ["sonnet", "tiered"])
def test_a_project_may_choose_another_model_for_a_role(model):
    blueprint = Blueprint("T-1", "t", "backend", "", (), (), "t.yaml", "")
    _, stations, _ = workflow.resolve(blueprint, Config(models={"requirements-validator": model}))
    models = {station.role: station.model for station in stations}
    assert (models["requirements-validator"], models["api-designer"]) == (model, "opus")


def test_what_a_service_needs_of_the_storage_is_designed_before_the_storage_is_built():
    for name in ("api-development", "fullstack-feature"):
        order = [station.name for station in workflow.load(name)[1]]
        assert order.index("api-designer") < order.index("database-developer") < order.index("api-developer")


def test_every_agent_but_the_orchestrator_has_a_place_in_a_workflow():
    placed = {station.agent for name in workflow.names() for station in workflow.load(name)[1]}
    assert {name_of(path) for path in AGENTS} - placed == {"assembly-line:orchestrator"}


@pytest.mark.parametrize("path", COMMANDS, ids=relative)
def test_a_command_is_typed_by_a_person_only(path):
    head, body = head_of(path)
    assert head["name"] == path.stem
    assert head["disable-model-invocation"] is True
    assert head["description"]
    assert body.strip()


def test_the_commands_that_the_hooks_answer_are_there():
    names = {path.stem for path in COMMANDS}
    assert {"task-run", "task-status", "task-pause", "task-abort"} <= names


def test_the_command_that_reaches_the_model_is_short():
    assert len(head_of(ROOT / "commands/task-run.md")[1].encode()) < 1500


def test_what_is_listed_to_every_session_is_short():
    tokens = (
        sum(len(name_of(path)) + sum(len(str(value)) for value in head_of(path)[0].values()) for path in AGENTS) / 4
    )
    assert tokens < 600


# Python.


def test_a_module_is_short_and_says_in_one_sentence_what_it_owns():
    wrong = []
    for path in sorted((ROOT / "assembly_line").rglob("*.py")):
        text = path.read_text("utf-8")
        if len(text.splitlines()) > 250:
            wrong.append(f"{relative(path)}: over 250 lines")
        said = ast.get_docstring(ast.parse(text)) or ""
        if text.strip() and not said.split("\n\n")[0].rstrip().endswith("."):
            wrong.append(f"{relative(path)}: no sentence at the top")
    assert wrong == []


def requirement(line):
    """Name and version numbers of `name==1.2` or `name>=1.2`."""
    name, version = re.fullmatch(r"([a-z0-9-]+)[=>]=([0-9.]+)", re.split(r"[#;\\\\]", line)[0].strip()).groups()
    return name, tuple(int(part) for part in version.split("."))


def test_pinned_requirements_satisfy_the_packages_dependencies():
    text = (ROOT / "pyproject.toml").read_text()
    wanted = re.findall(r'^  "([a-z0-9-]+>=[0-9.]+)"', text.split("dependencies = [")[1].split("]")[0], re.MULTILINE)
    assert len(wanted) == 3
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pinned = dict(requirement(line) for line in lines if line[:1].isalpha())
    for name, least in map(requirement, wanted):
        assert pinned[name] >= least


def test_the_first_line_of_the_requirements_names_the_digest_of_the_others():
    first, rest = (ROOT / "requirements.txt").read_text().split("\n", 1)
    assert first.endswith(f"sha256 {hashlib.sha256(rest.encode()).hexdigest()}")


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_with_hashes(name):
    text = (ROOT / name).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith(("#", "-r "))]
    form = re.compile(r"[a-z0-9-]+==[0-9.]+(?:; [^;]+?)?(?: +--hash=sha256:[0-9a-f]{64})+")
    assert [line for line in lines if not form.fullmatch(line)] == []
    assert lines


# What no tracked file may hold.

HOSTS = re.compile(
    r"(?:pypi|pythonhosted|npmjs|yarnpkg|rubygems|crates|golang)\.(?:org|com|io)\b|registry\.[a-z]+\.[a-z]+"
)
PLACES = re.compile(r"(?<![\w.$}~/-])/(?:work|root|home/\w+|Users/\w+|tmp/\w+|private/tmp|mnt)/[\w.-]")
SUFFIXES = (".py", ".md", ".json", ".jsonl", ".yaml", ".yml", ".toml", ".txt", ".sh", ".html", ".svg", "")
ALLOWED = {"tests/test_layout.py"}


def test_no_file_names_a_registrys_host_or_a_place_on_somebodys_machine():
    texts = {relative(item): item.read_text("utf-8") for item in FILES if item.suffix in SUFFIXES}
    named = {name: [*HOSTS.findall(text), *PLACES.findall(text)] for name, text in texts.items() if name not in ALLOWED}
    assert {name: found for name, found in named.items() if found} == {}


def test_text_files_are_utf8_with_line_feeds_and_end_with_one():
    wrong = []
    for path in (item for item in FILES if item.suffix in (".md", ".py", ".yaml", ".json")):
        data = path.read_bytes()
        data.decode("utf-8")
        if b"\r\n" in data and "intake" not in path.parts:
            wrong.append(f"{relative(path)}: carriage returns")
        if data and not data.endswith(b"\n") and "tests" not in path.parts:
            wrong.append(f"{relative(path)}: no line feed at the end")
    assert wrong == []
