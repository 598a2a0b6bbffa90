"""What a call costs when many lie in the database already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid5

from benchmarks.company import tenant_id
from benchmarks.figures import Row, milliseconds
from benchmarks.ring import WARM_SECONDS, hold
from benchmarks.stack import TENANTS, Stack

SIZES = (10_000, 100_000, 1_000_000)
_AT_ONCE = 50_000
# Finished calls with all that belongs to one, spread over the customers and the last three weeks.
FILL = """
WITH made AS (
    INSERT INTO smartcall.call
        (tenant_id, call_id, connection_id, ref_hash, state, started_at, ended_at, toast_at, lookup_state, kept)
    SELECT ($1::uuid[])[n % $3 + 1], gen_random_uuid(), ($2::uuid[])[n % $3 + 1], uuid_send(gen_random_uuid()), 'ended',
        at, at, at, 'done', true
    FROM (SELECT n, now() - interval '1 hour' - random() * interval '20 days' AS at
        FROM generate_series(1, $4::int) n) t
    RETURNING tenant_id, call_id, started_at
), events AS (
    INSERT INTO smartcall.event (tenant_id, call_id, event_hash, received_at, body_sealed)
    SELECT tenant_id, call_id, uuid_send(gen_random_uuid()), started_at, decode(repeat('00', 500), 'hex')
    FROM made, generate_series(1, 3)
), popups AS (
    INSERT INTO smartcall.popup (tenant_id, call_id, employee_id, popup_id, wanted, shown)
    SELECT m.tenant_id, m.call_id, e.employee_id, gen_random_uuid(), 4, 4 FROM made m
    JOIN smartcall.employee e USING (tenant_id)
)
INSERT INTO smartcall.journal (tenant_id, call_id, journal_id, wanted, written)
SELECT tenant_id, call_id, gen_random_uuid(), 1, 1 FROM made
"""


async def run_growth(stack: Stack, *, sizes: Sequence[int] = SIZES, seconds: float) -> tuple[dict[str, Any], list[Row]]:
    found: dict[str, Any] = {}
    rows: list[Row] = []
    for size in (0, *sizes):
        await _fill(stack, size)
        await stack.run_nodes(1)
        await hold(stack, rate=10, seconds=WARM_SECONDS)
        outcome = await hold(stack, rate=10, seconds=seconds)
        figures = found[str(size)] = outcome.figures
        first = found["0"]["cpu_ms_per_call"]["postgresql"]
        spent = figures["cpu_ms_per_call"]["postgresql"]
        rows.append(
            Row(
                name=f"with {size:,} calls in the database",
                value=f"{milliseconds(figures['ring_to_card'])}; PostgreSQL {spent:.1f} ms CPU a call",
                beside="with none",
                ratio=spent / first,
            )
        )
    return found, rows


async def _fill(stack: Stack, size: int) -> None:
    known = (await stack.sql("SELECT count(*) AS n FROM smartcall.call"))[0]["n"]
    places = [tenant_id(place) for place in range(TENANTS)]
    operators = [uuid5(tenant, "operator") for tenant in places]
    await stack.sql("SET row_security = off")
    for done in range(known, size, _AT_ONCE):
        await stack.sql(FILL, places, operators, TENANTS, min(_AT_ONCE, size - done))
        print(f"{min(done + _AT_ONCE, size):,} calls in the database", flush=True)
    if size > known:
        await stack.sql("ANALYZE")
