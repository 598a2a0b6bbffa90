"""What is under way with a customer: open deals and open tickets.

Whether one is open is said by the stage it is in (https://developers.hubspot.com/docs/api-reference/latest/crm/
pipelines/guide): ``isClosed`` of a deal's stage, ``isClosed`` or ``ticketState`` of a ticket's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from calls.errors import OutsideError
from calls.model import OpenItem, OpenItemKind
from crm_connectors.hubspot.client import Client
from crm_connectors.values import as_mapping, iterate_mappings, read_text, read_time, read_url

MAX_ITEMS: Final = 3  # on a card
_REMEMBERED: Final = 600.0  # seconds; somebody who renames a stage sees it after ten minutes
_NEWEST: Final = 100  # of the records tied to a customer are looked at: one batch read
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kind:
    """How one object type names what we read of it."""

    kind: OpenItemKind
    plural: str
    title: str
    stage: str
    properties: tuple[str, ...]


_KINDS: Final = (
    _Kind(
        kind=OpenItemKind.DEAL,
        plural="deals",
        title="dealname",
        stage="dealstage",
        properties=("dealname", "dealstage", "amount", "deal_currency_code", "createdate"),
    ),
    _Kind(
        kind=OpenItemKind.TICKET,
        plural="tickets",
        title="subject",
        stage="hs_pipeline_stage",
        properties=("subject", "hs_pipeline_stage", "createdate"),
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    label: str | None
    closed: bool


def read_stages(answer: Mapping[str, object]) -> dict[str, Stage]:
    """The stages of every pipeline of an object type, by id."""
    stages: dict[str, Stage] = {}
    for pipeline in iterate_mappings(answer.get("results")):
        for stage in iterate_mappings(pipeline.get("stages")):
            stage_id, metadata = read_text(stage.get("id")), as_mapping(stage.get("metadata"))
            closed = metadata.get("isClosed") in ("true", True) or metadata.get("ticketState") == "CLOSED"
            if stage_id is not None:
                stages[stage_id] = Stage(label=read_text(stage.get("label")), closed=closed)
    return stages


def format_amount(amount: object, currency: str | None) -> str | None:
    """ "240000.5" and "NOK" as "240 000 NOK": whole units are enough for a glance. None for what is no number."""
    try:
        units = round(float(read_text(amount) or ""))
    except (ValueError, OverflowError):
        return None
    return " ".join(filter(None, (f"{units:,}".replace(",", "\u00a0"), currency))) if units else None


class OpenWork:
    """Reads the open deals and tickets of one account's customers."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._stages: dict[str, tuple[float, dict[str, Stage]]] = {}  # by plural, with the loop time it is good until
        self._currency: str | None = None

    async def find(self, plural: str, record_id: str, *, deadline: float) -> tuple[OpenItem, ...]:
        """The newest open ones of a contact or company. What may not be read, or does not answer, is left out."""
        found = await asyncio.gather(
            *(self._find_kind(kind, plural, record_id, deadline=deadline) for kind in _KINDS), return_exceptions=True
        )
        items: list[tuple[datetime, OpenItem]] = []
        for part in found:
            if isinstance(part, list):
                items += part
            elif not isinstance(part, OutsideError):
                raise part
        items.sort(key=lambda dated: dated[0], reverse=True)
        return tuple(item for _, item in items[:MAX_ITEMS])

    async def _find_kind(
        self, kind: _Kind, plural: str, record_id: str, *, deadline: float
    ) -> list[tuple[datetime, OpenItem]]:
        page = await self._client.list_associated(plural, record_id, kind.plural, after=None, deadline=deadline)
        ids = newest_ids(page, _NEWEST)
        if not ids:
            return []
        answer, stages = await asyncio.gather(
            self._client.read_batch(kind.plural, ids, kind.properties, deadline=deadline),
            self._read_stages(kind.plural, deadline=deadline),
        )
        items: list[tuple[datetime, OpenItem]] = []
        for record in iterate_mappings(answer.get("results")):
            values = as_mapping(record.get("properties"))
            stage = stages.get(read_text(values.get(kind.stage)) or "")
            if stage is None or stage.closed:
                continue
            currency = read_text(values.get("deal_currency_code")) or await self._read_currency(values, deadline)
            item = OpenItem(
                kind=kind.kind,
                title=read_text(values.get(kind.title)) or f"#{read_text(record.get('id')) or ''}",
                stage=stage.label,
                amount=format_amount(values.get("amount"), currency),
                url=read_url(record.get("url")),
            )
            items.append((read_time(values.get("createdate")) or _LONG_AGO, item))
        return items

    async def _read_stages(self, plural: str, *, deadline: float) -> dict[str, Stage]:
        now = asyncio.get_running_loop().time()
        until, stages = self._stages.get(plural, (0.0, {}))
        if until <= now:
            stages = read_stages(await self._client.read_pipelines(plural, deadline=deadline))
            self._stages[plural] = (now + _REMEMBERED, stages)
        return stages

    async def _read_currency(self, values: Mapping[str, object], deadline: float) -> str | None:
        """The account's own currency, which a deal does not name when there is only one."""
        if self._currency is None and read_text(values.get("amount")) is not None:
            try:
                account = await self._client.read_account(deadline=deadline)
            except OutsideError:
                return None
            self._currency = read_text(account.get("companyCurrency"))
        return self._currency


def newest_ids(page: Mapping[str, object], at_most: int) -> list[str]:
    """The ids of a page of associated records, newest first: ids are numbers that grow."""
    ids: Iterable[str | None] = (read_text(row.get("toObjectId")) for row in iterate_mappings(page.get("results")))
    return sorted({found for found in ids if found}, key=lambda found: (len(found), found), reverse=True)[:at_most]
