"""How employees' calls are made: what says it most exactly holds, and an employee's own choice where they have one."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from bot.operator_checkup import tell_calling
from bot.provision.apply import apply_company
from bot.provision.company_file import Company
from calls.calling.asking import NotPlaced
from calls.calling.call_requests import CallRoute
from calls.orders import CallRefusal
from calls.store.database import Database
from calls.store.tenants import read_operators, read_tenant
from tests.support.calling import OUT, Desk, leg
from tests.support.clock import Clock
from tests.support.companies import SECRETS, company_text, provision
from tests.support.events import CALLER, answer, end

_LINE = 'lines = [{ number = "90000001", alias = "w0" }]'
_TEAMS, _OPERATOR = 'call_through = "teams"', 'call_through = "operator"'
_CHOOSE = "employees_choose_calling = true"


async def sit(
    database: Database,
    now: Clock,
    *,
    tenant: str = "",
    employee: str = "",
    line: str = "",
    chosen: dict[str, object] | None = None,
) -> Desk:
    """The first employee's desk, with these words in the company file and these choices of their own."""
    text = company_text(settings=tenant)
    own = f'{{ number = "90000001", alias = "w0"{line and ", " + line} }}, {{ number = "22000001" }}'
    assert _LINE in text
    company = await provision(database, text.replace(_LINE, f"{employee}\nlines = [{own}]"))
    await company.install_all(now)
    desk = Desk(company, database, now)
    async with database.tenant(company.tenant_id) as unit:
        await unit.sql.execute(
            "UPDATE smartcall.employee SET preferences = $2 WHERE employee_id = $1", company.employee_ids[0], chosen
        )
    return desk


@pytest.mark.parametrize(
    ("said", "way"),
    [
        ({}, CallRoute.OPERATOR),
        ({"tenant": _TEAMS}, CallRoute.TEAMS),
        ({"employee": _TEAMS}, CallRoute.TEAMS),
        ({"tenant": _TEAMS, "employee": _OPERATOR}, CallRoute.OPERATOR),
        ({"line": _TEAMS}, CallRoute.TEAMS),
        ({"employee": _TEAMS, "line": _OPERATOR}, CallRoute.OPERATOR),
        ({"chosen": {"call_through": "teams"}}, CallRoute.OPERATOR),
        ({"tenant": _CHOOSE, "chosen": {"call_through": "teams"}}, CallRoute.TEAMS),
        ({"tenant": _CHOOSE, "line": _TEAMS, "chosen": {"call_through": "operator"}}, CallRoute.OPERATOR),
    ],
)
async def test_the_most_exact_word_holds_on_cards_and_in_the_chat(
    database: Database, now: Clock, said: dict[str, object], way: CallRoute
) -> None:
    desk = await sit(database, now, **said)  # type: ignore[arg-type]
    await desk.miss()
    assert desk.card.call_back is not None
    assert desk.card.call_back.route is way
    assert CALLER.number is not None
    assert await desk.calling.call(desk.company.tenant_id, desk.company.employee_ids[0], CALLER.number) is way
    desk.clock.move(6)
    if way is CallRoute.TEAMS:
        with pytest.raises(NotPlaced) as refused:
            await desk.ask()
        assert refused.value.code is CallRefusal.NOT_SUPPORTED


async def test_the_file_says_it_again_and_nothing_changes(database: Database, now: Clock) -> None:
    text = company_text().replace(_LINE, f'{_TEAMS}\nlines = [{{ number = "90000001", alias = "w0", {_OPERATOR} }}]')
    await provision(database, text)
    assert await apply(database, text) == []
    assert await apply(database, text.replace(_OPERATOR, _TEAMS)) == ["~ employee Kari Hansen"]
    assert await apply(database, text.replace(f"{_TEAMS}\n", "")) == ["~ employee Kari Hansen"]


async def apply(database: Database, text: str) -> list[str]:
    """What another run of smartcall apply says."""
    company = Company.model_validate(tomllib.loads(text))
    return [str(change) for change in await apply_company(database, company, SECRETS, Path())]


@pytest.mark.parametrize(("chosen", "entries"), [(None, 1), ("never", 0)])
async def test_ones_own_calls_are_journaled_as_one_has_chosen(
    database: Database, now: Clock, chosen: str | None, entries: int
) -> None:
    desk = await sit(database, now, chosen={"journal_outgoing": chosen} if chosen else None)
    await desk.tell(leg(call="b"), answer(None, call="b", direction=OUT), end(call="b", direction=OUT))
    await desk.journal()
    assert (len(desk.sources.crm.entries), desk.sources.crm.asked) == (entries, entries)


@pytest.mark.parametrize(("employee", "well"), [("", True), (_OPERATOR, False)])
async def test_the_doctor_says_when_somebody_is_to_call_through_an_operator_that_cannot(
    database: Database, now: Clock, employee: str, well: bool
) -> None:
    desk = await sit(database, now, tenant=_TEAMS, employee=employee)
    async with database.tenant(desk.company.tenant_id) as unit:
        tenant, connections = await read_tenant(unit), await read_operators(unit)
    assert tenant is not None
    assert tell_calling(tenant, connections, {"operator": 1} if employee else {}).well is well
