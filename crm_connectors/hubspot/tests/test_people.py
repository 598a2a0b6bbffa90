"""A number for somebody who is there: found by name, written where nothing stands, once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from calls.errors import Gone, Refused, Throttled
from calls.model import EvidenceField, Match, RecordRef
from calls.ports import Connector
from crm_connectors.hubspot.tests.account import Account, Connect, later, number
from crm_connectors.hubspot.tests.conftest import SERVICE_KEY
from crm_connectors.testing.bad_line import Fault

_SIGNED = {"Authorization": f"Bearer {SERVICE_KEY}"}


async def person(connector: Connector, name: str) -> Match:
    (match,) = (await connector.search_people(name, deadline=later())).matches
    return match


async def stored(account: Account, record_id: str) -> Mapping[str, Any]:
    async with account.tools.http.get(f"{account.target}/_records") as answer:
        records = (await answer.json())["contacts"]
    values: Mapping[str, Any] = next(record for record in records if record["id"] == record_id)["properties"]
    return values


async def change(account: Account, record_id: str, **properties: str) -> None:
    """Somebody at work in HubSpot itself."""
    url = f"{account.target}/crm/objects/2026-03/contacts/{record_id}"
    async with account.tools.http.patch(url, json={"properties": properties}, headers=_SIGNED) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("dialled", "name", "record_id", "field", "evidence"),
    [
        ("95001122", "Ola Nordbø", "102", "mobilephone", EvidenceField.MOBILE),
        ("95001122", "Åse Dahl", "103", "phone", EvidenceField.PHONE),
        ("22998877", "Åse Dahl", "103", "phone", EvidenceField.PHONE),
        ("+46701112233", "Åse Dahl", "103", "phone", EvidenceField.PHONE),
        ("+46701112233", "Ola Nordbø", "102", "mobilephone", EvidenceField.MOBILE),
    ],
)
async def test_it_is_written_where_it_belongs_or_else_where_nothing_stands(
    account: Account,
    key_connection: Connect,
    dialled: str,
    name: str,
    record_id: str,
    field: str,
    evidence: EvidenceField,
) -> None:
    connector = account.open(key_connection)
    before = await stored(account, record_id)
    match = await connector.add_number(await person(connector, name), number(dialled))
    after = await stored(account, record_id)
    assert after[field] == number(dialled).e164
    kept = {"phone", "mobilephone", "firstname", "lastname"} & before.keys()
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}
    assert (match.name, match.ref.id, match.evidence) == (name, record_id, evidence)
    assert (match.url or "").endswith(f"/record/0-1/{record_id}")


@pytest.mark.parametrize(("dialled", "name"), [("22998877", "Ola Nordbø"), ("95001122", "Nora Lie")])
async def test_what_stands_there_is_left_alone(
    account: Account, key_connection: Connect, dialled: str, name: str
) -> None:
    """A landline number does not go where text messages are sent to, free or not."""
    connector = account.open(key_connection)
    match = await person(connector, name)
    with pytest.raises(Refused) as refused:
        await connector.add_number(match, number(dialled))
    assert refused.value.code == "no_free_field"
    assert account.count("PATCH") == 0


async def test_somebody_was_quicker(account: Account, key_connection: Connect) -> None:
    """What stands there now counts, not what the search index knows."""
    connector = account.open(key_connection)
    match = await person(connector, "Åse Dahl")
    await change(account, "103", phone="950 01 122")
    assert (await connector.add_number(match, number("95001122"))).evidence is EvidenceField.PHONE
    with pytest.raises(Refused):
        await connector.add_number(match, number("95001123"))
    assert account.count("PATCH") == 0


async def test_a_number_in_a_property_of_the_accounts_own_is_there_already(
    account: Account, key_connection: Connect
) -> None:
    await change(account, "103", city="+47 950 01 122")
    connector = account.open(key_connection, phone_properties=["city"])
    match = await connector.add_number(await person(connector, "Åse Dahl"), number("95001122"))
    assert match.evidence is EvidenceField.OTHER
    assert account.count("PATCH") == 0


async def test_a_contact_that_is_gone_and_a_company(account: Account, key_connection: Connect) -> None:
    connector = account.open(key_connection)
    match = await person(connector, "Åse Dahl")
    url = f"{account.target}/crm/objects/2026-03/contacts/103"
    async with account.tools.http.delete(url, headers=_SIGNED) as answer:
        assert answer.status == 204
    with pytest.raises(Gone):
        await connector.add_number(match, number("95001122"))
    (company,) = (await connector.find(number("02800"), deadline=later())).matches
    with pytest.raises(Refused):
        await connector.add_number(company, number("95001122"))


async def test_people_are_told_apart_by_title_and_company(account: Account, key_connection: Connect) -> None:
    connector = account.open(key_connection)
    nora = await person(connector, "lie nora")
    assert (nora.name, nora.title, nora.company) == ("Nora Lie", "Innkjøpssjef", "Havnelageret AS")
    assert nora.ref == RecordRef(type="0-1", id="101")
    assert account.count("companies/batch/read") == 0


async def test_a_company_is_named_by_its_record_when_the_contact_does_not_say(
    account: Account, key_connection: Connect
) -> None:
    connector = account.open(key_connection)
    assert (await person(connector, "Tor Bakken")).company == "Nordlys Hotell"
    account.line.faults = [Fault(only="companies/batch/read", status=403)]
    assert (await person(connector, "Tor Bakken")).company is None


async def test_more_than_can_be_shown_is_told(account: Account, key_connection: Connect) -> None:
    found = await account.open(key_connection).search_people("+4", deadline=later())
    assert (len(found.matches), found.complete) == (4, True)
    everybody = await account.open(key_connection).search_people("4", deadline=later())
    assert (len(everybody.matches), everybody.complete) == (5, False)


async def test_searches_keep_to_the_accounts_limit(account: Account, key_connection: Connect) -> None:
    connector = account.open(key_connection)
    account.line.faults = [Fault(only="contacts/search", status=429, times=1)]
    assert (await connector.search_people("Nora", deadline=later())).matches
    account.line.faults = [Fault(only="contacts/search", status=429)]
    with pytest.raises(Throttled):
        await connector.search_people("Nora", deadline=later())
