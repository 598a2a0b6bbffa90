"""Runs the Microsoft 365 Agents Playground beside a running demo: `make playground`."""

from __future__ import annotations

import os
import socket
import sys
import urllib.request

from machine import ROOT, tool_environment

PORT = 56150


def main() -> None:
    """Becomes the Playground; ends with one line that says why when it cannot."""
    demo = f"http://127.0.0.1:{os.environ.get('SMARTCALL_PORT', '3978')}"
    if not _alive(demo):
        sys.exit(
            f"Nothing answers at {demo}/healthz. Start the demo first, in another terminal: make demo\n"
            "(If the demo has another port, give both commands the same SMARTCALL_PORT.)"
        )
    if _taken(PORT):
        sys.exit(f"Port {PORT} is taken; another Playground may be running.")
    folder = ROOT / "playground"
    os.chdir(folder)  # the Playground reads its settings from, and writes its log to, the working directory
    print(f"You are Kari Hansen, line 90000001, at http://127.0.0.1:{PORT}/ (Ctrl-C stops it)", flush=True)
    command = [
        str(folder / "node_modules" / ".bin" / "agentsplayground"),
        *("--app-endpoint", f"{demo}/api/messages"),
        *("--channel-id", "msteams"),
        *("--port", str(PORT)),
        "--disable-telemetry",
    ]
    os.execve(command[0], command, {"TEAMSAPPTESTER_BROWSER": "none", **tool_environment()})  # noqa: S606


def _alive(address: str) -> bool:
    straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with straight.open(f"{address}/healthz", timeout=5) as answer:
            return int(answer.status) == 200
    except OSError:
        return False


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    main()
