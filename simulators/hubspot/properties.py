"""Property definitions: what a record of each type can hold, and which values are right.

Definitions come from the CRM guides (https://developers.hubspot.com/docs/api-reference/latest/crm/activities/calls/guide
for calls); only what a telephone integration meets is here, everything else is unknown and refused as HubSpot does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from simulators.hubspot import phones

DISPOSITIONS = {
    "f240bbac-87c9-4f6e-bf70-924b57d47db7": "Connected",
    "73a0d17f-1163-4015-bdd5-ec830791da20": "No answer",
    "9d9162e7-6cf3-4944-bf63-4dff82258764": "Busy",
    "b2cf5968-551e-4856-9783-52b3da59a7d0": "Left voicemail",
    "a4c4c377-d246-4b32-a13b-75a56a4cd0ff": "Left live message",
    "17b47fee-58de-441e-a44c-c6300d46f273": "Wrong number",
}
CALL_STATUSES = (
    "BUSY",
    "CALLING_CRM_USER",
    "CANCELED",
    "COMPLETED",
    "CONNECTING",
    "FAILED",
    "IN_PROGRESS",
    "MISSED",
    "NO_ANSWER",
    "QUEUED",
    "RINGING",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Property:
    """One property definition."""

    name: str
    type: str = "string"  # string, number, datetime, enumeration, bool
    field_type: str = "text"
    label: str = ""
    description: str = ""
    group: str = ""
    options: tuple[tuple[str, str], ...] = ()  # value and label
    unique: bool = False
    read_only: bool = False
    source: str | None = None  # calculated from this property
    calculate: Callable[[str | None], str | None] | None = None
    searchable: bool = True
    hubspot_defined: bool = True
    created_at: datetime | None = None  # None: always been there

    def show(self, order: int = -1) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "name": self.name,
            "label": self.label or self.name,
            "type": self.type,
            "fieldType": self.field_type,
            "description": self.description,
            "groupName": self.group,
            "options": [
                {"label": label, "value": value, "displayOrder": index, "hidden": False}
                for index, (value, label) in enumerate(self.options)
            ],
            "displayOrder": order,
            "calculated": self.calculate is not None,
            "externalOptions": self.name == "hubspot_owner_id",
            "hasUniqueValue": self.unique,
            "hidden": False,
            "hubspotDefined": self.hubspot_defined,
            "modificationMetadata": {
                "archivable": not self.hubspot_defined,
                "readOnlyDefinition": self.hubspot_defined,
                "readOnlyOptions": self.hubspot_defined,
                "readOnlyValue": self.read_only,
            },
            "formField": False,
            "dataSensitivity": "non_sensitive",
        }
        if self.created_at is not None:
            shown["createdAt"] = shown["updatedAt"] = show_time(self.created_at)
        return shown


def check_value(definition: Property, value: str) -> tuple[str, str] | None:
    """What is wrong with a value, as code and message; None when it is right. An empty value clears and is right."""
    if definition.read_only:
        return "READ_ONLY_VALUE", f'"{definition.name}" is a read only property; its value cannot be set.'
    if not value:
        return None
    if definition.type == "number":
        return _check_number(definition, value)
    if definition.type == "datetime" and parse_time(value) is None:
        return "INVALID_DATE", f"{value} was not a valid date."
    if definition.options and value not in {option for option, _ in definition.options}:
        allowed = ", ".join(option for option, _ in definition.options)
        return "INVALID_OPTION", f"{value} was not one of the allowed options: [{allowed}]"
    if definition.name == "email" and ("@" not in value.strip("@") or " " in value):
        return "INVALID_EMAIL", f"Email address {value} is invalid"
    if definition.name == "hs_call_recording_url" and not (
        value.startswith("https://") and value.split("?")[0].endswith((".mp3", ".wav"))
    ):
        return "INVALID_URL", "hs_call_recording_url must be an https address of an .mp3 or .wav file."
    if len(value) > 65_536:
        return "PROPERTY_VALUE_TOO_LONG", f"{definition.name} is longer than 65536 characters."
    return None


def _check_number(definition: Property, value: str) -> tuple[str, str] | None:
    try:
        usable = isfinite(float(value))
    except ValueError:
        usable = False
    if not usable:
        return "INVALID_NUMBER", f"{value} was not a valid number."
    if definition.name == "hs_call_duration" and not (value.isascii() and value.isdigit()):
        return "INVALID_INTEGER", f"{value} was not a whole number of milliseconds."
    return None


def normalise_value(definition: Property, value: str) -> str:
    """How HubSpot hands a value back: times in UTC with milliseconds."""
    if definition.type == "datetime" and value and (moment := parse_time(value)) is not None:
        return show_time(moment)
    return value


def parse_time(text: str) -> datetime | None:
    """ISO 8601 with a zone, or milliseconds since 1970."""
    try:
        if text.isascii() and text.isdigit():
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo is not None else None


def show_time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _phone_group(prefix: str, source: str) -> tuple[Property, ...]:
    """The calculated companions of ``phone`` or ``mobilephone``."""

    def calculated(name: str, calculate: Callable[[str | None], str | None], *, searchable: bool = True) -> Property:
        return Property(
            name=name,
            source=source,
            calculate=calculate,
            read_only=True,
            searchable=searchable,
            field_type="phonenumber",
        )

    return (
        calculated(f"hs_searchable_calculated_{prefix}_number", phones.searchable_digits),
        # A public report says that searches in the international ones find nothing.
        calculated(
            f"hs_searchable_calculated_international_{prefix}_number", phones.international_digits, searchable=False
        ),
        calculated(f"hs_calculated_{prefix}_number", phones.e164),
        calculated(f"hs_calculated_{prefix}_number_country_code", phones.country_of),
    )


def _times(created: str, modified: str) -> tuple[Property, ...]:
    return (
        Property(name=created, type="datetime", field_type="date", read_only=True),
        Property(name=modified, type="datetime", field_type="date", read_only=True),
        Property(name="hs_object_id", type="number", field_type="number", read_only=True, unique=False),
    )


# The group that a property of HubSpot's own is in; of the calls' group no document tells.
GROUPS = {
    "contacts": "contactinformation",
    "companies": "companyinformation",
    "deals": "dealinformation",
    "tickets": "ticketinformation",
    "calls": "call",
}

_OWNER = Property(name="hubspot_owner_id", type="enumeration", field_type="select", label="Owner")

BUILT_IN: dict[str, tuple[Property, ...]] = {
    "contacts": (
        *_times("createdate", "lastmodifieddate"),
        _OWNER,
        *(
            Property(name=name)
            for name in ("firstname", "lastname", "jobtitle", "company", "city", "zip", "country", "lifecyclestage")
        ),
        *(Property(name=name) for name in ("hs_lead_status", "website", "address", "associatedcompanyid")),
        Property(name="email", unique=True),
        Property(name="phone", field_type="phonenumber"),
        Property(name="mobilephone", field_type="phonenumber"),
        *_phone_group("phone", "phone"),
        *_phone_group("mobile", "mobilephone"),
        Property(name="notes_last_contacted", type="datetime", field_type="date", read_only=True),
        Property(name="notes_last_updated", type="datetime", field_type="date", read_only=True),
    ),
    "companies": (
        *_times("createdate", "hs_lastmodifieddate"),
        _OWNER,
        *(Property(name=name) for name in ("name", "domain", "website", "city", "zip", "country", "industry")),
        Property(name="phone", field_type="phonenumber"),
        *_phone_group("phone", "phone"),
        Property(name="notes_last_contacted", type="datetime", field_type="date", read_only=True),
        Property(name="notes_last_updated", type="datetime", field_type="date", read_only=True),
    ),
    "deals": (
        *_times("createdate", "hs_lastmodifieddate"),
        _OWNER,
        *(Property(name=name) for name in ("dealname", "dealstage", "pipeline")),
        Property(name="amount", type="number", field_type="number"),
        Property(name="deal_currency_code"),
        Property(name="closedate", type="datetime", field_type="date"),
    ),
    "tickets": (
        *_times("createdate", "hs_lastmodifieddate"),
        _OWNER,
        *(Property(name=name) for name in ("subject", "content", "hs_pipeline", "hs_pipeline_stage")),
        Property(name="hs_ticket_priority"),
    ),
    "calls": (
        *_times("hs_createdate", "hs_lastmodifieddate"),
        _OWNER,
        Property(name="hs_timestamp", type="datetime", field_type="date"),
        *(Property(name=name) for name in ("hs_call_title", "hs_call_from_number", "hs_call_to_number")),
        Property(name="hs_call_body", field_type="html"),
        Property(name="hs_call_recording_url"),
        Property(name="hs_call_duration", type="number", field_type="number"),
        Property(
            name="hs_call_direction",
            type="enumeration",
            field_type="select",
            options=(("INBOUND", "Inbound"), ("OUTBOUND", "Outbound")),
        ),
        Property(
            name="hs_call_status",
            type="enumeration",
            field_type="select",
            options=tuple((status, status.replace("_", " ").capitalize()) for status in CALL_STATUSES),
        ),
        Property(
            name="hs_call_disposition",
            type="enumeration",
            field_type="select",
            options=tuple(DISPOSITIONS.items()),
        ),
        *(
            Property(name=name)
            for name in (
                "hs_call_callee_object_type_id",
                "hs_call_callee_object_id",
                "hs_activity_type",
                "hs_call_source",
                "hs_call_external_id",
            )
        ),
    ),
}
