"""Activities without a token: for the demo and the playground alone, and only from this machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

JSON = {"Content-Type": "application/json"}


class TestAnonymous:
    """Demo and playground: no token, from this machine. A token that is sent is always checked."""

    async def test_off_by_default(self, bot: Any, serve: Any) -> None:
        client = await serve()
        assert (await client.send(bot.activity(), token=None))[0] == 401

    async def test_allowed_from_loopback_and_counted_for_the_bot_that_was_named(self, bot: Any, serve: Any) -> None:
        client = await serve(anonymous_from_loopback=True, anonymous_app_id="demo-bot")
        assert (await client.send(bot.activity(), token=None))[0] == 200
        assert bot.events.told[0][1].app_id == "demo-bot"

    async def test_a_sent_token_is_checked(self, bot: Any, signer: Any, serve: Any) -> None:
        client = await serve(anonymous_from_loopback=True, anonymous_app_id="demo-bot")
        assert (await client.send(bot.activity(), token="garbage"))[0] == 401
        assert (await client.send(bot.activity(), token=signer.sign(bot.claims(exp=1))))[0] == 401
        body = json.dumps(bot.activity()).encode()
        assert (await client.raw(body, headers={**JSON, "Authorization": ""}))[0] == 401
        assert (await client.send(bot.activity()))[0] == 200

    @pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Forwarded-Host"])
    async def test_not_through_a_proxy_on_this_machine(self, bot: Any, serve: Any, header: str) -> None:
        client = await serve(anonymous_from_loopback=True, anonymous_app_id="demo-bot")
        assert (await client.send(bot.activity(), token=None, **{header: "203.0.113.7"}))[0] == 401

    async def test_not_under_a_name_of_elsewhere(self, bot: Any, serve: Any) -> None:
        """A page that has its own name point at this machine may not speak as Teams."""
        client = await serve(anonymous_from_loopback=True, anonymous_app_id="demo-bot")
        assert (await client.send(bot.activity(), token=None, Host="rebound.example"))[0] == 401

    async def test_not_from_another_machine(self, bot: Any, serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("bot.teams.inbound._peer", lambda request: "203.0.113.7")
        client = await serve(anonymous_from_loopback=True, anonymous_app_id="demo-bot")
        assert (await client.send(bot.activity(), token=None))[0] == 401

    async def test_not_with_a_service_url_of_the_real_teams(self, bot: Any, serve: Any) -> None:
        client = await serve(anonymous_from_loopback=True, anonymous_app_id="demo-bot")
        real = bot.activity(serviceUrl="https://smba.trafficmanager.net/teams/")
        assert (await client.send(real, token=None))[0] == 401

    async def test_not_for_another_channel(self, bot: Any, serve: Any) -> None:
        client = await serve(anonymous_from_loopback=True, anonymous_app_id="demo-bot")
        assert (await client.send(bot.activity(channelId="webchat"), token=None))[0] == 401

    def test_it_must_be_said_for_which_bot(self, inbound: Callable[..., Any]) -> None:
        with pytest.raises(ValueError, match="anonymous_app_id"):
            inbound(anonymous_from_loopback=True)
