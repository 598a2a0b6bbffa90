"""Signing keys: warm, rolled over within a minute, and asked for politely."""

from __future__ import annotations

import asyncio
from typing import Any


async def test_keys_are_there_before_the_first_activity(bot: Any, microsoft: Any, serve: Any) -> None:
    await bot.keys.start()
    assert microsoft.key_fetches == 1
    client = await serve()
    assert (await client.send(bot.activity()))[0] == 200
    assert microsoft.key_fetches == 1


async def test_a_rolled_over_key_works_with_the_next_activity(
    bot: Any, microsoft: Any, signer: Any, new_signer: Any, serve: Any
) -> None:
    await bot.keys.start()
    client = await serve()
    microsoft.signers = [signer, new_signer]
    assert (await client.send(bot.activity(), token=new_signer.sign(bot.claims())))[0] == 200
    assert microsoft.key_fetches == 2
    microsoft.signers = [new_signer]
    bot.clock[0] += 61
    assert (await client.send(bot.activity(id="2"), token=signer.sign(bot.claims(), kid="key-3")))[0] == 401
    assert (await client.send(bot.activity(id="3"), token=signer.sign(bot.claims())))[0] == 401  # withdrawn


async def test_unknown_key_ids_cause_one_fetch_a_minute(bot: Any, microsoft: Any, signer: Any, serve: Any) -> None:
    await bot.keys.start()
    client = await serve()
    for number in range(5):
        assert (await client.send(bot.activity(), token=signer.sign(bot.claims(), kid=f"x{number}")))[0] == 401
    assert microsoft.key_fetches == 2
    bot.clock[0] += 60
    assert (await client.send(bot.activity(), token=signer.sign(bot.claims(), kid="x")))[0] == 401
    assert microsoft.key_fetches == 3


async def test_a_crowd_at_a_cold_start_causes_one_fetch(bot: Any, microsoft: Any, serve: Any) -> None:
    client = await serve()
    answers = await asyncio.gather(*(client.send(bot.activity(id=str(number))) for number in range(10)))
    assert {status for status, _ in answers} == {200}
    assert microsoft.key_fetches == 1


async def test_while_no_key_was_ever_had_teams_is_asked_to_come_again(bot: Any, microsoft: Any, serve: Any) -> None:
    microsoft.keys_fail = True
    client = await serve()
    assert (await client.send(bot.activity()))[0] == 503
    microsoft.keys_fail = False
    bot.clock[0] += 2
    assert (await client.send(bot.activity()))[0] == 200


async def test_old_keys_serve_while_the_document_cannot_be_had(bot: Any, microsoft: Any, serve: Any) -> None:
    await bot.keys.start()
    microsoft.keys_fail = True
    await bot.keys.refresh()
    client = await serve()
    assert (await client.send(bot.activity()))[0] == 200


async def test_stop_leaves_nothing_running(bot: Any) -> None:
    await bot.keys.start()
    await bot.keys.stop()
    assert not {task for task in asyncio.all_tasks() if task.get_name().startswith("teams signing")}
