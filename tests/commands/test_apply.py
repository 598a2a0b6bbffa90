"""`smartcall apply`: what it refuses, and in how many words; and that a dry run leaves no trace."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from bot.identities import RowIdentities
from bot.problems import BadCompanyFile
from bot.provision.company_file import read_company
from bot.teams.identity import BotKind
from calls.store.database import Database
from calls.store.tenants import read_connection
from tests.support.certificates import pem
from tests.support.clock import Clock
from tests.support.companies import BOT, OPERATOR, SECRETS, TENANT, TestCompany, company_text
from tests.support.programs import CRM, DIRECTORY, applied, ask, run_smartcall, write
from tests.support.servers import TestServer

PROVIDER = UUID("7a1c0de0-0000-4000-8000-000000000001")
LENT = UUID("1881a1c0-0000-4000-8000-000000000003")
PROVIDER_TEXT = f"""
[tenant]
id = "{PROVIDER}"
name = "Telefonhjelp AS"
[[bots]]
app_id = "{BOT}"
home_tenant = "{PROVIDER}"
secret = {{ env = "TEST_BOT_SECRET" }}
[[connections]]
id = "{LENT}"
kind = "connector"
type = "opplysningen_1881"
name = "1881"
settings = {{ mode = "own_key" }}
secrets = {{ subscription_key = {{ env = "TEST_1881_KEY" }} }}
"""
CUSTOMER_TEXT = f"""
[tenant]
id = "{TENANT}"
name = "Fjordvik AS"
bot = "{BOT}"
[[connections]]
kind = "connector"
type = "opplysningen_1881"
name = "1881"
provided_by = "{LENT}"
settings = {{ mode = "provider", per_day = 20 }}
"""


# --- what a file may say ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("keep_calls_day = 3", "tenant.settings.keep_calls_day"),
        ("keep_calls_days = 0", "tenant.settings.keep_calls_days"),
        ("keep_calls_days = 3651", "tenant.settings.keep_calls_days"),
        ("keep_calls_days = true", "tenant.settings.keep_calls_days"),
        ("keep_directory_minutes = -1", "tenant.settings.keep_directory_minutes"),
        ("keep_directory_minutes = 10081", "tenant.settings.keep_directory_minutes"),
    ],
)
def test_settings_nobody_knows_or_out_of_range(settings: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(BadCompanyFile, match=said):
        read_company(Path(write(tmp_path, company_text(settings=settings))), SECRETS)


@pytest.mark.parametrize("settings", ["keep_calls_days = 1", "keep_calls_days = 3650, keep_directory_minutes = 0"])
def test_the_ends_of_the_ranges(settings: str, tmp_path: Path) -> None:
    read_company(Path(write(tmp_path, company_text(settings=settings))), SECRETS)


@pytest.mark.parametrize("region", ["XX", "no", "NOR", ""])
def test_a_region_without_numbers(region: str, tmp_path: Path) -> None:
    text = f'[tenant]\nid = "{TENANT}"\nname = "Fjordvik AS"\nregion = "{region}"\n'
    with pytest.raises(BadCompanyFile, match=r"tenant\.region"):
        read_company(Path(write(tmp_path, text)), SECRETS)


def test_two_connections_of_one_kind_and_name(tmp_path: Path) -> None:
    text = company_text().replace('name = "1881"', 'name = "HubSpot"')
    with pytest.raises(BadCompanyFile, match="connections: the same one stands twice"):
        read_company(Path(write(tmp_path, text)), SECRETS)


async def test_one_number_twice(database: Database, tmp_path: Path) -> None:
    text = company_text().replace('alias = "w0" }]', 'alias = "w0" }, { number = "+47 900 00 001" }]')
    with pytest.raises(BadCompanyFile, match="Kari Hansen: two of the lines have the same number"):
        await applied(database, text, tmp_path)
    assert list(await database.tenant_ids()) == []


# --- connections --------------------------------------------------------------------------------------------------


async def test_a_connection_gets_an_id_and_names_are_swapped(
    company: TestCompany, database: Database, tmp_path: Path
) -> None:
    names = "SELECT connection_id, name FROM smartcall.connection WHERE enabled ORDER BY rank"
    given = uuid4()
    text = company_text().replace(CRM, f'id = "{given}"\n{CRM}')
    assert await applied(database, text, tmp_path) == ["+ connector HubSpot (hubspot)", "- connector HubSpot"]
    assert (given, "HubSpot") in await ask(database, company.tenant_id, names)

    text = text.replace(DIRECTORY, f'id = "{company.directory_id}"\n{DIRECTORY}')
    assert await applied(database, text, tmp_path) == []
    swapped = text.replace('name = "1881"', 'name = "?"').replace('name = "HubSpot"', 'name = "1881"')
    swapped = swapped.replace('name = "?"', 'name = "HubSpot"')
    assert len(await applied(database, swapped, tmp_path)) == 2
    assert await ask(database, company.tenant_id, names) == [
        (OPERATOR, "Sentralbord"),
        (given, "1881"),
        (company.directory_id, "HubSpot"),
    ]


async def test_what_is_gone_forgets_its_secrets_and_can_come_back(
    company: TestCompany, database: Database, tmp_path: Path
) -> None:
    whole = company_text()
    begin, after = (whole.index(f"[[connections]]\n{which}") for which in (CRM, DIRECTORY))
    assert "- connector HubSpot" in await applied(database, whole[:begin] + whole[after:], tmp_path)
    async with database.tenant(company.tenant_id) as unit:
        sealed = await unit.sql.fetchval(
            "SELECT secrets_sealed FROM smartcall.connection WHERE connection_id = $1", company.crm_id
        )
        assert unit.open_text("connection secrets", sealed) == "{}"
    await applied(database, whole, tmp_path)
    async with database.tenant(company.tenant_id) as unit:
        back = await read_connection(unit, company.crm_id)
    assert back is not None
    assert back.secrets == {"service_key": (SECRETS["TEST_HUBSPOT_KEY"],)}
    assert await applied(database, whole, tmp_path) == []


async def test_ids_of_another_tenant(company: TestCompany, database: Database, tmp_path: Path) -> None:
    other, bot = uuid4(), uuid4()
    with pytest.raises(BadCompanyFile, match="another tenant"):
        await applied(database, company_text(other, bot=bot), tmp_path)
    with pytest.raises(BadCompanyFile, match="another tenant"):
        await applied(database, company_text(other, operator=uuid4()), tmp_path)
    assert list(await database.tenant_ids()) == [company.tenant_id]


# --- bots ---------------------------------------------------------------------------------------------------------


async def test_a_bot_goes_when_nobody_uses_it(database: Database, tmp_path: Path) -> None:
    await applied(database, PROVIDER_TEXT, tmp_path)
    await applied(database, CUSTOMER_TEXT, tmp_path)
    without = PROVIDER_TEXT.replace(str(BOT), str(uuid4()))
    with pytest.raises(BadCompanyFile, match=f"{BOT} is not in the file any more, but used by Fjordvik AS"):
        await applied(database, without, tmp_path)
    assert await database.tenant_of_bot(BOT) == PROVIDER
    await applied(database, CUSTOMER_TEXT.replace(f'bot = "{BOT}"', ""), tmp_path)
    assert f"- bot {BOT}" in await applied(database, without, tmp_path)
    assert await database.tenant_of_bot(BOT) is None
    with pytest.raises(BadCompanyFile, match=r"tenant\.bot: no bot"):
        await applied(database, CUSTOMER_TEXT, tmp_path)


@pytest.mark.parametrize(
    ("kind", "more", "said"),
    [
        ("single_tenant", "", "wants a secret or a certificate"),
        ("multi_tenant", "", "wants a secret or a certificate"),
        ("single_tenant", 'certificate = { file = "half.pem" }', "PEM"),
        ("single_tenant", 'certificate = { file = "mixed.pem" }', "is not that of the certificate"),
        ("user_assigned_msi", f'managed_identity = "{BOT}"', "managed_identity is for the kind federated"),
    ],
)
async def test_a_bot_that_could_never_have_a_token(
    database: Database, tmp_path: Path, kind: str, more: str, said: str
) -> None:
    key, certificate = pem()
    write(tmp_path, key, "half.pem")
    write(tmp_path, pem()[0] + certificate, "mixed.pem")
    text = PROVIDER_TEXT.replace('secret = { env = "TEST_BOT_SECRET" }', f'kind = "{kind}"\n{more}')
    with pytest.raises(BadCompanyFile, match=said) as refusal:
        await applied(database, text, tmp_path)
    assert "\n" not in str(refusal.value)
    assert await database.tenant_of_bot(BOT) is None


async def test_a_certificate_and_a_managed_identity_reach_the_bot(
    database: Database, now: Clock, tmp_path: Path, database_url: str
) -> None:
    both = "".join(pem())
    write(tmp_path, both, "bot.pem")
    managed = uuid4()
    plain = 'secret = { env = "TEST_BOT_SECRET" }'
    text = PROVIDER_TEXT.replace(plain, 'certificate = { file = "bot.pem" }')
    await applied(database, text, tmp_path)
    identity = await RowIdentities(database, now).find(str(BOT))
    assert identity is not None
    assert (identity.certificate, identity.secret) == (both.strip(), None)
    assert await applied(database, text, tmp_path) == []
    owner = await asyncpg.connect(database_url)
    async with owner.transaction():
        await owner.execute("SELECT set_config('smartcall.tenant', $1, true)", str(PROVIDER))
        stored = await owner.fetchval("SELECT b::text FROM smartcall.bot_identity b")
    await owner.close()
    assert "PRIVATE" not in stored
    assert b"PRIVATE".hex() not in stored

    text = PROVIDER_TEXT.replace(plain, f'kind = "federated"\nmanaged_identity = "{managed}"')
    assert await applied(database, text, tmp_path) == [f"~ bot {BOT}"]
    identity = await RowIdentities(database, now).find(str(BOT))
    assert identity is not None
    assert (identity.kind, identity.managed_identity, identity.certificate) == (BotKind.FEDERATED, str(managed), None)


# --- a dry run ----------------------------------------------------------------------------------------------------


async def test_a_dry_run_makes_no_tables(server: TestServer, tmp_path: Path) -> None:
    empty = await server.postgres.create_database("never_applied")
    try:
        done = await run_smartcall("apply", "--dry-run", write(tmp_path, company_text()), database=empty)
        assert (done.code, done.out) == (2, "")
        assert done.err.count("\n") == 1
        assert "run `smartcall migrate` first" in done.err
        connection = await asyncpg.connect(empty)
        assert await connection.fetchval("SELECT to_regnamespace('smartcall')") is None
        await connection.close()
    finally:
        await server.drop(empty)


async def test_a_dry_run_of_provider_and_customer_together(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    files = [write(tmp_path, PROVIDER_TEXT, "provider.toml"), write(tmp_path, CUSTOMER_TEXT, "customer.toml")]
    looked = await run_smartcall("apply", "--dry-run", *files, database=database_url)
    assert (looked.code, looked.err) == (0, "")
    assert list(await database.tenant_ids()) == []
    done = await run_smartcall("apply", *files, database=database_url)
    assert (done.code, done.out) == (0, looked.out)
    assert "+ connector 1881 (opplysningen_1881)" in looked.out
    again = await run_smartcall("apply", "--dry-run", *files, database=database_url)
    assert again.out.splitlines() == ["Telefonhjelp AS: no change", "Fjordvik AS: no change"]

    without = write(tmp_path, PROVIDER_TEXT[: PROVIDER_TEXT.index("[[connections]]")], "provider.toml")
    looked = await run_smartcall("apply", "--dry-run", without, files[1], database=database_url)
    assert looked.code == 2, "the customer names what the file before it takes away"
    assert "provided_by names no connection" in looked.err
