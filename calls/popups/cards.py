"""The cards job: close the gap between what popups should show and what they show.

It may run again on any node at any time. Whoever holds a popup's lease sends; what it sends is read after the lease was
taken, so it is at least as new as the counter it answers for.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, TypeAlias
from uuid import UUID, uuid4

from calls import telemetry
from calls.errors import Gone, NeedsSignIn, OutsideError, Refused, Throttled, Transient, Unknown
from calls.jobs.starts import NEVER_CAME_BACK, is_worn_out
from calls.popups.chats import ChatAddress, ChatState, set_state
from calls.popups.forms import FORM_PATIENCE
from calls.popups.plans import Hold, Sending, is_settled, plan
from calls.popups.popup import Popup, PopupState
from calls.popups.scene import NO_OPERATORS, scene_from
from calls.ports import Operator
from calls.store.database import DATABASE_AWAY, Database, Unit
from calls.store.sql_blocks import read_blocks

log = logging.getLogger(__name__)
SQL = read_blocks(Path(__file__).with_name("cards.sql"))

_LEASE = timedelta(seconds=9)  # with the sweep's second, whoever stands still is replaced within ten
_SEND_SECONDS = 4.4  # below half the lease: a sender that hangs has given up before another may begin
_GRACE = 0.3  # a channel that keeps its deadline says itself what became of the request
_LINGERS = timedelta(seconds=15)  # an edit that we gave up on may be carried out yet, over a newer one
_WAITS = (2.0, 5.0, 15.0, 60.0, 300.0, 900.0)  # seconds before a failed popup is tried again; then it is parked


# Takes popups of a call, perhaps with something else in the same question: a row with popups and scene, or None.
Taking: TypeAlias = Callable[[Unit, Hold], Awaitable[Any]]


class CardChannel(Protocol):
    """Puts popups on the screen. Raises the errors of :mod:`calls.errors`."""

    async def post(self, chat: ChatAddress, popup: Popup, *, language: str, quiet: bool, deadline: float) -> str:
        """Send a new card and return its id. ``quiet`` asks for no banner."""

    async def update(self, chat: ChatAddress, card_id: str, popup: Popup, *, language: str, deadline: float) -> None:
        """Replace a card where it stands."""

    async def find_chat(self, chat: ChatAddress, *, deadline: float) -> str:
        """The id of the present conversation with this person, when the one we knew is gone."""


class Cards:
    """Reconciles the popups of one call after another."""

    def __init__(
        self,
        database: Database,
        channel: CardChannel,
        now: Callable[[], datetime],
        operators: Mapping[str, Operator] = NO_OPERATORS,
    ) -> None:
        self._database = database
        self._channel = channel
        self._now = now
        self._operators = operators

    async def show(self, tenant_id: UUID, call_id: UUID, taking: Taking | None = None) -> None:
        """Bring every popup of a call up to date; goes round while newer states come in. ``taking`` is how they are
        taken the first time."""

        async def take(unit: Unit, hold: Hold) -> Any:
            return await unit.sql.fetchrow(SQL["take_popups"], tenant_id, call_id, hold.lease, hold.until, hold.now)

        sendings = await self._take(tenant_id, taking or take)
        while any(await asyncio.gather(*(self._send(tenant_id, sending) for sending in sendings))):
            sendings = await self._take(tenant_id, take)

    async def _take(self, tenant_id: UUID, taking: Taking) -> Sequence[Sending]:
        """Lease what is open, decide what to send, and note each POST before it is made."""
        now, unit = self._now(), self._database.at_once(tenant_id)
        deadline = asyncio.get_running_loop().time() + _SEND_SECONDS
        hold = Hold(lease=uuid4(), now=now, until=now + _LEASE, deadline=deadline)
        taken = await taking(unit, hold)
        return await self._plan(unit, taken, hold) if taken is not None and taken["popups"] else []

    async def _plan(self, unit: Unit, taken: Any, hold: Hold) -> Sequence[Sending]:
        popups = taken["popups"]
        rows = [row for row in popups if not is_worn_out(row["starts"])]
        if len(rows) < len(popups):
            await self._park_worn_out(unit.tenant_id, popups, hold.lease)
        try:
            scene = scene_from(unit, taken["scene"], self._operators) if rows else None
            if scene is None:
                return []
            sendings = [plan(unit, scene, row, hold) for row in rows]
        except Exception:
            # Empty-handed, but it came back: rows that cannot be opened may be opened yet, with a key that is missing.
            async with self._database.tenant(unit.tenant_id) as transaction:
                await transaction.sql.execute(SQL["came_back"], hold.lease)
            raise
        posts = {sending.row["popup_id"] for sending in sendings if sending.action in ("post", "quiet_post")}
        if not posts:
            return sendings
        noted = await unit.sql.fetch(SQL["note_posts"], unit.tenant_id, list(posts), hold.lease, hold.now)
        missed = posts - {row["popup_id"] for row in noted}
        return [sending for sending in sendings if sending.row["popup_id"] not in missed]

    async def _park_worn_out(self, tenant_id: UUID, taken: Sequence[Any], lease: UUID) -> None:
        worn_out = [row["popup_id"] for row in taken if is_worn_out(row["starts"])]
        log.error("nobody came back from popups %s: parked", ", ".join(map(str, worn_out)))
        async with self._database.tenant(tenant_id) as unit:
            await unit.sql.execute(SQL["park_worn_out"], worn_out, lease, NEVER_CAME_BACK)

    async def _send(self, tenant_id: UUID, sending: Sending) -> bool:
        """True when something newer is wanted already."""
        if sending.action == "hold":
            return await self._hold_back(tenant_id, sending)
        try:
            async with asyncio.timeout_at(sending.hold.deadline + _GRACE):
                card_id = await self._put_on_screen(tenant_id, sending)
        except (OutsideError, TimeoutError) as problem:
            return await self._put_off(tenant_id, sending, problem)
        except DATABASE_AWAY:
            raise
        except Exception as problem:
            # A mistake of ours fails again: it is counted like any other failure, and parked in the end.
            log.error("popup %s: %s in our own code", sending.row["popup_id"], type(problem).__name__)  # noqa: TRY400
            return await self._put_off(tenant_id, sending, problem)
        sent = sending.action != "nothing" and sending.chat is not None
        if sent:
            self._count(sending)
        return await self._note_shown(tenant_id, sending, card_id, parked=sending.parked, sent=sent)

    async def _put_on_screen(self, tenant_id: UUID, sending: Sending) -> str | None:
        if sending.action == "nothing" or sending.popup is None or sending.chat is None:
            return None
        deadline, chat, card_id = sending.hold.deadline, sending.chat, sending.row["activity_id"]
        if asyncio.get_running_loop().time() >= deadline:
            raise Transient("no time left to send")  # and another may have sent since
        if sending.action == "update":
            await self._channel.update(chat, card_id, sending.popup, language=sending.language, deadline=deadline)
            return None
        quiet = sending.action == "quiet_post"
        try:
            return await self._channel.post(
                chat, sending.popup, language=sending.language, quiet=quiet, deadline=deadline
            )
        except Gone:
            found = await self._channel.find_chat(chat, deadline=deadline)
            chat = replace(chat, conversation_id=found)
            async with self._database.tenant(tenant_id) as unit:
                await unit.sql.execute(SQL["move_chat"], chat.bot_app_id, chat.entra_object_id, chat.conversation_id)
            return await self._channel.post(
                chat, sending.popup, language=sending.language, quiet=quiet, deadline=deadline
            )

    async def _note_shown(
        self,
        tenant_id: UUID,
        sending: Sending,
        card_id: str | None = None,
        *,
        parked: str | None = None,
        sent: bool = False,
        declined: bool = False,
    ) -> bool:
        """Answer for the counter; what the screen is known to show changes only by what was ``sent``."""
        row, now = sending.row, self._now()
        digest = sending.digest if sent else row["shown_digest"]
        form_until = row["form_until"]
        if sent:
            form_until = now + FORM_PATIENCE if sending.popup is not None and sending.popup.form is not None else None
        newer: bool | None = await self._database.at_once(tenant_id).sql.fetchval(
            SQL["note_shown"],
            tenant_id,
            row["popup_id"],
            sending.hold.lease,
            row["wanted"],
            digest,
            card_id,
            parked,
            now,
            declined,
            form_until,
        )
        if newer is None:
            # The lease ran out while we sent: what we sent may be older than what another has sent since.
            async with self._database.tenant(tenant_id) as unit:
                await unit.sql.execute(SQL["want_again"], row["popup_id"], card_id, now)
            newer = True
        return newer

    async def _hold_back(self, tenant_id: UUID, sending: Sending) -> bool:
        """Leave the card alone: an edit would wipe what is being typed. What is due is told in the answer to the next
        press, or when the form has had its time."""
        row, now = sending.row, self._now()
        async with self._database.tenant(tenant_id) as unit:
            newer = await unit.sql.fetchval(
                SQL["hold_back"], row["popup_id"], sending.hold.lease, row["form_until"], row["wanted"], now
            )
        return bool(newer)

    async def _put_off(self, tenant_id: UUID, sending: Sending, problem: Exception) -> bool:
        """Decide what a failure means for this popup; True when it should be looked at again at once."""
        row, now = sending.row, self._now()
        posting = sending.action != "update"
        log.warning("popup %s: %s failed: %s", row["popup_id"], sending.action, type(problem).__name__)
        telemetry.cards.add(1, {"action": sending.action, "outcome": type(problem).__name__})
        settled = sending.popup is not None and is_settled(sending.popup)
        if posting and isinstance(problem, Unknown | TimeoutError) and not (settled and row["posts"] == 0):
            # It may be on the screen. While it rings there is no second one; what was sent counts as shown. When it
            # rings no more, no news may come that would bring the one that is allowed: it is tried again by itself.
            return await self._note_shown(tenant_id, sending, sent=True)
        if isinstance(problem, Gone):
            return await self._note_shown(tenant_id, sending, parked="card_gone", declined=posting)
        if isinstance(problem, Refused | NeedsSignIn):
            code = problem.code if isinstance(problem, Refused) else "needs_sign_in"
            await self._close_chat(tenant_id, sending, code)
            return await self._note_shown(tenant_id, sending, parked=code[:40], declined=posting)
        tries = row["attempts"] + 1
        wait = _WAITS[min(row["attempts"], len(_WAITS) - 1)]
        if isinstance(problem, Throttled) and problem.retry_after is not None:
            wait = max(problem.retry_after, 0.1)
        parked = "keeps_failing" if tries > len(_WAITS) else None
        unsent = posting and isinstance(problem, Throttled | Transient)
        lingers = None if posting or isinstance(problem, Throttled) else now + _LINGERS
        async with self._database.tenant(tenant_id) as unit:
            due = None if parked else now + timedelta(seconds=wait)
            await unit.sql.execute(SQL["put_off"], row["popup_id"], sending.hold.lease, due, unsent, parked, lingers)
        return False

    def _count(self, sending: Sending) -> None:
        telemetry.cards.add(1, {"action": sending.action, "outcome": "sent"})
        if sending.action == "post" and sending.popup is not None and sending.popup.state is not PopupState.PLACED:
            telemetry.first_cards.record((self._now() - sending.popup.started_at).total_seconds())

    async def _close_chat(self, tenant_id: UUID, sending: Sending, code: str) -> None:
        states = {"not_installed": ChatState.UNINSTALLED, "blocked": ChatState.BLOCKED}
        if sending.chat is not None and code in states:
            async with self._database.tenant(tenant_id) as unit:
                await set_state(unit, sending.chat.bot_app_id, sending.chat.entra_object_id, states[code])
