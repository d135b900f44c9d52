"""Which files only the engine writes during a run."""

import os

from assembly_line import paths
from assembly_line.core.run import Run
from assembly_line.project import bundle
from assembly_line.statefile import document
from assembly_line.storage.vault import Vault, config_folder


def is_protected(root: str, run: Run, vault: Vault, path: str) -> bool:
    """Whether a path, in any spelling and through any link, names a file of the run or of the plugin's own data."""
    if "\0" in path:
        return True
    return any(_matches(root, run, vault, spelling) for spelling in {path, path.replace("\\", "/")})


def _matches(root: str, run: Run, vault: Vault, path: str) -> bool:
    real = _key(os.path.join(root, path))
    top = _key(root)
    folders = [
        os.path.join(top, *paths.JOURNALS.split("/")),
        os.path.join(top, paths.BUNDLES, run.task, "reports"),
        os.path.join(top, ".claude"),
        os.path.join(top, ".git"),
        _key(vault.data),
    ]
    plugins = os.path.join(config_folder(), "plugins")  # installed plugins, and which of them are enabled
    if not top.startswith(_key(plugins) + os.sep):
        folders.append(plugins)
    if any(real == _key(folder) or real.startswith(_key(folder) + os.sep) for folder in folders):
        return True
    files = [run.state_file, run.blueprint, bundle.blueprint_copy(run), f"{paths.bundle(run.task)}/{bundle.STATUS}"]
    files += [paths.summary(run.task), paths.failure(run.task)]
    files += ["assembly-line.yaml", paths.LOCK, *vault.protected(run.task)]
    files += [os.path.join(config_folder(), name) for name in ("settings.json", "settings.local.json")]
    if real in {_key(os.path.join(root, name)) for name in files}:
        return True
    folder, name = os.path.split(real)
    return folder == _key(os.path.join(root, paths.PLANNING)) and document.is_name(name)


def _key(path: str) -> str:
    return os.path.realpath(path).casefold()
