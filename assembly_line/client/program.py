"""Finds a recent enough client, or fetches the pinned one into a cache folder."""

import os
import platform
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from assembly_line.errors import LineError

PINNED = "2.1.329"
CACHE = Path(".cache", "client")  # relative to the project's root
VARIABLE = "ASSEMBLY_LINE_CLIENT"

_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
_SYSTEMS = {"linux": "linux", "darwin": "darwin", "windows": "win32"}
_FETCH_SECONDS = 900


def find(cache: Path, fetch: bool = True) -> Path:
    """The client to use: named by ASSEMBLY_LINE_CLIENT, on PATH, cached, or fetched; LineError when there is none."""
    configured = os.environ.get(VARIABLE)
    if configured:
        if version(Path(configured)) is None:
            raise LineError(f"{VARIABLE}: {configured} does not answer --version; correct or unset it")
        return Path(configured).resolve()
    on_path = shutil.which("claude")
    if on_path and _is_recent(version(Path(on_path))):
        return Path(on_path)
    cached = cache.resolve() / PINNED / "package" / _executable()
    if cached.is_file():
        return cached
    if not fetch:
        raise LineError(f"no client: claude {PINNED} or newer is not on PATH; install it or set {VARIABLE}")
    return _fetched(cache.resolve() / PINNED)


def version(client: Path) -> tuple[int, ...] | None:
    """A client's version, or None when it does not answer; asked without the user's configuration."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "HOME": home, "CLAUDE_CONFIG_DIR": home}
        try:
            completed = subprocess.run(
                [client, "--version"], env=environment, capture_output=True, text=True, timeout=60, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
    match = re.match(r"(\d+)\.(\d+)\.(\d+)", completed.stdout.strip())
    return tuple(int(part) for part in match.groups()) if match and completed.returncode == 0 else None


def package() -> str:
    """The name of the package with this machine's native client."""
    system = _SYSTEMS.get(platform.system().lower())
    machine = _MACHINES.get(platform.machine().lower())
    if system is None or machine is None:
        raise LineError(f"no client is built for {platform.system()} {platform.machine()}; set {VARIABLE}")
    musl = "-musl" if system == "linux" and platform.libc_ver()[0] != "glibc" else ""
    return f"@anthropic-ai/claude-code-{system}-{machine}{musl}"


def _fetched(folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise LineError(f"no client: claude {PINNED} or newer and npm are not on PATH; install one or set {VARIABLE}")
    name = f"{package()}@{PINNED}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        command = [npm, "pack", name, "--pack-destination", scratch, "--silent"]
        try:
            completed = subprocess.run(command, cwd=scratch, capture_output=True, text=True, timeout=_FETCH_SECONDS)
        except subprocess.TimeoutExpired as problem:
            raise LineError(f"client {name} was not fetched within {_FETCH_SECONDS} s; set {VARIABLE}") from problem
        archives = sorted(Path(scratch).glob("*.tgz"))
        if completed.returncode or not archives:
            reason = " ".join(completed.stderr.split())[-300:]
            raise LineError(f"client {name} could not be fetched with npm: {reason}; set {VARIABLE} to a client")
        unpacked = Path(scratch, "unpacked", "package", _executable())
        unpacked.parent.mkdir(parents=True)
        with tarfile.open(archives[0]) as archive, unpacked.open("wb") as file:
            packed = archive.extractfile(f"package/{_executable()}")
            if packed is None:
                raise LineError(f"client {name} contains no {_executable()}; set {VARIABLE} to a client")
            shutil.copyfileobj(packed, file)
        unpacked.chmod(0o755)
        if not folder.exists():
            Path(scratch, "unpacked").rename(folder)
    return folder / "package" / _executable()


def _executable() -> str:
    return "claude.exe" if os.name == "nt" else "claude"


def _is_recent(client: tuple[int, ...] | None) -> bool:
    return client is not None and client >= tuple(int(part) for part in PINNED.split("."))
