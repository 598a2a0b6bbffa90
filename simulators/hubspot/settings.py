"""The section ``[hubspot]`` of the world: one HubSpot account with its people and records."""

from __future__ import annotations

from pydantic import Field

from simulators.world import WorldModel

ALL_SCOPES = (
    "oauth",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.companies.read",
    "crm.objects.companies.write",
    "crm.objects.deals.read",
    "crm.objects.owners.read",
    "crm.schemas.contacts.read",
    "crm.schemas.contacts.write",
    "crm.schemas.companies.read",
    "tickets",
)


class OwnerSettings(WorldModel):
    id: str  # what records point to; not the user id
    email: str
    first_name: str = ""
    last_name: str = ""


class CompanySettings(WorldModel):
    id: str
    name: str
    domain: str | None = None
    phone: str | None = None  # as somebody typed it
    owner: str | None = None  # an owner's id
    properties: dict[str, str] = Field(default_factory=dict)  # any others


class ContactSettings(WorldModel):
    id: str
    firstname: str | None = None
    lastname: str | None = None
    email: str | None = None
    jobtitle: str | None = None
    company: str | None = None  # a company's id: associated, and its name put in the property "company"
    phone: str | None = None  # as somebody typed it
    mobilephone: str | None = None
    owner: str | None = None
    properties: dict[str, str] = Field(default_factory=dict)


class DealSettings(WorldModel):
    id: str
    name: str
    stage: str = "appointmentscheduled"  # a stage's id, of whichever pipeline has it
    amount: str | None = None
    currency: str | None = None  # only accounts with several currencies say it
    contacts: tuple[str, ...] = ()  # ids of those it is with
    companies: tuple[str, ...] = ()
    owner: str | None = None
    days_ago: float = Field(default=30.0, ge=0)  # when it was made


class TicketSettings(WorldModel):
    id: str
    subject: str
    stage: str = "1"
    contacts: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    owner: str | None = None
    days_ago: float = Field(default=7.0, ge=0)


class CallSettings(WorldModel):
    """A call that somebody logged before the world began."""

    id: str
    contact: str
    title: str = "Samtale"
    owner: str | None = None
    days_ago: float = Field(default=10.0, ge=0)


class HubSpotSettings(WorldModel):
    portal: int
    ui_domain: str = ""  # empty: record pages are the simulator's own
    search_lag: float = Field(default=0.0, ge=0)  # seconds before a write is found by search
    client_id: str = ""
    client_secret: str = ""
    refresh_token: str = ""
    access_token_seconds: float = Field(default=1800, gt=0)
    service_keys: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ALL_SCOPES  # granted to app and keys alike
    searches_per_second: int = Field(default=5, ge=1)
    app_requests_per_ten_seconds: int = Field(default=110, ge=1)
    key_requests_per_ten_seconds: int = Field(default=100, ge=1)
    key_requests_per_day: int = Field(default=250_000, ge=1)
    owners: tuple[OwnerSettings, ...] = ()
    companies: tuple[CompanySettings, ...] = ()
    contacts: tuple[ContactSettings, ...] = ()
    deals: tuple[DealSettings, ...] = ()
    tickets: tuple[TicketSettings, ...] = ()
    calls: tuple[CallSettings, ...] = ()
    stage_labels: dict[str, str] = Field(default_factory=dict)  # what this account calls a stage, by its id
