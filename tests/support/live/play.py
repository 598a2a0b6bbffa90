"""A scenario being played: what people and operators do, one method a step, and what came of it."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from standardwebhooks import Webhook

from tests.support.live.choosing import Choosing
from tests.support.live.stack import OPERATOR, PEOPLE, Stack
from tests.support.live.waiting import until

_DELIVERED = {"newCall", "answer", "hangup"}
_SYSTEMS = ("login", "botframework", "connector", "exchange", "hubspot", "1881")

# The product may do two CRM searches at once and three a second: a scenario begins when both are free again.
_MAY_SEARCH = """
SELECT coalesce(min(tokens + extract(epoch FROM $1::timestamptz - filled_at) * 3), 2) >= 2 AS free
FROM smartcall.rate WHERE scope = 'hubspot:search'
"""


class Play(Choosing):
    """One scenario on a running stack. Begins with :meth:`begin`, is mended afterwards with :meth:`end`."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack)
        self.people = PEOPLE
        self.calls: dict[str, str] = {}  # name in the scenario → the exchange's id
        self._told: dict[str, int] = {}  # how many deliveries of a call were waited for

    async def begin(self) -> Play:
        await until(self._may_search)
        await self.target()
        await self.remember()
        return self

    async def end(self) -> None:
        """Put the world back in order, whatever the scenario has done to it."""
        for system in _SYSTEMS:
            await self.stack.ask("DELETE", f"control/{system}/faults")
        await self.stack.ask("PUT", "exchange/delivery", {})
        state = await self.stack.ask("GET", "exchange/state")
        for line in state["lines"]:
            await self.line(number=line["number"])
        for call in reversed(state["calls"]):  # what was passed on before what it came from, which ends it too
            if call["state"] != "ended":
                await self.stack.ask("POST", f"exchange/calls/{call['id']}/hangup", {})
        await self.rest()
        chats = await self.stack.sql("SELECT entra_object_id FROM smartcall.chat WHERE state = 'installed'")
        installed = {str(row["entra_object_id"]) for row in chats}
        for person in PEOPLE.values():
            await self.stack.ask("POST", f"teams/users/{person}/unblock")
            if person not in installed:
                await self.stack.ask("POST", f"teams/users/{person}/install")

    # -- what the operator and its customers do --------------------------------------------------------------------

    async def target(self, *, shape: str = "form", secret: str | None = None, token: str | None = None) -> None:
        """Where the exchange delivers to, and how: through the door with the token, or signed with a secret."""
        url = f"{self.stack.address}/api/events/{OPERATOR}"
        if secret is None:
            url += f"/{token or self.stack.keys.url_token}"
        await self.stack.ask("PUT", "exchange/target", {"url": url, "format": shape, "secret": secret})

    async def travel(self, **order: object) -> None:
        """How badly deliveries travel from now on: duplicate, reorder, drop_kinds, delay."""
        await self.stack.ask("PUT", "exchange/delivery", order)

    async def ring(
        self,
        *,
        caller: str | None = None,
        to: str | None = None,
        queue: str | None = None,
        when_busy: str | None = None,
        call: str = "call",
        into: str = "forwarded",
        heard: bool = True,
    ) -> None:
        """Somebody calls; without ``caller`` the number is hidden. A busy line may forward it ``into`` a new call."""
        order = {"from": caller, "to": to, "queue": queue, "when_busy": when_busy}
        placed = await self.stack.ask("POST", "exchange/calls", order)
        self.calls[call], self._told[call] = placed["parent"] or placed["id"], 0
        await self._heard(call, heard)
        if placed["parent"]:
            self.calls[into] = placed["id"]
            await self._heard(into, heard)
        if placed["parent"] or placed["state"] == "ended":
            await self._heard(call, heard)

    async def answer(self, *, by: str | None = None, call: str = "call", heard: bool = True) -> None:
        await self._act(call, "answer", {"by": by}, heard)

    async def hang_up(self, *, cause: str | None = None, call: str = "call", heard: bool = True) -> None:
        await self._act(call, "hangup", {"cause": cause}, heard)

    async def reject(self, *, by: str | None = None, call: str = "call", told: bool = True) -> None:
        """``told`` is false when another phone rings on: then the operator says nothing."""
        await self.stack.ask("POST", f"exchange/calls/{self.calls[call]}/reject", {"by": by})
        if told:
            await self._heard(call, True)

    async def forward(self, *, to: str, call: str = "call", into: str = "forwarded") -> None:
        passed = await self.stack.ask("POST", f"exchange/calls/{self.calls[call]}/forward", {"to": to})
        self.calls[into] = passed["id"]
        await self._heard(call, True)
        await self._heard(into, True)

    async def transfer(self, *, to: str, call: str = "call", into: str = "transferred") -> None:
        passed = await self.stack.ask("POST", f"exchange/calls/{self.calls[call]}/transfer", {"to": to})
        self.calls[into] = passed["id"]
        await self._heard(into, True)

    async def next(self, *, call: str = "call") -> None:
        """A queue's ring time is over: the next telephone, the next round, or the end."""
        await self._act(call, "next", {}, True)

    async def take_back(self, *, call: str = "transferred") -> None:
        """Nobody picks up what was transferred; the first call goes on."""
        await self._act(call, "return", {}, True)

    async def consult(self, *, to: str, call: str = "call", into: str = "consultation") -> None:
        """The one who answered asks a colleague first."""
        asked = await self.stack.ask("POST", f"exchange/calls/{self.calls[call]}/consult", {"to": to})
        self.calls[into] = asked["id"]
        await self._heard(into, True)

    async def join(self, *, call: str = "consultation", into: str = "transferred") -> None:
        """The consultation becomes a transfer."""
        joined = await self.stack.ask("POST", f"exchange/calls/{self.calls[call]}/join", {})
        self.calls[into] = joined["id"]
        for name in (into, into, call) if joined["state"] == "answered" else (into, call):
            await self._heard(name, True)

    async def line(self, *, number: str, busy_forward: str | None = None) -> None:
        """What a line does while it is busy; put back in the end."""
        await self.stack.ask("PUT", f"exchange/lines/{number}", {"busy_forward": busy_forward})

    async def tell(self, *, event: str, call: str = "call", shape: str = "form", times: int = 1, **fields: Any) -> None:
        """An event by hand, as no exchange of ours would send it: straight to the door."""
        ref = self.calls.setdefault(call, uuid.uuid4().hex)
        for _ in range(times):
            status, text = await self.deliver({"event": event, "callId": ref, **fields}, shape=shape)
            assert status == 200, f"{event}: {status} {text}"

    async def deliver(
        self,
        fields: Mapping[str, Any],
        *,
        shape: str = "form",
        connection: str = OPERATOR,
        token: str | None = None,
        sign: Callable[[str], Mapping[str, str]] | None = None,
    ) -> tuple[int, str]:
        """POST an event; ``sign`` gives the headers of a signed body, otherwise the address has a token."""
        body = json.dumps(fields) if shape == "json" else urlencode(list(_pairs(fields)))
        kind = "application/json" if shape == "json" else "application/x-www-form-urlencoded"
        headers = {"Content-Type": kind, **(sign(body) if sign else {})}
        path = f"/api/events/{connection}" + ("" if sign else f"/{token or self.stack.keys.url_token}")
        return await self.send(path, body.encode(), headers)

    async def send(self, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        """Anything to the product's own address."""
        async with self.stack.http.post(self.stack.address + path, data=body, headers=headers) as answer:
            return answer.status, await answer.text()

    # -- what happens in Teams and in the CRM ----------------------------------------------------------------------

    async def fault(self, *, system: str, **order: object) -> None:
        await self.stack.ask("POST", f"control/{system}/faults", order)

    async def mend(self, *, system: str) -> None:
        await self.stack.ask("DELETE", f"control/{system}/faults")

    async def press(
        self,
        *,
        who: str,
        button: str | None = None,
        verb: str | None = None,
        data: Mapping[str, Any] | None = None,
        typed: Mapping[str, str] | None = None,
        **query: int,
    ) -> dict[str, Any]:
        """Press a button of somebody's newest card (or, with ``force=1``, what it does not show); returns what the
        client made of the answer. ``retry=1``: the press reaches the bot twice. ``typed``: in its inputs."""
        card = (await self.cards(who))[-1]
        shown = card.asks.get(button or "", {})
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        given = {**(shown["data"] if data is None else data), **(typed or {})}
        body = {"message": card.id, "verb": verb or shown["verb"], "data": given}
        done: dict[str, Any] = await self.stack.ask("POST", f"teams/users/{PEOPLE[who]}/invoke?{asked}", body)
        return done

    async def app(self, *, who: str, does: str) -> None:
        """``does``: install, uninstall, block or unblock."""
        await self.stack.ask("POST", f"teams/users/{PEOPLE[who]}/{does}", {})

    async def write(self, *, who: str, text: str) -> None:
        await self.stack.ask("POST", f"teams/users/{PEOPLE[who]}/messages", {"text": text})

    async def delete_card(self, *, who: str) -> None:
        """The card goes, as a retention policy would make it go."""
        login = self.stack.world["login"]["apps"][0]
        form = {
            "grant_type": "client_credentials",
            "client_id": login["app_id"],
            "client_secret": login["secret"],
            "scope": "https://api.botframework.com/.default",
        }
        token_url = f"{self.stack.twins}/login/{login['tenant']}/oauth2/v2.0/token"
        async with self.stack.http.post(token_url, data=form) as answer:
            token = (await answer.json())["access_token"]
        message = (await self.messages(who))[-1]
        path = f"connector/v3/conversations/{message['conversation']}/activities/{message['id']}"
        await self.stack.ask("DELETE", path, Authorization=f"Bearer {token}")

    async def add_contact(self, **properties: str) -> None:
        """Somebody enters a contact in HubSpot; a search finds it a little later."""
        key = self.stack.world["hubspot"]["service_keys"][0]
        body = {"properties": properties}
        await self.stack.ask("POST", "hubspot/crm/objects/2026-03/contacts", body, Authorization=f"Bearer {key}")
        await asyncio.sleep(float(self.stack.world["hubspot"]["search_lag"]) + 0.2)

    # -- time ------------------------------------------------------------------------------------------------------

    async def pause(self, *, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def silence(self) -> None:
        """As if nothing had been heard of the scenario's calls for as long as they are believed without news."""
        since = datetime.now(UTC)
        changed = await self.stack.sql(
            "UPDATE smartcall.call SET stale_at = $1 WHERE started_at >= $2 AND stale_at IS NOT NULL RETURNING 1",
            since,
            self.began,
        )
        assert changed, "no call is waiting for news"

    # -- inside ----------------------------------------------------------------------------------------------------

    async def _act(self, call: str, verb: str, body: Mapping[str, object], heard: bool) -> None:
        await self.stack.ask("POST", f"exchange/calls/{self.calls[call]}/{verb}", body)
        await self._heard(call, heard)

    async def _heard(self, call: str, heard: bool) -> None:
        """Wait until the newest event of a call was taken, dropped on purpose, or given up by the exchange."""
        self._told[call] = self._told.get(call, 0) + 1

        async def told() -> bool:
            return len(await self.deliveries(call)) >= self._told[call]

        if heard:
            await until(told)

    async def _may_search(self) -> bool:
        return bool((await self.stack.sql(_MAY_SEARCH, datetime.now(UTC)))[0]["free"])

    async def deliveries(self, call: str = "call") -> list[str]:
        """The kinds of events of a call that the exchange has done with."""
        log = await self.stack.ask("GET", "exchange/deliveries")
        final = [
            each
            for each in log
            if each["call"] == self.calls[call]
            and each["kind"] in _DELIVERED
            and (each["attempt"] in (0, 3) or (each["status"] is not None and each["status"] < 500))
        ]
        return list({each["id"]: each["kind"] for each in final}.values())


def signed(secret: str, *, delivery: str | None = None, at: datetime | None = None) -> Callable[[str], dict[str, str]]:
    """Headers of Standard Webhooks for a body."""

    def sign(body: str) -> dict[str, str]:
        moment, delivery_id = at or datetime.now(UTC), delivery or f"msg_{uuid.uuid4().hex}"
        return {
            "webhook-id": delivery_id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": Webhook(secret).sign(delivery_id, moment, body),
        }

    return sign


def _pairs(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Form fields; a list is a field of several values, as sipgate writes them."""
    pairs: list[tuple[str, str]] = []
    for name, value in fields.items():
        pairs += [(f"{name}[]", each) for each in value] if isinstance(value, list) else [(name, str(value))]
    return pairs
