"""Start everything on this machine: product, telephone exchange, Teams, CRM and directory."""

from __future__ import annotations

import argparse
import asyncio
import base64
import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
from aiohttp import web
from pydantic import SecretStr

import simulators
from bot.app import Service, Trust
from bot.commands.opening import open_database
from bot.commands.serve import stop_signal
from bot.logs import log_to_stderr
from bot.problems import CannotGoOn
from bot.provision.apply import apply_company
from bot.provision.company_file import read_company
from bot.settings import Settings, read_settings
from calls.store.postgres import PackagedPostgres, PostgresFailed
from calls.store.schema import migrate
from demo.day_routes import DayRoutes
from demo.strangers import refuse_strangers
from demo.world import BOT_APP_ID, COMPANY_FILES, company_environment, events_url, read_world

log = logging.getLogger(__name__)
_PAGE = Path(__file__).parent.parent / "web" / "dist"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=None, help="instead of SMARTCALL_PORT (3978)")


async def run(chosen: argparse.Namespace) -> int:
    settings = read_settings(**({} if chosen.port is None else {"port": chosen.port}))
    log_to_stderr(settings.log_level if "SMARTCALL_LOG_LEVEL" in os.environ else "WARNING")
    stopped = stop_signal()
    with _alone(settings.data_dir):
        return await _run(settings, stopped)


async def _run(settings: Settings, stopped: asyncio.Event) -> int:
    postgres = None
    if settings.database_url is None:
        print("Starting PostgreSQL …", flush=True)
        postgres = PackagedPostgres.at(settings.data_dir)
        try:
            await postgres.start()
        except PostgresFailed as error:
            raise CannotGoOn(str(error)) from None
    try:
        service = await _open(settings, postgres)
        base = await _start(service)
        _tell(base)
        await stopped.wait()
        print("Stopping …", flush=True)
        await service.stop()
    finally:
        if postgres is not None:
            await postgres.stop()
    return 0


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """A second demo on the same data would throw the first one's database away."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotGoOn(
                f"a demo is running on the data in {data_dir}; stop it, or give this one SMARTCALL_DATA_DIR and _PORT"
            ) from None
        yield


async def _open(settings: Settings, postgres: PackagedPostgres | None) -> Service:
    # The simulators forget everything between two runs, and so does the demo.
    url = await postgres.create_database("demo", anew=True) if postgres else str(settings.owner_url)
    settings = settings.model_copy(
        update={
            "database_url": SecretStr(url) if settings.database_url is None else settings.database_url,
            "encryption_key": settings.encryption_key or SecretStr(_key(settings.data_dir)),
            "allow_loopback": True,
        }
    )
    await migrate(url)
    return Service(settings, await open_database(settings), trust=Trust(anonymous_app_id=BOT_APP_ID))


async def _start(service: Service) -> str:
    """Open the port first: simulators and product find each other by its number."""
    world = read_world()
    port = service.settings.port or _free_port()
    base = f"http://127.0.0.1:{port}"
    twins = f"{base}/simulators"
    service.settings = service.settings.model_copy(
        update={
            "port": port,
            "host": "127.0.0.1",
            "login_url": f"{twins}/login",
            "openid_metadata_url": f"{twins}/botframework/v1/.well-known/openidconfiguration",
        }
    )
    world["exchange"]["events_url"] = events_url(base)
    for path in COMPANY_FILES:
        environment = company_environment(twins)
        await apply_company(service.database, read_company(path, environment), environment, path.parent)
    await service.wire()
    service.app.middlewares.append(refuse_strangers)
    simulators.add_routes(service.app, world, bot_url=base, base_url=base)
    DayRoutes(base).add_routes(service.app)
    _add_page(service.app)
    try:
        await service.listen()
    except OSError as error:
        await service.stop()
        raise CannotGoOn(
            f"port {port} cannot be used ({error.strerror}); choose another: SMARTCALL_PORT=4000"
        ) from None
    await service.work()
    async with aiohttp.ClientSession() as http:
        for user in world["teams"]["users"]:
            async with http.post(f"{twins}/teams/users/{user['aad_object_id']}/install") as answer:
                answer.raise_for_status()
    return base


def _add_page(app: web.Application) -> None:
    if not (_PAGE / "index.html").exists():
        log.warning("the page is not built; `make demo` builds it")
        return

    async def index(_: web.Request) -> web.FileResponse:
        return web.FileResponse(_PAGE / "index.html")

    app.router.add_get("/", index)
    app.router.add_static("/", _PAGE)


def _tell(base: str) -> None:
    line = f"curl -d event=newCall -d callId=1 -d from=4722334455 -d to=4790000001 -d direction=in {events_url(base)}"
    print(f"An event by hand: {line}")
    print("A call: smartcall ring --from 22334455 --to 90000001 --answer-after 2 --hang-up-after 5")
    print("A whole day of calls: smartcall day --speed max")
    print(f"SmartCall is ready: {base}/", flush=True)


def _key(data_dir: Path) -> str:
    """The demo's own encryption key, kept beside its data."""
    file = data_dir / "encryption.key"
    if not file.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(base64.b64encode(os.urandom(32)).decode(), encoding="utf-8")
    return file.read_text(encoding="utf-8").strip()


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port
