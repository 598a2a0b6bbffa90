"""Writes build/sbom.python.cdx.json and build/sbom.page.cdx.json (CycloneDX): what is shipped. `make sbom`.

Made from the lock files, with their hashes, by the tools that know them: cyclonedx-bom and npm itself. Nothing has to
be installed for it but those two. Licences are in build/licenses.txt (`make licenses`).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from licenses import page_packages
from machine import ROOT, tool_environment


def python_bom() -> dict[str, Any]:
    """Every line of the runtime's lock. What depends on what is not in it, which the tool would warn of."""
    command = [sys.executable, "-W", "ignore", "-m", "cyclonedx_py", "requirements", "--output-reproducible"]
    return _made([*command, "--pyproject", "pyproject.toml", "requirements/run.txt"], ROOT)


def page_bom() -> dict[str, Any]:
    """Every package that a page may hold: the lock without what only builds and checks it.

    npm's own --omit=dev also leaves out what a page and a tool have in common (https://github.com/npm/cli/issues/7909).
    """
    bom = _made(["npm", "sbom", "--sbom-format=cyclonedx", "--package-lock-only"], ROOT / "web")
    kept = {f"{package.name}@{package.version}" for package in page_packages()}
    kept.add(bom["metadata"]["component"]["bom-ref"])
    bom["components"] = [part for part in bom["components"] if part["bom-ref"] in kept]
    bom["dependencies"] = [
        {**each, "dependsOn": [ref for ref in each.get("dependsOn", ()) if ref in kept]}
        for each in bom["dependencies"]
        if each["ref"] in kept
    ]
    return bom


def _made(command: list[str], folder: Path) -> dict[str, Any]:
    done = subprocess.run(command, cwd=folder, env=tool_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command[0]} failed:\n{done.stderr}")
    bom: dict[str, Any] = json.loads(done.stdout)
    return bom


def _unhashed(bom: dict[str, Any]) -> list[str]:
    """npm writes a package's hashes with it, cyclonedx-bom with the place where its files are."""
    return [
        part["name"]
        for part in bom["components"]
        if not any(each.get("hashes") for each in (part, *part.get("externalReferences", ())))
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=ROOT / "build", help="the folder to write to")
    into: Path = parser.parse_args().into
    into.mkdir(exist_ok=True)
    for name, bom in (("python", python_bom()), ("page", page_bom())):
        target = into / f"sbom.{name}.cdx.json"
        target.write_text(json.dumps(bom, indent=2) + "\n", encoding="utf-8")
        print(f"{target.name}: {len(bom['components'])} packages")
        if unhashed := _unhashed(bom):
            sys.exit(f"Without a hash: {', '.join(unhashed)}")


if __name__ == "__main__":
    main()
