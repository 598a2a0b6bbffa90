"""The ground: every table of the first version, row-level security, the queue's own tables, and the two roles."""

from pathlib import Path

from alembic import op

from calls.jobs.queue_schema import install_statements

revision = "0001"
down_revision = None

_HERE = Path(__file__).parent
_TABLES = (
    "tenant",
    "bot_identity",
    "connection",
    "employee",
    "line",
    "chat",
    "seen_activity",
    "delivery",
    "call",
    "event",
    "popup",
    "journal",
    "choice",
    "call_request",
    "creation",
    "rate",
    "quota",
    "stream",
)


def upgrade() -> None:
    run = op.get_bind().exec_driver_sql
    for file in (
        "0001_ground.sql",
        "0001_choices.sql",
        "0001_creations.sql",
        "0001_streams.sql",
        "0001_calling.sql",
    ):
        run((_HERE / file).read_text(encoding="utf-8"))
    for table in _TABLES:
        run(f"ALTER TABLE smartcall.{table} ENABLE ROW LEVEL SECURITY")
        run(f"ALTER TABLE smartcall.{table} FORCE ROW LEVEL SECURITY")
        own = "tenant_id = NULLIF(current_setting('smartcall.tenant', true), '')::uuid"
        run(f"CREATE POLICY own_tenant ON smartcall.{table} USING ({own}) WITH CHECK ({own})")
    run(install_statements())
    for file in ("0001_roles.sql", "0001_functions.sql", "0001_intake.sql"):
        run((_HERE / file).read_text(encoding="utf-8").replace("%", "%%"))
