"""Signing keys: warm, rolled over within a minute, and asked for politely."""

from __future__ import annotations

import asyncio
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from bot.teams import keys


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


async def test_a_key_that_is_withdrawn_is_believed_for_an_hour_at_most(
    bot: Any, microsoft: Any, signer: Any, new_signer: Any, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list is asked for anew by the clock, whether or not anybody comes."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        microsoft.signers = [new_signer]
        if len(pauses) > 1:
            await asyncio.Event().wait()

    monkeypatch.setattr(keys, "asyncio", _with(asyncio, sleep=sleep))
    client = await serve()
    await bot.keys.start()
    for _ in range(1000):
        if len(pauses) > 1:
            break
        await asyncio.sleep(0.002)
    assert set(pauses) == {3600.0}
    assert microsoft.key_fetches == 2
    assert (await client.send(bot.activity(), token=signer.sign(bot.claims())))[0] == 401


async def test_a_list_of_yesterday_is_not_believed(bot: Any, microsoft: Any, serve: Any) -> None:
    """Nobody can be checked then: Teams is asked to come again, not refused."""
    await bot.keys.start()
    client = await serve()
    microsoft.keys_fail = True
    bot.clock[0] += keys.BELIEVED - 1
    assert (await client.send(bot.activity()))[0] == 200
    bot.clock[0] += 1
    assert not bot.keys.ready
    assert (await client.send(bot.activity(id="2")))[0] == 503
    microsoft.keys_fail = False
    bot.clock[0] += 2
    assert (await client.send(bot.activity(id="3")))[0] == 200


def _hold_microsoft_up(bot: Any, held: asyncio.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing comes until ``held`` is set, which is longer than anybody waits."""
    monkeypatch.setattr(keys, "PATIENCE", 0.05)
    document = bot.keys._document

    async def slow(url: str) -> Any:
        await held.wait()
        return await document(url)

    monkeypatch.setattr(bot.keys, "_document", slow)


async def test_a_start_does_not_wait_for_ever(
    bot: Any, serve: Any, held: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    _hold_microsoft_up(bot, held, monkeypatch)
    await bot.keys.start()
    assert not bot.keys.ready
    held.set()
    client = await serve()
    assert (await client.send(bot.activity()))[0] == 200


async def test_who_waits_for_keys_does_not_wait_for_ever(
    bot: Any, microsoft: Any, signer: Any, serve: Any, held: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Strangers with made-up key ids would else hold their sockets as long as Microsoft is slow."""
    await bot.keys.start()
    client = await serve()
    _hold_microsoft_up(bot, held, monkeypatch)
    made_up = [signer.sign(bot.claims(), kid=f"x{number}") for number in range(5)]
    answers = await asyncio.gather(*(client.send(bot.activity(), token=token) for token in made_up))
    assert {status for status, _ in answers} == {503}
    assert (await client.send(bot.activity(id="a known key meanwhile")))[0] == 200


def _with(module: ModuleType, **changes: Any) -> SimpleNamespace:
    return SimpleNamespace(**{**vars(module), **changes})
