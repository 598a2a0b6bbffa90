"""What is left of a day when the days calls are kept for are over, and whose rows hang on whose calls."""

from __future__ import annotations

from tests.simulation.check import End
from tests.simulation.service import sweep

# Of the ground that a company stands on, and not of its calls.
_LASTING = {"tenant", "bot_identity", "connection", "employee", "line", "chat", "stream", "choice", "quota"}


async def check_kept(end: End) -> None:
    """Nothing of other tenants anywhere, and nothing of anybody after the time calls are kept for."""
    world = end.world
    tenants = [company.tenant_id for company in world.companies]
    told = await world.postgres.look(
        "SELECT table_name FROM information_schema.columns "
        "WHERE table_schema = 'smartcall' AND column_name = 'tenant_id' ORDER BY table_name"
    )
    tables = [row["table_name"] for row in told if row["table_name"] not in _LASTING]
    for table in tables:
        (row,) = await world.postgres.look(
            f"SELECT count(*) AS others FROM smartcall.{table} WHERE tenant_id <> ALL($1::uuid[])", tenants
        )
        if row["others"]:
            world.blame(f"{table}: rows of unknown tenants")
    (row,) = await world.postgres.look(
        "SELECT (SELECT count(*) FROM smartcall.popup p JOIN smartcall.call c USING (call_id) "
        "WHERE p.tenant_id <> c.tenant_id) + (SELECT count(*) FROM smartcall.event e JOIN smartcall.call c "
        "USING (call_id) WHERE e.tenant_id <> c.tenant_id) + (SELECT count(*) FROM smartcall.journal j "
        "JOIN smartcall.call c USING (call_id) WHERE j.tenant_id <> c.tenant_id) AS mixed"
    )
    if row["mixed"]:
        world.blame("rows of one tenant hang on calls of another")
    world.loop.virtual += 31 * 24 * 3600
    node = world.any_node()
    assert node is not None
    await sweep(node).delete_old()
    for table in tables:
        (row,) = await world.postgres.look(f"SELECT count(*) AS left_over FROM smartcall.{table}")
        if row["left_over"]:
            world.blame(f"{table}: {row['left_over']} rows kept for too long")
