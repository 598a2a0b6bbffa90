"""`smartcall doctor` beside a running demo: everything well, then one part after another made ill."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from calls.store.postgres import PackagedPostgres
from tests.support.demo import PROGRAM, Demo, running_demo

pytestmark = pytest.mark.timeout(180)


async def doctor(demo: Demo, folder: Path) -> tuple[int, str]:
    """Exit code and report of the program, pointed at the demo's database and twins."""
    twins = f"{demo.address}/simulators"
    env = {
        **os.environ,
        "SMARTCALL_DATABASE_URL": PackagedPostgres.at(folder / "data").url("demo"),
        "SMARTCALL_ENCRYPTION_KEY": (folder / "data" / "encryption.key").read_text().strip(),
        "SMARTCALL_LOGIN_URL": f"{twins}/login",
        "SMARTCALL_OPENID_METADATA_URL": f"{twins}/botframework/v1/.well-known/openidconfiguration",
        "SMARTCALL_ALLOW_LOOPBACK": "true",
    }
    done = await asyncio.to_thread(
        subprocess.run, [str(PROGRAM), "doctor"], env=env, capture_output=True, text=True, check=False, timeout=90
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout + done.stderr


async def fault(demo: Demo, system: str, body: dict[str, object]) -> None:
    async with (
        aiohttp.ClientSession(raise_for_status=True) as http,
        http.post(f"{demo.address}/simulators/control/{system}/faults", json=body),
    ):
        pass


async def test_everything_well_and_then_ill(tmp_path: Path):
    async with running_demo(tmp_path) as demo:
        code, report = await doctor(demo, tmp_path)
        assert code == 1, report
        assert "FAIL  Fjordvik AS: operator Sentralbord: no event has come yet" in report

        await demo.ring("22334455", to="90000001")
        code, report = await doctor(demo, tmp_path)
        assert code == 0, report
        for part in ("settings", "database", "signing keys of Teams", "token for bot", "HubSpot", "1881", "Teams"):
            assert any(line.startswith("ok ") and part in line for line in report.splitlines()), (part, report)

        assert "ok    Fjordvik AS: no work was given up" in report
        assert "calling from a card goes through Sentralbord" in report

        await fault(demo, "hubspot", {"path": ".*", "status": 401, "body": "{}"})
        await fault(demo, "connector", {"path": ".*", "status": 503, "body": ""})
        code, report = await doctor(demo, tmp_path)
        assert code == 1
        assert "FAIL  Fjordvik AS: HubSpot: the key, secret or consent is refused" in report
        assert "FAIL  Fjordvik AS: Teams: it does not answer as it should" in report
        assert "ok    Fjordvik AS: 1881" in report


def test_without_settings_it_says_what_is_missing():
    env = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "doctor"], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "SMARTCALL_DATABASE_URL" in done.stderr
