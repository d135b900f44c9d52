"""Believes the checker instead of the journal: what a run had to do follows from its definition and its configuration.

Workflow, stations, criteria, limits and models are worked out anew, from the checker's own workflows, the configuration
at the base commit, and the task's definition; plugin and agents must be known ones.
"""

import hashlib
import json
import os
import posixpath
import tempfile
from collections.abc import Callable, Iterable
from typing import Any

from assembly_line import paths
from assembly_line.check import releases
from assembly_line.check.finding import Finding, Pair
from assembly_line.check.history import Before
from assembly_line.check.objects import Repository
from assembly_line.check.passed import Began
from assembly_line.core.blueprint import Blueprint
from assembly_line.core.run import RULES
from assembly_line.errors import LineError
from assembly_line.intake import lookup, reader
from assembly_line.project import demand, plugin
from assembly_line.project.config import FILE
from assembly_line.system import disk
from assembly_line.untrusted import secrets, terminal

_MAX_AGENT = 1 << 20  # bytes of an agent's file
_SHOWN = 60  # characters of a value in a message


class Demands:
    """What the change had to do, compared with what its runs recorded as demanded."""

    def __init__(self, root: str, repository: Repository, before: Before) -> None:
        self._root, self._git, self._before = root, repository, before

    def check(self, began: Began) -> Pair:
        """The findings and the notes about a run that began since the base commit."""
        if began.size <= self._before.size(began.task):
            return [], []
        file, again = paths.journal(began.task), f"run it again: /task-run {began.task} --restart"
        if began.data.get("rules", 1) != RULES:
            what = (
                "began under the rules of another release; let the plugin where it runs be the one CI checks with, and"
            )
            return [Finding(file, began.line, "demanded", f"{began.task} {what} {again}")], []
        faults = list(self._provenance(began))
        notes = []
        try:
            blueprint, remark = self._definition(began)
            faults += self._members(began, blueprint) or self._members(began, self._present(blueprint))
            notes += [Finding(terminal.clean(blueprint.path, 300), 0, "blueprint", remark)] if remark else []
        except (LineError, OSError) as error:
            faults.append(f"its definition cannot be read ({error}); commit the definition that was run")
        return [Finding(file, began.line, "demanded", f"{began.task}: {fault}; {again}") for fault in faults], notes

    def _provenance(self, began: Began) -> Iterable[str]:
        if fault := releases.fault(began.data.get("plugin")):
            yield f"{fault}; drive it with the release that CI checks with"
        told = began.data.get("agents", {})
        names = [item[2] for item in began.data["stations"] if item[0] not in began.data["skipped"]]
        is_own = not releases.is_earlier(began.data.get("plugin"))  # whose digest covers its agents
        own = plugin.agents(self._root, filter(plugin.is_own, names)) if is_own else {}
        for name in dict.fromkeys(names):
            wanted = own.get(name) if plugin.is_own(name) else self._agent(name)
            if wanted and told.get(name) != wanted:
                yield f"agent {terminal.clean(name, 100)} was not the one of {self._whose(name)}"

    def _agent(self, name: str) -> str:
        """The digest of a project's own agent at the base commit; "" when it has none there."""
        data = self._git.blob(self._before.commit, plugin.project_file(name), _MAX_AGENT)
        return plugin.of_agent(data) if data is not None else ""

    def _whose(self, name: str) -> str:
        if plugin.is_own(name):
            return "the release"
        return f"the base commit; change {plugin.project_file(name)} in a change of its own first"

    def _definition(self, began: Began) -> tuple[Blueprint, str]:
        """The definition that the run had to follow, and a remark where the change brings its own."""
        path, told = str(began.data["blueprint"]), began.data["blueprint_sha"]
        earlier = self._git.blob(self._before.commit, path, lookup.LIMIT) if _is_plain(path) else None
        if earlier is not None and told in _digests(earlier):
            return self._read(began.task, path, earlier), ""
        found = lookup.find(self._root, began.task, self._before.options.task_folders)
        blueprint = reader.read(self._root, found, began.task)
        if blueprint.path != path:
            raise LineError(f"the run followed {terminal.clean(path, 200)}, but {blueprint.path} defines the task")
        if earlier is None:
            return blueprint, ""
        return blueprint, f"the definition of {began.task} was changed in the same change as its run; read both"

    def _present(self, blueprint: Blueprint) -> Blueprint:
        """The definition as HEAD has it in the same place, which must not say anything else; or the same one."""
        path = disk.inside(self._root, blueprint.path)
        return reader.read(self._root, path, blueprint.id) if os.path.lexists(path) else blueprint

    def _read(self, task: str, path: str, data: bytes) -> Blueprint:
        with tempfile.TemporaryDirectory() as folder:
            whole = os.path.join(folder, *path.split("/"))
            os.makedirs(os.path.dirname(whole), exist_ok=True)
            with open(whole, "wb") as file:
                file.write(data)
            return reader.read(folder, whole, task)

    def _members(self, began: Began, blueprint: Blueprint) -> list[str]:
        """The members of the first record that are not what definition and configuration demand."""
        wanted = json.loads(json.dumps(secrets.redact_all(demand.of(blueprint, self._before.options))))
        faults = []
        for name, value in wanted.items():
            told = began.data.get(name)
            if name == "criteria":  # the lines that they stand in may move
                told, value = ([item[:3] for item in items] for items in (began.data["criteria"], value))
            if told != value:
                faults.append(_TELL.get(name, _plainly)(name, told, value))
        return faults


def _digests(data: bytes) -> set[str]:
    """The digests that a file with this content has on any system."""
    unix = data.replace(b"\r\n", b"\n")
    return {hashlib.sha256(form).hexdigest() for form in (data, unix, unix.replace(b"\n", b"\r\n"))}


def _is_plain(path: str) -> bool:
    """Whether a path names a file below the project and nothing else."""
    return posixpath.normpath(path) == path and not path.startswith(("/", "..")) and "\\" not in path


def _plainly(name: str, told: Any, wanted: Any) -> str:
    return f"{name} is {_shown(told)}, but the definition and {FILE} at the base commit give {_shown(wanted)}"


def _settings(name: str, told: Any, wanted: dict[str, Any]) -> str:
    told = told if isinstance(told, dict) else {}
    differing = [item for item in wanted if told.get(item) != wanted[item]]
    named = ", ".join(f"{item} {_shown(told.get(item))} instead of {_shown(wanted[item])}" for item in differing)
    more = "" if differing else "a member that no release knows"
    where = f"other settings than those of {FILE} at the base commit"
    return f"{where}: {named or more}; change them in a change of their own"


def _listed(name: str, told: Any, wanted: list[Any]) -> str:
    told = told if isinstance(told, list) else []
    place = next((at for at, (one, other) in enumerate(zip(told, wanted, strict=False)) if one != other), len(wanted))
    one = told[place] if place < len(told) else "nothing"
    other = wanted[place] if place < len(wanted) else "nothing more"
    where = f"{name} differ from those that the definition and {FILE} at the base commit give"
    return f"{where}: {_shown(one)}, expected {_shown(other)}"


_TELL: dict[str, Callable[[str, Any, Any], str]] = {"settings": _settings, "stations": _listed, "criteria": _listed}


def _shown(value: Any) -> str:
    return terminal.clean(str(value), _SHOWN)
