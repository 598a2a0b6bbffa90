"""One HubSpot account, made from the world."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from aiohttp import web

from simulators.hubspot.kinds import DEFAULT_ASSOCIATIONS, KINDS
from simulators.hubspot.limits import Limits
from simulators.hubspot.properties import show_time
from simulators.hubspot.settings import HubSpotSettings
from simulators.hubspot.stages import PIPELINES, find_stage
from simulators.hubspot.store import LONG_AGO, Store
from simulators.hubspot.tokens import Tokens
from simulators.world import WorldError

PREFIX = "/simulators/hubspot"


class Account:
    """Everything the simulator knows. ``clock`` may be replaced, so that tests need not wait."""

    def __init__(self, settings: HubSpotSettings, base_url: str | None) -> None:
        self.settings = settings
        self.base_url = base_url
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.store = Store(settings.portal, settings.search_lag, self.now)
        self.tokens = Tokens(settings, self.now)
        self.limits = Limits(settings, self.now)
        self.owners = {owner.id: owner for owner in settings.owners}
        self.store.owner_ids = set(self.owners)
        self._fill()

    def now(self) -> datetime:
        return self.clock()

    def record_url(self, request: web.Request, kind: str, object_id: str) -> str:
        """The page for people of a record."""
        path = f"/contacts/{self.settings.portal}/record/{KINDS[kind].type_id}/{object_id}"
        if self.settings.ui_domain:
            return f"https://{self.settings.ui_domain}{path}"
        return f"{self.origin(request)}{PREFIX}{path}"

    def origin(self, request: web.Request) -> str:
        return (self.base_url or str(request.url.origin())).rstrip("/")

    def _fill(self) -> None:
        for company in self.settings.companies:
            values = {"name": company.name, "domain": company.domain, "phone": company.phone}
            self._place("companies", company.id, {**values, "hubspot_owner_id": company.owner}, company.properties)
        for contact in self.settings.contacts:
            employer = next((item for item in self.settings.companies if item.id == contact.company), None)
            if contact.company is not None and employer is None:
                raise WorldError(f"hubspot.contacts {contact.id}: company {contact.company} is no company's id")
            values = {
                name: getattr(contact, name)
                for name in ("firstname", "lastname", "email", "jobtitle", "phone", "mobilephone")
            }
            values["hubspot_owner_id"] = contact.owner
            if employer is not None:
                values |= {"company": employer.name, "associatedcompanyid": employer.id}
            self._place("contacts", contact.id, values, contact.properties)
            if employer is not None:
                source = self.store.find(KINDS["contacts"], contact.id)
                target = self.store.find(KINDS["companies"], employer.id)
                for type_id in (1, DEFAULT_ASSOCIATIONS["contacts", "companies"]):
                    self.store.associate(source, target, type_id)
        self._fill_work()

    def _fill_work(self) -> None:
        """What is under way with those people: deals, tickets, and calls that were logged before."""
        for deal in self.settings.deals:
            values = {"dealname": deal.name, "amount": deal.amount, "deal_currency_code": deal.currency}
            values |= {"pipeline": PIPELINES["deals"].id, "dealstage": self._check_stage("deals", deal.stage)}
            self._place("deals", deal.id, {**values, "hubspot_owner_id": deal.owner}, {}, deal.days_ago)
            self._tie("deals", deal.id, {"contacts": deal.contacts, "companies": deal.companies})
        for ticket in self.settings.tickets:
            values = {"subject": ticket.subject, "hs_pipeline": PIPELINES["tickets"].id}
            values["hs_pipeline_stage"] = self._check_stage("tickets", ticket.stage)
            self._place("tickets", ticket.id, {**values, "hubspot_owner_id": ticket.owner}, {}, ticket.days_ago)
            self._tie("tickets", ticket.id, {"contacts": ticket.contacts, "companies": ticket.companies})
        for call in self.settings.calls:
            moment = show_time(self.now() - timedelta(days=call.days_ago))
            values = {"hs_timestamp": moment, "hs_call_title": call.title, "hubspot_owner_id": call.owner}
            values |= {"hs_call_direction": "INBOUND", "hs_call_status": "COMPLETED"}
            self._place("calls", call.id, values, {}, call.days_ago)
            self._tie("calls", call.id, {"contacts": (call.contact,)})
            contact = self.store.find(KINDS["contacts"], call.contact)
            if contact.now.values.get("notes_last_contacted", "") < moment:
                self.store.stamp(contact, {"notes_last_contacted": moment, "notes_last_updated": moment})

    def _check_stage(self, kind: str, stage_id: str) -> str:
        if find_stage(kind, stage_id) is None:
            raise WorldError(f"hubspot.{kind}: {stage_id} is no stage's id")
        return stage_id

    def _tie(self, kind: str, object_id: str, others: dict[str, tuple[str, ...]]) -> None:
        record = self.store.find(KINDS[kind], object_id)
        for other, ids in others.items():
            for other_id in ids:
                target = self.store.known(other, other_id)
                if target is None:
                    raise WorldError(f"hubspot.{kind} {object_id}: {other_id} is no id among the {other}")
                self.store.associate(record, target, DEFAULT_ASSOCIATIONS[kind, other])

    def _place(
        self,
        kind: str,
        object_id: str,
        values: dict[str, str | None],
        more: dict[str, str],
        days_ago: float | None = None,
    ) -> None:
        unknown = sorted(set(more) - set(self.store.definitions[kind]))
        if unknown:
            raise WorldError(f"hubspot.{kind} {object_id}: no such property: {', '.join(unknown)}")
        held = {name: value for name, value in values.items() if value}
        self._check_owner(f"{kind} {object_id}", values.get("hubspot_owner_id"))
        since = LONG_AGO if days_ago is None else self.now() - timedelta(days=days_ago)
        self.store.place(KINDS[kind], object_id, {**held, **more}, since)

    def _check_owner(self, where: str, owner: str | None) -> None:
        if owner is not None and owner not in self.owners:
            raise WorldError(f"hubspot.{where}: owner {owner} is no owner's id")


ACCOUNT = web.AppKey("simulators.hubspot.account", Account)
