"""Writes build/licenses.txt: every package that is shipped, with its version and licence. `make licenses`.

Ends with an error when a licence would bind the product's own source (GPL, AGPL) or is not told.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
BINDING = re.compile(r"\b(?:A?GPL|GNU (?:Affero )?General Public)", re.IGNORECASE)

# Where the package's metadata is silent: read in the package itself.
READ_BY_HAND: dict[str, str] = {}


class Shipped(NamedTuple):
    name: str
    version: str
    licence: str


def python_packages() -> list[Shipped]:
    lock = (ROOT / "requirements" / "run.txt").read_text()
    names = re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==", lock, re.MULTILINE)
    told = subprocess.run(
        [sys.executable, "-m", "piplicenses", "--format=json", "--from=mixed", "--packages", *names],
        capture_output=True,
        text=True,
        check=True,
    )
    return [Shipped(p["Name"], p["Version"], p["License"]) for p in json.loads(told.stdout)]


def page_packages() -> list[Shipped]:
    packages = json.loads((ROOT / "web" / "package-lock.json").read_text())["packages"]
    return [
        Shipped(path.rpartition("node_modules/")[2], package["version"], package.get("license", "UNKNOWN"))
        for path, package in packages.items()
        if path and not package.get("dev") and not package.get("devOptional")
    ]


def main() -> None:
    parts = {"Python": python_packages(), "Page": page_packages()}
    lines = []
    for part, packages in parts.items():
        lines += [f"{part}: {len(packages)} packages", ""]
        lines += [f"  {p.name} {p.version}: {READ_BY_HAND.get(p.name, p.licence)}" for p in sorted(set(packages))]
        lines += [""]
    target = ROOT / "build" / "licenses.txt"
    target.parent.mkdir(exist_ok=True)
    target.write_text("\n".join(lines))
    print(f"{target.relative_to(ROOT)}: {sum(map(len, parts.values()))} packages")
    doubtful = [line.strip() for line in lines if BINDING.search(line) or line.endswith(": UNKNOWN")]
    if doubtful:
        sys.exit("Look at these before shipping:\n  " + "\n  ".join(doubtful))


if __name__ == "__main__":
    main()
