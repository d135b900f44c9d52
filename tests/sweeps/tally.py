"""The figure that a sweep ends with: how many of its cases held, and which did not."""

import time
from collections.abc import Iterable
from typing import NamedTuple


class Figure(NamedTuple):
    """One line of the result."""

    name: str
    held: int
    of: int
    said: str = ""
    misses: tuple[str, ...] = ()
    skipped: str = ""  # why nothing, or not everything, could be tried

    @property
    def ok(self) -> bool:
        """Whether every case held and, unless it says why not, there were any."""
        return self.held == self.of and not self.misses and (self.of > 0 or bool(self.skipped))

    def line(self) -> str:
        """The printed line."""
        rest = [self.said, f"skipped: {self.skipped}" if self.skipped else ""]
        return f"{self.name}: {self.held}/{self.of} " + "; ".join(item for item in rest if item)


class Tally:
    """Counts cases as they are tried."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.of = 0
        self.misses: list[str] = []
        self.began = time.perf_counter()

    def add(self, case: str, faults: Iterable[str]) -> None:
        """One case, and what was wrong in it."""
        self.of += 1
        wrong = [fault for fault in faults if fault]
        if wrong:
            self.misses.append(f"{case}: {'; '.join(wrong)}"[:600])

    def figure(self, said: str = "", skipped: str = "") -> Figure:
        """The figure so far, with the time it took."""
        took = f"{time.perf_counter() - self.began:.1f} s"
        joined = "; ".join(item for item in (said, took) if item)
        return Figure(self.name, self.of - len(self.misses), self.of, joined, tuple(self.misses), skipped)
