"""The project's configuration, assembly-line.yaml, with a default for every member."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from assembly_line import paths, schemas
from assembly_line.core.settings import Settings
from assembly_line.errors import LineError
from assembly_line.system import disk
from assembly_line.untrusted import inputs
from assembly_line.yamlio.reader import load_yaml

FILE = "assembly-line.yaml"
MAX_BYTES = 100_000
_EMPTY: Mapping[str, str] = {}


class Config(NamedTuple):
    """What a project may choose."""

    task_folders: tuple[str, ...] = paths.TASKS
    state_file: str = paths.STATE_FILE
    workflows: Mapping[str, str] = _EMPTY  # type → workflow
    agents: Mapping[str, str] = _EMPTY  # role → the project's own agent
    models: Mapping[str, str] = _EMPTY  # role → a fixed model
    settings: Settings = Settings()
    after_pass: tuple[str, ...] = ()  # patterns of files that may change after a PASS
    digest: str = ""  # sha256 of the file; "" without one


def load(root: str) -> Config:
    """The configuration of a project; LineError that names file and member when it is wrong."""
    return parse(disk.read(disk.inside(root, FILE)))


def parse(data: bytes | None) -> Config:
    """The configuration in a file's bytes, or without a file; LineError that names the member when it is wrong."""
    if data is None:
        return Config()
    if len(data) > MAX_BYTES:
        raise LineError(f"{FILE}: over {MAX_BYTES} bytes; shorten it")
    chosen: Any = load_yaml(inputs.decode(data, FILE), FILE) or {}
    faults = schemas.faults("config", chosen)
    if faults:
        raise LineError(f"{FILE}: {faults[0]}; see docs/configuration.md")
    _check_checks(chosen.get("checks", ()))
    limits, tiers, budget = chosen.get("limits", {}), chosen.get("tiers", {}), chosen.get("budget", {})
    defaults = Settings()
    settings = Settings(
        max_iterations=limits.get("iterations", defaults.max_iterations),
        cheap_iterations=limits.get("cheap_iterations", defaults.cheap_iterations),
        fix_rounds=limits.get("fix_rounds", defaults.fix_rounds),
        retries=limits.get("retries", defaults.retries),
        t1_model=tiers.get("T1", defaults.t1_model),
        t2_model=tiers.get("T2", defaults.t2_model),
        keep_bundle=chosen.get("keep_bundle", defaults.keep_bundle),
        budget_tokens=budget.get("tokens", 0),
        budget_minutes=budget.get("minutes", 0),
        checks=tuple(chosen.get("checks", ())),
        generated=tuple(chosen.get("generated", ())),
    )
    return Config(
        task_folders=tuple(chosen.get("task_folders", Config().task_folders)),
        state_file=f"{paths.PLANNING}/{chosen['state_file']}" if "state_file" in chosen else paths.STATE_FILE,
        workflows=chosen.get("workflows", {}),
        agents=chosen.get("agents", {}),
        models=chosen.get("models", {}),
        settings=settings,
        after_pass=tuple(chosen.get("after_pass", ())),
        digest=hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest(),
    )


def _check_checks(commands: Iterable[str]) -> None:
    """LineError when a check hides its own failures, as no verdict could ever show that it succeeded."""
    for command in commands:
        from assembly_line.core.hiding import hides  # late, as few projects name checks

        if sign := hides(command):
            way = "leave that out, or put the lines into a script of the project that ends as they do, and name that"
            raise LineError(f"{FILE}: checks: {command!r} can hide a failure by `{sign}`; {way}")
