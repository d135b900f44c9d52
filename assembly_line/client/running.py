"""Other processes, as far as the system tells about them: whether one runs, since when, and which program it is."""

import os
import sys

_INTERPRETERS = ("node", "bun", "deno", "python")
_SECONDS = 5  # for one call of ps


def runs(pid: int) -> bool:
    """Whether a process runs; one that ended and was not waited for does not."""
    if sys.platform == "win32":
        import ctypes

        handle = ctypes.windll.kernel32.OpenProcess(0x1000, False, pid)
        if handle:
            ctypes.windll.kernel32.CloseHandle(handle)
        return bool(handle)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _stat(pid)[:1] != ["Z"]


def started(pid: int) -> str:
    """When a process started, in the system's own words; "" where it does not tell."""
    fields = _stat(pid)
    return fields[19] if len(fields) > 19 else _listed(pid, "lstart")


def program(pid: int) -> tuple[str, ...]:
    """A process's file, and its script where that file only interprets one; () where the system does not tell."""
    try:
        file = os.readlink(f"/proc/{pid}/exe")
    except OSError:
        file = _listed(pid, "comm")
        return (file,) if file else ()
    if os.path.basename(file).rstrip("0123456789.") not in _INTERPRETERS:
        return (file,)
    words = _words(pid)
    return (file, words[1]) if len(words) > 1 else (file,)


def caller() -> int:
    """The process that started this hook: the parent, or the launcher's parent."""
    parent = os.getppid()
    words, fields = _words(parent), _stat(parent)
    is_launcher = len(words) > 1 and words[1].endswith("/hooks/launch")
    return int(fields[1]) if is_launcher and len(fields) > 1 else parent


def _stat(pid: int) -> list[str]:
    """What /proc tells of a process after its name: state, parent, and so on."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return []


def _words(pid: int) -> list[str]:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().decode("utf-8", "replace").rstrip("\0").split("\0")
    except OSError:
        return []


def _listed(pid: int, column: str) -> str:
    """What `ps` tells of a process, where there is no /proc."""
    if os.name != "posix" or os.path.isdir("/proc/self"):
        return ""
    import subprocess  # late: only where there is no /proc

    words = ["/bin/ps", "-o", f"{column}=", "-p", str(pid)]
    try:
        listed = subprocess.run(words, env={"LC_ALL": "C"}, capture_output=True, check=False, timeout=_SECONDS)
    except (OSError, subprocess.SubprocessError):
        return ""
    return listed.stdout.decode("utf-8", "replace").strip()
