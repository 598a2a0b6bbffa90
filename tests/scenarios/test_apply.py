"""`smartcall apply`: the database says what the file says, and the file's owner is told what that changes."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import asyncpg
import pytest

from tests.support.live.processes import Done
from tests.support.live.stack import COMPANY_FILES, OPERATOR, Stack

pytestmark = pytest.mark.processes

PROVIDER_FILE, COMPANY_FILE, _ = COMPANY_FILES
WRITTEN = """
SELECT (SELECT jsonb_agg(to_jsonb(t) ORDER BY tenant_id) FROM smartcall.tenant t)
    || (SELECT coalesce(jsonb_agg(to_jsonb(c) ORDER BY connection_id), '[]') FROM smartcall.connection c)
    || (SELECT coalesce(jsonb_agg(to_jsonb(e) ORDER BY employee_id), '[]') FROM smartcall.employee e)
    || (SELECT coalesce(jsonb_agg(to_jsonb(l) ORDER BY employee_id, number_hash), '[]') FROM smartcall.line l)
"""


class Place:
    """A database of its own, and a copy of the company's file to change."""

    def __init__(self, stack: Stack, url: str, folder: Path) -> None:
        self._stack, self._url = stack, url
        self.file = folder / "company.toml"
        self.file.write_text(COMPANY_FILE.read_text(encoding="utf-8"), encoding="utf-8")

    def change(self, old: str, new: str) -> None:
        text = self.file.read_text(encoding="utf-8")
        assert old in text
        self.file.write_text(text.replace(old, new), encoding="utf-8")

    async def apply(self, *files: Path, dry_run: bool = False, **environment: str) -> Done:
        urls = {"SMARTCALL_DATABASE_URL": self._url, "SMARTCALL_DATABASE_OWNER_URL": self._url}
        return await self._stack.apply(*(files or (self.file,)), dry_run=dry_run, **urls, **environment)

    async def sql(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self._url)
        try:
            return list(await connection.fetch(statement, *arguments))
        finally:
            await connection.close()

    async def written(self) -> object:
        return (await self.sql(WRITTEN))[0][0]


@pytest.fixture
async def place(stack: Stack, database_url: str, tmp_path: Path) -> Place:
    return Place(stack, database_url, tmp_path)


async def test_the_second_time_changes_nothing(place: Place, stack: Stack) -> None:
    first = await place.apply(PROVIDER_FILE, place.file)
    assert first.code == 0, first.err
    lines = first.out.splitlines()
    assert lines[0] == "SmartCall: 3 to change"
    assert "Fjordvik AS: 8 to change" in lines
    assert {line.split()[0] for line in lines if line.startswith("  ")} == {"+"}
    assert [line for line in lines if "Kari Hansen" in line] == ["  + employee Kari Hansen"]
    written = await place.written()
    second = await place.apply(PROVIDER_FILE, place.file)
    assert (second.code, second.out) == (0, "SmartCall: no change\nFjordvik AS: no change\n")
    assert await place.written() == written
    keys = stack.keys
    for secret in (keys.url_token, keys.signing_secret, keys.encryption_key, "scenario-"):
        assert secret not in first.out + first.err + second.out + second.err
    assert not re.search(r"\d{8}", first.out.replace("-", " x "))  # no whole number


async def test_what_differs_is_changed_and_told(place: Place) -> None:
    await place.apply(PROVIDER_FILE, place.file)
    place.change('name = "Ola Berg"', 'name = "Ola Bergheim"')
    place.change('number = "90000003"', 'number = "90000004"')
    done = await place.apply(SCENARIO_URL_TOKEN="a-new-token-of-more-than-22-characters")
    assert done.code == 0, done.err
    told = [line for line in done.out.splitlines() if line.startswith("  ~")]
    assert len(told) == 3
    assert any("Sentralbord" in line for line in told)
    assert any("Ola Bergheim" in line for line in told)
    assert any("Amina Ali" in line for line in told)
    assert "a-new-token" not in done.out


