"""Programs run to their end: standard output and exit status within a deadline, at a price that a hook can pay.

Importing `subprocess` alone costs a hook 8 ms, many times what git needs for its answer.
"""

import os
import time

_DEFAULT = (13, 25)  # SIGPIPE and SIGXFSZ, which Python ignores and its children must not
_KILL = 9  # SIGKILL; the module `signal` is as dear as the others


class Process:
    """A program that was started, with nothing to read and its complaints unheard; `collect` must follow."""

    def __init__(self, words: list[str], environment: dict[str, str]) -> None:
        """Start the program at the path words[0]; OSError when that is not possible."""
        if not hasattr(os, "posix_spawn"):
            import subprocess

            null = subprocess.DEVNULL
            self._popen = subprocess.Popen(words, env=environment, stdin=null, stdout=subprocess.PIPE, stderr=null)
            return
        self._reading, writing = os.pipe()
        # The pipe comes first: it may have got the number of one of the other two.
        actions = (
            (os.POSIX_SPAWN_DUP2, writing, 1),
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        )
        try:
            self._pid = os.posix_spawn(words[0], words, environment, file_actions=actions, setsigdef=_DEFAULT)
        except BaseException:
            os.close(self._reading)
            raise
        finally:
            os.close(writing)

    def collect(self, seconds: float) -> tuple[int, bytes]:
        """Its exit status, negative for a signal, and what it printed; killed and TimeoutError after `seconds`."""
        if not hasattr(os, "posix_spawn"):
            return self._communicate(seconds)
        until = time.monotonic() + seconds
        try:
            printed = self._read(until)
            status = self._wait(until)
        except BaseException:
            self._kill()
            raise
        finally:
            os.close(self._reading)
        return status, printed

    def _read(self, until: float) -> bytes:
        import select

        waiting = select.poll()
        waiting.register(self._reading, select.POLLIN)
        parts: list[bytes] = []
        while True:
            if not waiting.poll(max(0.0, until - time.monotonic()) * 1000):
                raise TimeoutError("did not end in time")
            part = os.read(self._reading, 1 << 16)
            if not part:
                return b"".join(parts)
            parts.append(part)

    def _wait(self, until: float) -> int:
        """The exit status; a program ends a moment after it closes its output, and may go on without one."""
        delay = 0.0
        while True:
            found, status = os.waitpid(self._pid, os.WNOHANG)
            if found:
                self._pid = 0
                return os.waitstatus_to_exitcode(status)
            if time.monotonic() > until:
                raise TimeoutError("did not end in time")
            time.sleep(delay)
            delay = min(2 * delay + 0.00005, 0.05)

    def _kill(self) -> None:
        if self._pid:
            try:
                os.kill(self._pid, _KILL)
                os.waitpid(self._pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass  # where SIGCHLD is ignored, the system has buried it with its status, which counts as a failure

    def _communicate(self, seconds: float) -> tuple[int, bytes]:
        import subprocess

        with self._popen as process:
            try:
                printed, _ = process.communicate(timeout=seconds)
            except BaseException as problem:
                process.kill()
                if isinstance(problem, subprocess.TimeoutExpired):
                    raise TimeoutError("did not end in time") from None
                raise
            return process.returncode, printed
