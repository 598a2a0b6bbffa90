from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from calls.errors import Refused, Unknown
from calls.model import JournalEntry, MatchKind, RecordRef
from crm_connectors.hubspot.tests.account import Account, Connect, ReadCalls
from crm_connectors.testing.bad_line import Fault


async def test_the_journal_ties_the_call_to_contact_and_owner(
    account: Account, key_connection: Connect, entry: JournalEntry, read_calls: ReadCalls
) -> None:
    ref = await account.open(key_connection).journal(entry, key="tenant-1/call-1")
    assert ref.type == "0-48"
    (call,) = await read_calls(account.target)
    assert call["id"] == ref.id
    properties = call["properties"]
    assert isinstance(properties, dict)
    assert properties["smartcall_call_key"] == "tenant-1/call-1"
    assert properties["hubspot_owner_id"] == "501"
    assert properties["hs_call_duration"] == "61000"
    assert "101" in str(call["associations"])


async def test_the_journal_ties_the_call_to_a_company(
    account: Account, key_connection: Connect, entry: JournalEntry, read_calls: ReadCalls
) -> None:
    company = replace(
        entry,
        record=RecordRef(type="0-2", id="201"),
        record_kind=MatchKind.COMPANY,
        employee_email="nobody@fjordvik.example",
    )
    await account.open(key_connection).journal(company, key="k")
    (call,) = await read_calls(account.target)
    assert "201" in str(call["associations"])
    properties = call["properties"]
    assert isinstance(properties, dict)
    assert properties.get("hubspot_owner_id") is None


async def test_the_key_property_is_made_once(account: Account, key_connection: Connect, entry: JournalEntry) -> None:
    for key in ("a", "b"):
        await account.open(key_connection).journal(entry, key=key)
    assert (
        sum(ask.method == "POST" and ask.path.endswith("/properties/2026-03/calls") for ask in account.line.asked) == 1
    )


async def test_a_refusal_that_has_another_cause_is_told(
    account: Account, key_connection: Connect, entry: JournalEntry
) -> None:
    connector = account.open(key_connection)
    await connector.journal(entry, key="a")
    account.line.faults = [Fault(only="/upsert", status=400, body=b'{"category": "VALIDATION_ERROR"}')]
    with pytest.raises(Refused) as caught:
        await connector.journal(entry, key="b")
    assert caught.value.code == "VALIDATION_ERROR"


@pytest.mark.parametrize("kind", [MatchKind.PERSON, MatchKind.COMPANY])
async def test_without_the_right_to_make_a_property_the_call_is_found_by_its_association(
    account: Account,
    key_connection: Connect,
    entry: JournalEntry,
    read_calls: ReadCalls,
    kind: MatchKind,
) -> None:
    no_right = Fault(only=r"POST .*/properties/", status=403, body=b'{"category": "MISSING_SCOPES"}')
    if kind is MatchKind.COMPANY:
        entry = replace(entry, record=RecordRef(type="0-2", id="201"), record_kind=kind)
    account.line.faults = [no_right]
    first = await account.open(key_connection).journal(entry, key="a")
    again = await account.open(key_connection).journal(replace(entry, title="Endret"), key="a")
    other = await account.open(key_connection).journal(entry, key="b")
    assert first == again != other
    lost = Fault(only=r"POST .*/calls/?$", after=True, drop=True, times=1)
    account.line.faults = [no_right, lost]
    with pytest.raises(Unknown):
        await account.open(key_connection).journal(entry, key="c")
    await account.open(key_connection).journal(entry, key="c")
    calls = await read_calls(account.target)
    assert len(calls) == 3
    titles = {str(call["id"]): as_title(call) for call in calls}
    assert titles[first.id] == "Endret"


def as_title(call: Mapping[str, object]) -> object:
    properties = call["properties"]
    assert isinstance(properties, dict)
    return properties["hs_call_title"]
