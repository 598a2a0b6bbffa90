"""docs/data.md names every table and column of the database, and no other."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "data.md"
MIGRATIONS = ROOT / "calls" / "migrations" / "versions"
CREATED = re.compile(r"^CREATE TABLE (?:IF NOT EXISTS )?smartcall\.(\w+) \(\n(.*?)^\);", re.MULTILINE | re.DOTALL)
ADDED = re.compile(r"^ALTER TABLE smartcall\.(\w+) ADD COLUMN (\w+)", re.MULTILINE)
DROPPED = re.compile(r"^ALTER TABLE smartcall\.(\w+) DROP COLUMN (\w+)", re.MULTILINE)
TYPES = "uuid|text|bytea|jsonb|boolean|integer|bigint|date|timestamptz|double precision"
COLUMN = re.compile(rf"^    ([a-z_]+) +(?:{TYPES})\b")
CONSTRAINT = re.compile("    (?:PRIMARY KEY|UNIQUE|FOREIGN KEY|CHECK)")
SECTION = re.compile(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| `(\w+)` \| *\S", re.MULTILINE)


def stored() -> dict[str, list[str]]:
    """Table → its columns, as the migrations' SQL makes them."""
    tables: dict[str, list[str]] = {}
    for path in sorted(MIGRATIONS.glob("*.sql")):
        sql = path.read_text(encoding="utf-8")
        for table, body in CREATED.findall(sql):
            tables[table] = [found[1] for line in body.splitlines() if (found := COLUMN.match(line))]
        for table, column in ADDED.findall(sql):
            tables[table].append(column)
        for table, column in DROPPED.findall(sql):
            tables[table].remove(column)
    return tables


def told() -> dict[str, list[str]]:
    """Table → its columns, as the page tells them."""
    return {table: ROW.findall(body) for table, body in SECTION.findall(PAGE.read_text(encoding="utf-8"))}


def test_the_sql_was_read_whole() -> None:
    """A line of a table that is no column is a constraint; anything else was written in a way this test cannot read."""
    for path in sorted(MIGRATIONS.glob("*.sql")):
        sql = path.read_text(encoding="utf-8")
        assert len(CREATED.findall(sql)) == len(re.findall(r"CREATE TABLE", sql)), path.name
        for table, body in CREATED.findall(sql):
            for line in body.splitlines():
                assert COLUMN.match(line) or CONSTRAINT.match(line), (table, line)


def test_the_page_and_the_database_have_the_same_tables() -> None:
    assert stored()
    assert set(told()) == set(stored())


def test_the_page_and_the_database_have_the_same_columns() -> None:
    page = told()
    for table, columns in stored().items():
        assert page[table] == columns, f"the columns of {table}, in the order of the database"
