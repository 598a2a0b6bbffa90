"""A new contact: once, whatever becomes of the first try, and never over somebody who is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from calls.errors import NeedsSignIn, Refused, Transient, Unknown
from calls.model import Draft
from crm_connectors.hubspot.tests.account import Account, Connect, number
from crm_connectors.testing.bad_line import Fault

JON = Draft(
    number=number("90011223"),
    first_name="Jon",
    last_name="Prøve",
    company="Prøve AS",
    email="jon@prove.example",
    employee_email="kari.hansen@fjordvik.example",
)
NO_RIGHT = Fault(only=r"POST .*/properties/", status=403, body=b'{"category": "MISSING_SCOPES"}')


async def contacts(account: Account) -> list[Mapping[str, Any]]:
    """Those that were not there in the beginning."""
    async with account.tools.http.get(f"{account.target}/_records") as answer:
        records: list[Mapping[str, Any]] = (await answer.json())["contacts"]
    return [record for record in records if len(record["id"]) > 3]


async def test_what_was_typed_is_written_with_number_and_owner(account: Account, key_connection: Connect) -> None:
    match = await account.open(key_connection).create(JON, key="k1")
    (made,) = await contacts(account)
    wanted = {"firstname": "Jon", "lastname": "Prøve", "company": "Prøve AS", "email": "jon@prove.example"}
    wanted |= {"mobilephone": "+4790011223", "hubspot_owner_id": "501", "smartcall_contact_key": "k1"}
    assert wanted.items() <= made["properties"].items()
    assert (match.name, match.company, match.ref.id) == ("Jon Prøve", "Prøve AS", made["id"])
    assert (match.url or "").endswith(f"/record/0-1/{made['id']}")


async def test_a_landline_goes_where_landlines_are(account: Account, key_connection: Connect) -> None:
    await account.open(key_connection).create(Draft(number=number("22998877")), key="k1")
    (made,) = await contacts(account)
    assert made["properties"]["phone"] == "+4722998877"
    assert "mobilephone" not in made["properties"]


async def test_a_repeated_key_is_the_same_contact_though_search_does_not_know_it(
    account: Account, key_connection: Connect
) -> None:
    first = await account.open(key_connection).create(JON, key="k1")
    assert await account.open(key_connection).create(JON, key="k1") == first
    (made,) = await contacts(account)
    assert made["properties"]["firstname"] == "Jon"


async def test_who_owns_the_number_by_now_is_taken_as_they_are(account: Account, key_connection: Connect) -> None:
    match = await account.open(key_connection).create(
        Draft(number=number("22334455"), first_name="Noen", last_name="Andre"), key="k1"
    )
    assert match.name == "Nora Lie"
    assert await contacts(account) == []


@pytest.mark.parametrize("drop", [True, False])
async def test_a_lost_answer_makes_no_second_contact(account: Account, key_connection: Connect, drop: bool) -> None:
    lost = Fault(only=r"POST .*/contacts/?$", after=True, drop=drop, status=None if drop else 502)
    await account.open(key_connection).create(Draft(number=number("22998877")), key="rehearsal")
    account.line.faults = [lost]
    with pytest.raises(Unknown):
        await account.open(key_connection).create(JON, key="k1")
    account.line.faults = []
    assert (await account.open(key_connection).create(JON, key="k1")).name == "Jon Prøve"
    assert len(await contacts(account)) == 2


async def test_an_address_that_is_taken_is_said(account: Account, key_connection: Connect) -> None:
    await account.open(key_connection).create(JON, key="k1")
    other = Draft(number=number("90011224"), email=JON.email)
    with pytest.raises(Refused) as refused:
        await account.open(key_connection).create(other, key="k2")
    assert refused.value.code == "email_taken"
    assert len(await contacts(account)) == 1


async def test_what_hubspot_does_not_take_is_refused_and_nothing_is_made(
    account: Account, key_connection: Connect
) -> None:
    await account.open(key_connection).create(JON, key="k1")
    with pytest.raises(Refused) as refused:
        await account.open(key_connection).create(Draft(number=number("90011224"), email="ingen"), key="k2")
    assert refused.value.code == "VALIDATION_ERROR"
    assert len(await contacts(account)) == 1


async def test_without_the_right_to_make_a_property_a_lost_answer_is_not_repeated(
    account: Account, key_connection: Connect
) -> None:
    account.line.faults = [NO_RIGHT]
    assert (await account.open(key_connection).create(JON, key="k1")).name == "Jon Prøve"
    lost = Fault(only=r"POST .*/contacts/?$", after=True, drop=True, skip=1)
    account.line.faults = [NO_RIGHT, lost]
    with pytest.raises(Refused) as refused:
        await account.open(key_connection).create(Draft(number=number("22998877")), key="k2")
    assert refused.value.code == "answer_lost"


@pytest.mark.parametrize(("status", "error"), [(403, NeedsSignIn), (500, Transient), (429, Exception)])
async def test_trouble_is_translated(
    account: Account, key_connection: Connect, status: int, error: type[Exception]
) -> None:
    account.line.faults = [Fault(only=r"POST .*/contacts/?$", status=status)]
    with pytest.raises(error):
        await account.open(key_connection).create(JON, key="k1")
