"""The employees of a company file, with their lines."""

from __future__ import annotations

from uuid import UUID, uuid5

from bot.problems import BadCompanyFile
from bot.provision.company_file import Company, EmployeePart
from bot.provision.differences import SQL, Differences
from calls.calling.phones import Phone
from calls.numbers import Number, parse_number


async def apply_employees(differences: Differences, company: Company) -> None:
    """Raises BadCompanyFile for a line that cannot be one."""
    unit = differences.unit
    kept = []
    for part in company.employees:
        employee_id = uuid5(unit.tenant_id, f"employee {part.entra_object_id}")
        kept.append(employee_id)
        lines = _lines(part, company.tenant.region)
        row = await unit.sql.fetchrow(SQL["read_employee"], employee_id)
        # One who is back is written whole; what was kept meanwhile may be sealed with a key that is gone.
        active = row is not None and row["active"]
        changed = row is not None and not active
        stale = False
        if active:
            known = (
                differences.opened("employee name", row["name_sealed"]),
                differences.opened("employee email", row["email_sealed"]),
                row["language"],
                row["call_through"],
            )
            lines_changed, lines_stale = await _compare_lines(differences, employee_id, lines)
            changed = known != (part.name, part.email, part.language, part.call_through) or lines_changed
            stale = differences.is_stale(row["name_sealed"], row["email_sealed"]) or lines_stale
        if differences.tell(f"employee {part.name}", new=row is None, changed=changed, stale=stale):
            await _write(differences, employee_id, part, lines)
    for row in await unit.sql.fetch(SQL["switch_off_employees"], kept):
        differences.tell_gone(f"employee {differences.opened('employee name', row['name_sealed'])}")


async def _write(differences: Differences, employee_id: UUID, part: EmployeePart, lines: list[Phone]) -> None:
    unit = differences.unit
    name, email = differences.sealed("employee name", part.name), differences.sealed("employee email", part.email)
    await unit.sql.execute(
        SQL["write_employee"],
        unit.tenant_id,
        employee_id,
        part.entra_object_id,
        name,
        email,
        part.language,
        part.call_through,
    )
    await unit.sql.execute(SQL["forget_lines"], employee_id)
    for rank, line in enumerate(lines):
        await unit.sql.execute(
            SQL["write_line"],
            unit.tenant_id,
            employee_id,
            unit.hash("line", line.number.key),
            differences.sealed("line number", _shown(line.number)),
            unit.hash("alias", line.alias) if line.alias else None,
            differences.sealed("line alias", line.alias),
            rank,
            line.call_through,
        )


async def _compare_lines(differences: Differences, employee_id: UUID, lines: list[Phone]) -> tuple[bool, bool]:
    """Whether they are others than the stored ones, and whether the stored ones are under an older key."""
    rows = await differences.unit.sql.fetch(SQL["read_lines"], employee_id)
    known = [
        (
            differences.opened("line number", row["number_sealed"]),
            differences.opened("line alias", row["alias_sealed"]),
            row["call_through"],
        )
        for row in rows
    ]
    unit = differences.unit
    hashes = {
        (unit.hash("line", line.number.key), unit.hash("alias", line.alias) if line.alias else None) for line in lines
    }
    stale = any(differences.is_stale(row["number_sealed"], row["alias_sealed"]) for row in rows)
    stale = stale or hashes != {(row["number_hash"], row["alias_hash"]) for row in rows}
    return known != [(_shown(line.number), line.alias, line.call_through) for line in lines], stale


def _lines(part: EmployeePart, region: str) -> list[Phone]:
    lines: dict[str, Phone] = {}
    for line in part.lines:
        number = parse_number(line.number, region)
        if number is None:
            raise BadCompanyFile(f"employee {part.name}: one of the lines has no number that can be read")
        if number.key in lines:
            raise BadCompanyFile(f"employee {part.name}: two of the lines have the same number")
        lines[number.key] = Phone(number=number, alias=line.alias, call_through=line.call_through)
    return list(lines.values())


def _shown(number: Number) -> str:
    return number.e164 or number.digits
