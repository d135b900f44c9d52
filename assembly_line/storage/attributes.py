"""The lines of .gitattributes that keep git from changing the bytes of the engine's records."""

from assembly_line import paths
from assembly_line.system import disk

FILE = ".gitattributes"
LINES = (
    f"{paths.JOURNALS}/*.jsonl -text",
    f"{paths.PLANNING}/.*-state.yaml -text merge=union",  # whose layout keeps a union of two sides valid
    f"{paths.SUMMARIES}/*-summary.md -text",
    f"{paths.SUMMARIES}/*-failure.md -text",
)
_AGAIN = f"{paths.JOURNALS} {paths.SUMMARIES}"
REMEDY = (
    f"add these lines to {FILE}: {'; '.join(LINES)}; then check the files out again: "
    f"git rm -r -q --cached {_AGAIN} && git checkout HEAD -- {_AGAIN}"
)


def write(root: str) -> None:
    """Append the missing lines to the project's .gitattributes."""
    path = disk.inside(root, FILE)
    data = disk.read(path) or b""
    known = {" ".join(line.split()) for line in data.decode("utf-8", "replace").splitlines()}
    end = b"\r\n" if b"\r\n" in data else b"\n"
    more = end.join(line.encode() for line in LINES if line not in known)
    if more:
        disk.write(path, data + (end if data and not data.endswith(b"\n") else b"") + more + end)
