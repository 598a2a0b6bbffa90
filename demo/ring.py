"""Let a telephone ring in the running demo."""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

import aiohttp

from bot.problems import CannotGoOn
from bot.settings import read_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="caller", default="22334455", help='a number, or "anonymous" for a hidden one')
    parser.add_argument("--to", dest="line", default=None, help="the line that rings: 90000001, 90000002 or 90000003")
    parser.add_argument("--queue", default=None, help="the queue it comes through: Salg or Support")
    parser.add_argument("--answer-after", type=float, default=None, metavar="SECONDS")
    parser.add_argument(
        "--hang-up-after", type=float, default=None, metavar="SECONDS", help="counted from the first ring"
    )
    parser.add_argument(
        "--url", default=None, help="the demo's address; http://127.0.0.1:SMARTCALL_PORT when not given"
    )


async def run(chosen: argparse.Namespace) -> int:
    if chosen.line is None and chosen.queue is None:
        raise CannotGoOn("ring wants --to a line, or --queue, or both")
    base = (chosen.url or f"http://127.0.0.1:{read_settings().port}").rstrip("/")
    async with aiohttp.ClientSession(f"{base}/simulators/exchange/") as http:
        call = await _post(http, "calls", {"from": chosen.caller, "to": chosen.line, "queue": chosen.queue})
        print(f"{call['id']}: ringing {', '.join(call['ringing'])}", flush=True)
        waited = 0.0
        if chosen.answer_after is not None:
            await asyncio.sleep(chosen.answer_after)
            waited = chosen.answer_after
            call = await _post(http, f"calls/{call['id']}/answer", {"by": chosen.line})
            print(f"{call['id']}: answered by {call['answered_by']}", flush=True)
        if chosen.hang_up_after is not None:
            await asyncio.sleep(max(0.0, chosen.hang_up_after - waited))
            call = await _post(http, f"calls/{call['id']}/hangup", {"cause": None})
            print(f"{call['id']}: ended ({call['cause']})")
    return 0


async def _post(http: aiohttp.ClientSession, path: str, body: dict[str, Any]) -> dict[str, Any]:
    try:
        async with http.post(path, json=body) as answer:
            said: dict[str, Any] = await answer.json(content_type=None)
    except (aiohttp.ClientError, ValueError) as error:
        raise CannotGoOn(f"the demo does not answer ({type(error).__name__}); start it with `make demo`") from None
    if answer.status >= 400:
        raise CannotGoOn(f"the exchange says: {said.get('error', answer.status)}")
    return said
