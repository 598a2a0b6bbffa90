"""The section ``[directory_1881]`` of the world: who is in the directory, and who may ask."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from simulators.world import WorldModel

Digits8 = Annotated[str, StringConstraints(pattern=r"^\d{8}$")]


class ListingSettings(WorldModel):
    """One person or company. ``address`` is written as people do: "Prøvegata 1 B, 0001 Oslo"."""

    id: str
    type: Literal["Person", "Company"] = "Person"
    firstName: str | None = None  # noqa: N815 - the directory's own spelling, here and below
    lastName: str | None = None  # noqa: N815
    name: str | None = None  # of a company
    organizationNumber: str | None = None  # noqa: N815
    phone: Digits8
    more_phones: tuple[Digits8, ...] = ()
    email: str | None = None
    address: str | None = None
    municipality: str | None = None
    county: str | None = None
    region: str | None = None
    latitude: float | None = None
    longitude: float | None = None

    @model_validator(mode="after")
    def _check_name(self) -> ListingSettings:
        if self.type == "Company" and not self.name:
            raise ValueError("a company needs a name")
        if self.type == "Person" and not (self.firstName or self.lastName):
            raise ValueError("a person needs a firstName or a lastName")
        return self

    @property
    def full_name(self) -> str:
        return self.name or " ".join(part for part in (self.firstName, self.lastName) if part)

    @property
    def phones(self) -> tuple[str, ...]:
        return (self.phone, *self.more_phones)


class DirectorySettings(WorldModel):
    keys: tuple[str, ...]  # subscriptions have two, so that they can be changed without a pause
    no_hit: Literal["404", "null", "empty", "no_body"] = "404"  # every form has been seen
    calls: int | None = Field(default=None, ge=1)  # allowed per renewal period and key; None: no limit
    renewal_period: float = Field(default=60.0, gt=0)  # seconds
    contacts: tuple[ListingSettings, ...] = ()


def show_listing(listing: ListingSettings, info_url: str) -> dict[str, Any]:
    """A listing in the shape of the vendor's type file; every field is there, unknown ones are null."""
    shown: dict[str, Any] = {"type": listing.type, "id": listing.id}
    if listing.type == "Person":
        shown |= {"firstName": listing.firstName, "lastName": listing.lastName, "name": listing.full_name}
    else:
        shown |= {"name": listing.name, "organizationNumber": listing.organizationNumber}
    points = [
        {"label": label_of(number), "main": index == 0, "type": type_of(number), "value": number}
        for index, number in enumerate(listing.phones)
    ]
    if listing.email:
        points.append({"label": "E-post", "main": False, "type": "Email", "value": listing.email})
    return {**shown, "geography": _show_geography(listing), "contactPoints": points, "infoUrl": info_url}


def type_of(number: str) -> str:
    """4 and 9 are the mobile series."""
    return "MobilePhone" if number[0] in "49" else "Phone"


def label_of(number: str) -> str:
    return "Mobiltelefon" if type_of(number) == "MobilePhone" else "Telefon"


def _show_geography(listing: ListingSettings) -> dict[str, Any]:
    street, _, place = (listing.address or "").rpartition(",")
    post_code, _, post_area = place.strip().partition(" ")
    name, number, entrance = _split_street(street.strip())
    known = listing.latitude is not None and listing.longitude is not None
    return {
        "municipality": listing.municipality or post_area or None,
        "county": listing.county,
        "region": listing.region,
        "coordinate": {"latitude": listing.latitude, "longitude": listing.longitude} if known else None,
        "address": {
            "street": name,
            "houseNumber": number,
            "entrance": entrance,
            "postCode": post_code or None,
            "postArea": post_area or None,
            "addressString": listing.address,
        },
    }


def _split_street(text: str) -> tuple[str | None, str | None, str | None]:
    """Street, house number, entrance: "Prøvegata 1 B"."""
    words = text.split()
    at = next((index for index, word in enumerate(words) if index and word[0].isdigit()), None)
    if at is None:
        return text or None, None, None
    digits = "".join(character for character in words[at] if character.isdigit())
    entrance = words[at][len(digits) :] or " ".join(words[at + 1 :])
    return " ".join(words[:at]), digits, entrance or None
