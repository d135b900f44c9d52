"""Measures what a look at the sources costs in large projects, and what it leaves in the plugin's data folder.

python -m benchmarks.digest [SCENE...]
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from assembly_line.sources.tree import Sources
from assembly_line.storage.vault import Vault

LOOKS = 5  # of which the middle one counts
BLOCK = os.urandom(1 << 20)


def files(root: Path, count: int, below: str = "src") -> None:
    """Small files, twenty in a folder."""
    for number in range(count):
        folder = root / below / f"p{number // 1000:03d}" / f"m{number // 20 % 50:02d}"
        if number % 20 == 0:
            folder.mkdir(parents=True, exist_ok=True)
        (folder / f"f{number}.py").write_text(f"value = {number}\n" * 8)


def committed(root: Path) -> None:
    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "1"]):
        subprocess.run(["git", "-C", str(root), "-c", "gc.auto=0", *words], check=True)


def tracked(root: Path, count: int) -> None:
    files(root, count)
    committed(root)


def untracked(root: Path, count: int) -> None:
    files(root, 100)
    committed(root)
    files(root, count, "new")


def large(root: Path, count: int) -> None:
    files(root, 100)
    committed(root)
    for number in range(count):
        with (root / f"data{number}.bin").open("wb") as file:
            for part in range(200):
                file.write(bytes([part]) + BLOCK[1:])


SCENES: dict[str, tuple[Callable[[Path, int], None], int]] = {
    "20,000 tracked": (tracked, 20_000),
    "100,000 tracked": (tracked, 100_000),
    "50,000 untracked": (untracked, 50_000),
    "50,000 without git": (files, 50_000),
    "6 x 200 MB untracked": (large, 6),
}


def look(root: Path, vault: Vault) -> float:
    begun = time.monotonic()
    _ = Sources(str(root), vault).digest
    return time.monotonic() - begun


def size(folder: str) -> float:
    """Megabytes that the files in a folder take."""
    found = (os.path.join(where, name) for where, _, names in os.walk(folder) for name in names)
    return sum(os.lstat(path).st_size for path in found) / 1e6


def measure(name: str) -> str:
    make, count = SCENES[name]
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch, "project")
        root.mkdir()
        make(root, count)
        vault = Vault(str(root), os.path.join(scratch, "data"))
        first = look(root, vault)
        time.sleep(2.1)
        same = sorted(look(root, vault) for _ in range(LOOKS))[LOOKS // 2]
        (root / "changed.py").write_text("value = 1\n")
        changed = look(root, vault)
        return f"{name:22} {first:9.2f} {same:9.2f} {changed:9.2f} {size(vault.data):9.1f}"


def main() -> None:
    print(f"{'':22} {'first, s':>9} {'same, s':>9} {'change, s':>9} {'data, MB':>9}")
    for name in sys.argv[1:] or SCENES:
        print(measure(name), flush=True)


if __name__ == "__main__":
    main()
