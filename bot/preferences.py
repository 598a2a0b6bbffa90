"""Saving what an employee chooses in the chat."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from bot.buttons import Handler, NotAButton, Pressed
from bot.cards.chat_cards import preferences_card
from bot.teams.ports import ActionReply, CardReply
from bot.texts import languages, texts_for
from calls.calling.call_requests import CallRoute
from calls.popups.popup import Verb
from calls.store.database import Database
from calls.store.sql_blocks import read_blocks
from calls.store.tenants import PREFERENCES, JournalMode, Preferences, TenantSettings

_SQL = read_blocks(Path(__file__).parent / "sql" / "bot.sql")
_MODES = {mode.value: mode for mode in JournalMode}
_OUTGOING: Mapping[str, Literal["always", "never"]] = {"always": "always", "never": "never"}
_WAYS = {way.value: way for way in CallRoute}


def preference_handlers(database: Database) -> Mapping[Verb, Handler]:
    async def save(pressed: Pressed) -> ActionReply:
        tenant = pressed.tenant
        chosen = read_preferences(pressed.action.data, tenant.settings)
        if chosen is None:
            raise NotAButton
        async with database.tenant(tenant.tenant_id) as unit:
            await unit.sql.execute(
                _SQL["save_preferences"], pressed.employee.employee_id, PREFERENCES.dump_python(chosen, mode="json")
            )
        card = preferences_card(tenant.settings, chosen, _texts(pressed, chosen), saved=True)
        return CardReply(card=card.card, summary=card.summary)

    return {Verb.SAVE_PREFERENCES: save}


def read_preferences(data: Mapping[str, Any], settings: TenantSettings) -> Preferences | None:
    """What stands on the card; None when it is no such card. A switch that stands as the company has it follows the
    company also when that changes."""
    if "popup_direct" not in data:
        return None
    direct, queue, internal = (str(data.get(f"popup_{kind}")).lower() == "true" for kind in _KINDS)
    language = str(data.get("language") or "")
    return Preferences(
        popup_direct=None if direct else False,
        popup_queue=None if queue else False,
        popup_internal=None if internal is settings.popup_internal else internal,
        journal_answered=_MODES.get(str(data.get("journal_answered"))),
        journal_missed=_MODES.get(str(data.get("journal_missed"))),
        journal_outgoing=_OUTGOING.get(str(data.get("journal_outgoing"))),
        call_through=_WAYS.get(str(data.get("call_through"))) if settings.employees_choose_calling else None,
        language=language if language in languages() else None,
    )


_KINDS = ("direct", "queue", "internal")


def _texts(pressed: Pressed, chosen: Preferences) -> Any:
    return texts_for(chosen.language or pressed.tenant.language)
