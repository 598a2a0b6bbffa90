"""The simulators as a process: ``python -m simulators --port 0 --world FILE --bot-url URL``.

Prints one line when every route is up, then runs until SIGTERM or SIGINT and is gone within a second of it.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import socket
import sys
from pathlib import Path

from aiohttp import web

import simulators
from simulators.world import WorldError, read_world

_LAST_WORDS = 0.5
"""Seconds a request under way gets when the process is asked to stop; streams never end by themselves."""


def main() -> int:
    """Run until told to stop. Returns the exit status: 0 stopped, 2 for a start that cannot work."""
    parser = argparse.ArgumentParser(prog="python -m simulators", description="Local twins of the outside systems.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: loopback only)")
    parser.add_argument("--port", type=int, default=0, help="0 (default): any free port, named in the ready line")
    parser.add_argument("--world", type=Path, required=True, help="TOML file with the people, numbers and records")
    parser.add_argument("--bot-url", required=True, help="the bot's address, such as http://127.0.0.1:3978")
    arguments = parser.parse_args()
    try:
        listener = _listen(arguments.host, arguments.port)
    except OSError as error:
        sys.stderr.write(f"cannot listen on {arguments.host}:{arguments.port}: {error.strerror}\n")
        return 2
    host = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
    base_url = f"http://{host}:{listener.getsockname()[1]}"
    try:
        app = simulators.create_app(read_world(arguments.world), bot_url=arguments.bot_url, base_url=base_url)
    except WorldError as error:
        listener.close()
        sys.stderr.write(f"{error}\n")
        return 2
    asyncio.run(_serve(app, listener, f"simulators ready: {base_url}/simulators"))
    return 0


def _listen(host: str, port: int) -> socket.socket:
    """Bound before the application is made, because simulators hand out addresses with the port in them."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family)
    listener.setblocking(False)
    return listener


async def _serve(app: web.Application, listener: socket.socket, ready: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(app, shutdown_timeout=_LAST_WORDS, access_log=None)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        sys.stdout.write(ready + "\n")
        sys.stdout.flush()
        await stop.wait()
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    sys.exit(main())
