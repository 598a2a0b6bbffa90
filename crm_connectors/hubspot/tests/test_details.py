"""What the card adds about somebody: open deals and tickets, and when we last spoke."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from calls.model import ContactWay, Details, JournalEntry, Match, OpenItemKind
from calls.ports import Connector
from crm_connectors.hubspot.tests.account import Account, Connect, later, number
from crm_connectors.hubspot.work import format_amount, read_stages
from crm_connectors.testing.bad_line import Fault

NORA = ["101"]


@pytest.fixture
def world(world: dict[str, Any]) -> dict[str, Any]:
    hubspot = world["hubspot"]
    next(contact for contact in hubspot["contacts"] if contact["id"] == "104")["company"] = "202"
    hubspot["stage_labels"] = {"contractsent": "Tilbud sendt", "3": "Venter på oss"}
    hubspot["deals"] = [
        {"id": "301", "name": "Reoler", "stage": "contractsent", "amount": "240000", "contacts": NORA, "days_ago": 9},
        {"id": "302", "name": "Vunnet i fjor", "stage": "closedwon", "contacts": NORA, "days_ago": 1},
        {"id": "303", "name": "Tapt", "stage": "closedlost", "contacts": NORA, "days_ago": 1},
        {"id": "304", "name": "Firmaets egen", "amount": "99.6", "currency": "SEK", "companies": ["201"]},
        *({"id": f"31{n}", "name": f"Åses {n}", "contacts": ["103"], "days_ago": n} for n in (4, 2, 1, 3)),
        {"id": "305", "name": "Uten person", "companies": ["202"]},
    ]
    hubspot["tickets"] = [
        {"id": "401", "subject": "Feil levert", "stage": "3", "contacts": NORA, "days_ago": 2},
        {"id": "402", "subject": "Ordnet", "stage": "4", "contacts": NORA, "days_ago": 1},
    ]
    hubspot["calls"] = [
        {"id": "601", "contact": "101", "owner": "501", "days_ago": 6},
        {"id": "602", "contact": "101", "days_ago": 20},
    ]
    return world


async def find(connector: Connector, dialled: str) -> Match:
    return (await connector.find(number(dialled), deadline=later())).matches[0]


async def read(account: Account, connect: Connect, dialled: str = "22334455") -> Details:
    connector = account.open(connect)
    return await connector.details(await find(connector, dialled), deadline=later())


async def test_only_what_is_open_is_told_the_newest_first(account: Account, key_connection: Connect) -> None:
    details = await read(account, key_connection)
    assert [(item.kind, item.title, item.stage, item.amount) for item in details.open_items] == [
        (OpenItemKind.TICKET, "Feil levert", "Venter på oss", None),
        (OpenItemKind.DEAL, "Reoler", "Tilbud sendt", "240\u00a0000 NOK"),
    ]
    assert [(item.url or "").rsplit("/", 2)[1:] for item in details.open_items] == [["0-5", "401"], ["0-3", "301"]]


async def test_at_most_three_are_told(account: Account, key_connection: Connect) -> None:
    details = await read(account, key_connection, "93456789")
    assert [item.title for item in details.open_items] == ["Åses 1", "Åses 2", "Åses 3"]
    assert details.last_contact is None


async def test_a_company_has_its_own(account: Account, key_connection: Connect) -> None:
    (item,) = (await read(account, key_connection, "22334400")).open_items
    assert (item.title, item.amount) == ("Firmaets egen", "100 SEK")


async def test_somebody_without_any_has_the_companys(account: Account, key_connection: Connect) -> None:
    (item,) = (await read(account, key_connection, "94567890")).open_items
    assert item.title == "Uten person"


async def test_the_last_contact_is_the_call_when_it_was_one(account: Account, key_connection: Connect) -> None:
    contact = (await read(account, key_connection)).last_contact
    assert contact is not None
    assert (contact.way, contact.employee) == (ContactWay.CALL, "Kari Hansen")


async def test_another_contact_than_a_call_is_told_without_saying_which(
    account: Account, key_connection: Connect
) -> None:
    account.line.faults = [Fault(only="/associations/calls", body=b'{"results": []}')]
    contact = (await read(account, key_connection)).last_contact
    assert contact is not None
    assert (contact.way, contact.employee) == (ContactWay.OTHER, None)


async def test_a_call_that_we_have_logged_is_the_last_contact_the_next_time(
    account: Account, key_connection: Connect, entry: JournalEntry
) -> None:
    connector = account.open(key_connection)
    late = replace(entry, started_at=account.tools.now())
    await connector.journal(late, key="k")
    contact = (await connector.details(await find(connector, "22334455"), deadline=later())).last_contact
    assert contact is not None
    assert abs((contact.at - late.started_at).total_seconds()) < 1


@pytest.mark.parametrize(
    ("fault", "kinds"),
    [
        (Fault(only="/deals", status=403), [OpenItemKind.TICKET]),
        (Fault(only="/tickets", status=403), [OpenItemKind.DEAL]),
        (Fault(only="/pipelines/", status=500), []),
        (Fault(only="/tickets/batch/read", body=b'{"results": [{"properties": 7}, 9]}'), [OpenItemKind.DEAL]),
    ],
)
async def test_what_may_not_be_read_is_left_out_and_nothing_else(
    account: Account, key_connection: Connect, fault: Fault, kinds: list[OpenItemKind]
) -> None:
    account.line.faults = [fault]
    details = await read(account, key_connection)
    assert [item.kind for item in details.open_items] == kinds
    assert (details.owner, details.company) == ("Kari Hansen", "Havnelageret AS")
    assert details.last_contact is not None


async def test_a_part_that_hangs_does_not_take_the_rest_with_it(account: Account, key_connection: Connect) -> None:
    connector = account.open(key_connection)
    match = await find(connector, "22334455")
    account.line.faults = [Fault(only="/tickets", silent=True)]
    deadline = later(1.5)
    async with asyncio.timeout_at(deadline):
        details = await connector.details(match, deadline=deadline)
    assert (details.owner, details.last_contact is not None) == ("Kari Hansen", True)
    assert [item.title for item in details.open_items] == ["Reoler"]


async def test_stages_and_currency_are_remembered(account: Account, key_connection: Connect) -> None:
    connector = account.open(key_connection)
    match = await find(connector, "22334455")
    for _ in range(3):
        await connector.details(match, deadline=later())
    assert account.count("/pipelines/") == 2
    assert account.count("/account-info/") == 1


class TestScopes:
    @pytest.fixture
    def world(self, world: dict[str, Any]) -> dict[str, Any]:
        world["hubspot"]["scopes"] = ["oauth", "crm.objects.contacts.read", "crm.objects.contacts.write"]
        return world

    async def test_with_the_contacts_scopes_alone_the_rest_is_left_out(
        self, account: Account, key_connection: Connect
    ) -> None:
        details = await read(account, key_connection)
        assert (details.title, details.owner, details.open_items) == ("Innkjøpssjef", None, ())
        assert details.last_contact is not None
        assert details.last_contact.way is ContactWay.CALL


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("240000", "NOK", "240\u00a0000 NOK"), ("1234567.8", None, "1\u00a0234\u00a0568"), ("0", "NOK", None),
        (None, "NOK", None), ("mye", "NOK", None), ("nan", "NOK", None), ("inf", "NOK", None), ({}, "NOK", None),
    ],
)  # fmt: skip
def test_an_amount_is_written_for_a_glance(amount: object, currency: str | None, text: str | None) -> None:
    assert format_amount(amount, currency) == text


def test_stages_are_read_whatever_comes() -> None:
    stages = [
        {"id": "a", "label": "A", "metadata": {"isClosed": "true"}},
        {"id": "b", "label": "B", "metadata": {"isClosed": "false"}},
        {"id": "c", "metadata": {"ticketState": "CLOSED"}},
        {"id": "d", "metadata": None},
        {"label": "without id"},
        7,
    ]
    read = read_stages({"results": [{"stages": stages}, {"stages": "none"}, "none"]})
    assert {name: (stage.label, stage.closed) for name, stage in read.items()} == {
        "a": ("A", True), "b": ("B", False), "c": (None, True), "d": (None, False),
    }  # fmt: skip
