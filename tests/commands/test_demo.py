"""The demo as a program: alone on its data, and gone when it is told to go."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path

import psutil
import pytest

from calls.store.postgres import PackagedPostgres
from tests.support.demo import PROGRAM, running_demo

pytestmark = pytest.mark.timeout(180)


async def test_a_second_one_on_the_same_data_is_refused_and_the_first_leaves_nothing_running(tmp_path: Path):
    async with running_demo(tmp_path) as demo:
        env = {**os.environ, "SMARTCALL_PORT": "0", "SMARTCALL_DATA_DIR": str(tmp_path / "data")}
        second = await asyncio.to_thread(
            subprocess.run, [str(PROGRAM), "demo"], env=env, capture_output=True, text=True, check=False, timeout=60
        )
        assert second.returncode == 2
        assert second.stderr.startswith("smartcall: a demo is running on the data in")
        assert _servers(tmp_path)

        demo.child.process.terminate()
        assert await demo.child.ended(10) == 0
        assert not _servers(tmp_path)


def _servers(folder: Path) -> list[int]:
    """The PostgreSQL processes that work on the demo's data."""
    data = PackagedPostgres.at(folder / "data").data_dir
    running = psutil.process_iter(["name", "cwd"])
    return [each.pid for each in running if each.info["name"] == "postgres" and each.info["cwd"] == str(data)]