async def test_what_is_gone_is_switched_off_and_comes_back(place: Place) -> None:
    await place.apply(PROVIDER_FILE, place.file)
    whole = place.file.read_text(encoding="utf-8")
    first, _ = whole.rsplit("[[employees]]", 1)
    place.file.write_text(first.replace('name = "HubSpot"', 'name = "HubSpot 2"'), encoding="utf-8")
    gone = await place.apply()
    assert "  - employee Amina Ali" in gone.out.splitlines()
    assert any(line.startswith("  - connector HubSpot") for line in gone.out.splitlines())
    states = await place.sql("SELECT name, enabled FROM smartcall.connection WHERE name LIKE 'HubSpot%' ORDER BY name")
    assert [tuple(row) for row in states] == [("HubSpot", False), ("HubSpot 2", True)]
    active = await place.sql("SELECT active FROM smartcall.employee ORDER BY active")
    assert [row["active"] for row in active] == [False, True, True]
    place.file.write_text(whole, encoding="utf-8")
    back = await place.apply()
    assert any("employee Amina Ali" in line for line in back.out.splitlines())
    assert [row["active"] for row in await place.sql("SELECT active FROM smartcall.employee")] == [True] * 3


async def test_a_dry_run_writes_nothing(place: Place) -> None:
    await place.apply(PROVIDER_FILE)
    before = await place.written()
    dry = await place.apply(dry_run=True)
    assert dry.code == 0, dry.err
    assert dry.out.splitlines()[0] == "Fjordvik AS: 8 to change"
    assert await place.written() == before
    wet = await place.apply()
    assert wet.out == dry.out


BAD_FILES = {
    "an unknown key": ('name = "Fjordvik AS"', 'name = "Fjordvik AS"\ncolour = "red"', "colour"),
    "an unknown language": ('name = "Fjordvik AS"', 'name = "Fjordvik AS"\nlanguage = "xx"', "language"),
    "a secret in the file": (
        'url_token = [{ env = "SCENARIO_URL_TOKEN" }',
        'url_token = ["open-secret-0123456789abc"',
        "",
    ),
    "a missing secret": ('env = "SCENARIO_URL_TOKEN"', 'env = "NOT_THERE"', "NOT_THERE"),
    "a missing address": ("${SCENARIO_TWINS}/hubspot", "${NOT_THERE}/hubspot", "NOT_THERE"),
    "an unknown type": ('type = "generic"', 'type = "telegraph"', "telegraph"),
    "an unreadable line": ('number = "90000001"', 'number = "no number"', "Kari Hansen"),
    "an employee twice": ("9c1d02", "9c1d01", "employees"),
    "a bot nobody has": ('bot = "5f0a', 'bot = "6f0a', "bot"),
    "a provider nobody is": ('provided_by = "7d6f', 'provided_by = "8d6f', "provided_by"),
    "a weak token": ('env = "SCENARIO_URL_TOKEN"', 'env = "SCENARIO_WEAK"', "url_token"),
    "a setting the type has not": ("per_day = 500", 'per_day = 500, colour = "red"', "colour"),
    "no TOML": ("[tenant]", "[tenant", "TOML"),
}


async def test_bad_files_are_refused_in_one_line(place: Place, tmp_path: Path) -> None:
    """Two programs at a time: each of them takes longer to start than to find the mistake."""
    whole, turns = place.file.read_text(encoding="utf-8"), asyncio.Semaphore(2)

    async def refuse(number: int, old: str, new: str) -> Done:
        assert old in whole
        file = tmp_path / f"bad-{number}.toml"
        file.write_text(whole.replace(old, new), encoding="utf-8")
        async with turns:
            return await place.apply(file, SCENARIO_WEAK="short")

    await place.apply(PROVIDER_FILE)
    cases = enumerate(BAD_FILES.values())
    refusals = await asyncio.gather(*(refuse(number, old, new) for number, (old, new, _) in cases))
    for (reason, (_, _, named)), done in zip(BAD_FILES.items(), refusals, strict=True):
        lines = done.err.strip().splitlines()
        assert (done.code, len(lines)) == (2, 1), (reason, done)
        assert lines[0].startswith("smartcall: "), reason
        assert named in lines[0], reason
        assert "open-secret" not in lines[0]
    rows = await place.sql("SELECT 1 FROM smartcall.connection WHERE connection_id = $1", OPERATOR)
    assert rows == []  # all of a company or nothing of it


async def test_a_file_that_is_not_there(place: Place, tmp_path: Path) -> None:
    done = await place.apply(tmp_path / "nothing.toml")
    assert done.code == 2
    assert "nothing.toml" in done.err
    assert len(done.err.strip().splitlines()) == 1
