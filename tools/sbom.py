#!/usr/bin/env python3
"""Prints the software bill of materials as CycloneDX JSON: the plugin, and what its requirements.txt pins."""

import importlib.metadata
import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_PIN = re.compile(r"([A-Za-z0-9._-]+)==([^\s;]+)")


def pins(text: str) -> list[tuple[str, str, list[str]]]:
    """Name, version and SHA-256 hashes of every requirement."""
    found = []
    for line in text.replace("\\\n", " ").splitlines():
        if match := _PIN.match(line):
            found.append((match[1], match[2], re.findall(r"--hash=sha256:([0-9a-f]{64})", line)))
    return found


def licence(name: str, version: str) -> list[dict[str, Any]]:
    """What a package that is installed here says of its licence; [] when it is another version or says nothing."""
    try:
        about = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return []
    if about["Version"] != version:
        return []
    spdx, said = (next(iter(about.get_all(key) or []), "") for key in ("License-Expression", "License"))
    if spdx:
        return [{"expression": spdx}]
    return [{"license": {"name": said}}] if said and "\n" not in said else []


def component(name: str, version: str, hashes: list[str]) -> dict[str, Any]:
    """One package; each hash is that of one of its files, for a system and a version of Python."""
    purl = f"pkg:pypi/{name.lower().replace('_', '-')}@{version}"
    given: dict[str, Any] = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    given["hashes"] = [{"alg": "SHA-256", "content": item} for item in hashes]
    return {**given, **({"licenses": found} if (found := licence(name, version)) else {})}


def bom(manifest: dict[str, Any], requirements: str) -> dict[str, Any]:
    """The whole document; the same input gives the same bytes."""
    parts = [component(*pin) for pin in pins(requirements)]
    own = f"pkg:generic/{manifest['name']}@{manifest['version']}"
    plugin = {"type": "application", "bom-ref": own, "name": manifest["name"], "version": manifest["version"]}
    plugin["licenses"] = [{"license": {"id": manifest["license"]}}]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": plugin},
        "components": parts,
        "dependencies": [{"ref": own, "dependsOn": [part["bom-ref"] for part in parts]}],
    }


def main() -> int:
    """Print it."""
    manifest = json.loads((ROOT / ".claude-plugin" / "plugin.json").read_text(encoding="utf-8"))
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    sys.stdout.write(json.dumps(bom(manifest, text), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
